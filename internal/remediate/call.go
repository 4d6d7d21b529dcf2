package remediate

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// Calls gives the plan's requests in order, as they are sent: the steps of each, which stand together. A
// call with more ids than AWS takes in one is split, as plans of versions that knew another limit have
// them. The parts, and with them their client tokens, depend on the plan alone, so that a
// resumed run repeats them.
func (p Plan) Calls() [][]Step {
	var calls [][]Step
	for rest := p.Steps; len(rest) > 0; {
		n := 1
		for n < len(rest) && rest[n].Call == rest[0].Call {
			n++
		}
		calls = append(calls, parts(rest[:n])...)
		rest = rest[n:]
	}
	return calls
}

// parts splits a call by what AWS takes. Each part is a call of its own in the journal.
func parts(call []Step) [][]Step {
	limit := mostIDs(call[0])
	if len(call) <= limit {
		return [][]Step{slices.Clone(call)}
	}
	var split [][]Step
	for part := range slices.Chunk(slices.Clone(call), limit) {
		name := fmt.Sprintf("%s.%d", call[0].Call, len(split)+1)
		for i := range part {
			part[i].Call = name
		}
		split = append(split, part)
	}
	return split
}

// mostIDs is how many steps like this one AWS takes in one request.
func mostIDs(s Step) int {
	var want struct{ ResourceType string }
	if s.Action != CreateFlowLog || json.Unmarshal(s.API.Input, &want) != nil {
		return 1 // no other request is of several steps
	}
	return idsPerCall(want.ResourceType)
}

// resourceIDs is the one input member in which steps of a call differ.
const resourceIDs = "ResourceIds"

// Merge is the one request of steps that share a call: that of the first, on the resources of
// all. Any subset of a call's steps may be merged, as when one of them stopped at its
// preconditions.
func Merge(steps []Step) (API, error) {
	if len(steps) == 0 {
		return API{}, errors.New("merge a call: no steps")
	}
	merged := steps[0].API
	if len(steps) == 1 {
		return merged, nil
	}
	var all []any
	var first []byte
	var input map[string]any
	for _, s := range steps {
		value, err := generic(s.API.Input)
		if err != nil {
			return API{}, fmt.Errorf("merge call %s: step %s: %w", s.Call, s.ID, err)
		}
		object, ok := value.(map[string]any)
		ids, isList := object[resourceIDs].([]any)
		if !ok || !isList || s.Call != steps[0].Call || !sameCall(s, steps[0]) {
			return API{}, fmt.Errorf("merge call %s: step %s cannot share a request", steps[0].Call, s.ID)
		}
		all = append(all, ids...)
		delete(object, resourceIDs)
		rest, err := encodeGeneric(object)
		if err != nil {
			return API{}, err
		}
		if first == nil {
			first, input = rest, object
		}
		if !bytes.Equal(first, rest) {
			return API{}, fmt.Errorf("merge call %s: step %s asks for something else than the first", s.Call, s.ID)
		}
	}
	input[resourceIDs] = all
	raw, err := encodeGeneric(input)
	merged.Input = json.RawMessage(bytes.TrimSpace(raw))
	return merged, err
}
