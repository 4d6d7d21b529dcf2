package sandbox

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
)

// digest hashes a list of values, the root of every id that the sandbox makes up:
// the same scenario gives the same ids on every run and machine.
func digest(parts ...any) [32]byte {
	var b strings.Builder
	for _, p := range parts {
		fmt.Fprintf(&b, "%v\x00", p)
	}
	return sha256.Sum256([]byte(b.String()))
}

// idSource makes the ids of one account.
type idSource struct {
	server  int // the scenario's seed
	account string
	made    uint64 // ids given to resources that calls created
}

// seeded gives the id of a resource that the scenario declares, by its place in
// the scenario: "vpc-" and 17 hex digits.
func (s *idSource) seeded(prefix string, place ...any) string {
	h := digest(append([]any{s.server, s.account, prefix}, place...)...)
	return prefix + "-0" + hex.EncodeToString(h[:8])
}

// next gives the id of a resource that a call creates, in a sequence of its own.
func (s *idSource) next(prefix string) string {
	s.made++
	return s.seeded(prefix, "call", s.made)
}

// nextIAM gives an id in the shape of IAM's, such as AROA and 17 letters and digits.
func (s *idSource) nextIAM(prefix string) string {
	s.made++
	return iamID(prefix, digest(s.server, s.account, prefix, "iam", s.made))
}

func iamID(prefix string, h [32]byte) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	out := []byte(prefix)
	for _, b := range h[:17] {
		out = append(out, alphabet[b%32])
	}
	return string(out)
}

// number gives an integer below n that depends only on the values.
func number(n uint64, parts ...any) uint64 {
	h := digest(parts...)
	return binary.BigEndian.Uint64(h[:8]) % n
}
