package remediate

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// Calls gives the plan's requests in order: the steps of each, which stand together.
func (p Plan) Calls() [][]Step {
	var calls [][]Step
	for _, s := range p.Steps {
		if n := len(calls); n > 0 && calls[n-1][0].Call == s.Call {
			calls[n-1] = append(calls[n-1], s)
			continue
		}
		calls = append(calls, []Step{s})
	}
	return calls
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
