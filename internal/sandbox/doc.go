// Package sandbox is an embedded, stateful AWS: a demonstration, a test bed and
// a benchmark target that any AWS client can talk to. It speaks the real wire
// protocols (EC2 query, AWS query, JSON 1.1), keeps state per account and Region, and
// repeats what AWS documents or was observed to answer, errors included.
//
// What it refuses to do: it never reaches out to a network, verifies no
// signature, stores nothing on disk, and does not guess. An operation that
// it does not have is answered with the protocol's own unknown-operation error,
// never with an empty success.
//
// The parts, each in files named after it: routing and the life of a call
// (server, route, call), protocols (form, query, json11, xml), state (state, account,
// table), misbehaviour on request (fault), the declarative beginning
// (scenario, seed), delivery of flow-log records (delivery), and one file per
// group of operations. A service is a name, a protocol and a map of operations.
package sandbox
