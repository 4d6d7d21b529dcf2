package remediate

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
)

// DryRun looks at the world for every step as Apply does, and asks AWS whether it would do those
// whose API can be asked. Nothing is changed and nothing is written down.
func (a Apply) DryRun(ctx context.Context) Report {
	out := Report{}
	for _, call := range a.Plan.Calls() {
		if ctx.Err() != nil {
			for _, s := range call {
				out.Results = append(out.Results, resultOf(s, NotSent))
			}
			continue
		}
		out.Results = append(out.Results, a.try(ctx, call)...)
	}
	out.Interrupted = ctx.Err() != nil
	return out
}

// try looks at the steps of a request and asks about those that are left to do.
func (a Apply) try(ctx context.Context, call []Step) []Result {
	seen, err := a.Reader.see(ctx, a.Plan, call)
	if err != nil {
		return unreadableResults(call, err)
	}
	var results []Result
	var todo []Step
	for _, s := range call {
		sight, err := seen.look(ctx, s, circumstances{parentOurs: a.Plan.makesParentOf(s)})
		res := resultOf(s, Already)
		switch {
		case err != nil:
			results = append(results, unreadableResults([]Step{s}, err)...)
			continue
		case sight.have:
			res.Detail = sight.detail
		case sight.moved != nil:
			res.Outcome, res.Expected, res.Found = Moved, sight.moved.expected, sight.moved.found
		default:
			todo = append(todo, s)
			continue
		}
		results = append(results, res)
	}
	return append(results, a.ask(ctx, todo)...)
}

func unreadableResults(steps []Step, err error) []Result {
	results := make([]Result, len(steps))
	for i, s := range steps {
		results[i] = resultOf(s, unreadableOutcome(err))
		results[i].Detail = "could not be looked at: " + err.Error()
	}
	return results
}

// ask sends the steps' request with DryRun, where the API has it: of what a plan sends only EC2's.
func (a Apply) ask(ctx context.Context, steps []Step) []Result {
	if len(steps) == 0 {
		return nil
	}
	results := make([]Result, len(steps))
	for i, s := range steps {
		results[i] = resultOf(s, NotTried)
		results[i].Detail = fmt.Sprintf("%s has no dry run; it is as it was when the plan was made", s.API.Operation)
	}
	if steps[0].API.Service != "ec2" {
		return results
	}
	api, err := Merge(steps)
	if err == nil {
		api, err = withMember(api, "DryRun", true)
	}
	if err != nil {
		for i := range results {
			results[i].Outcome, results[i].Detail = Failed, err.Error()
		}
		return results
	}
	_, err = a.Writer.Write(ctx, steps[0].Region, api)
	f := failure{message: "EC2 answered a dry run as if it were none"}
	if err != nil {
		f = failureOf(err)
	}
	for i, s := range steps {
		res := &results[i]
		switch {
		case f.code == "DryRunOperation":
			res.Outcome, res.Detail = Allowed, "EC2 would do it"
		case f.class == deniedCaller:
			res.Outcome, res.Code, res.Detail = Denied, f.code, f.textFor(s.Action)
		case len(s.After) > 0:
			res.Detail = "EC2 cannot say before the steps that it needs are done: " + f.text()
		default:
			res.Outcome, res.Code, res.Detail = Failed, f.code, f.textFor(s.Action)
		}
	}
	return results
}

// withMember adds a member to the input of a request.
func withMember(api API, name string, value any) (API, error) {
	var input map[string]json.RawMessage
	if err := json.Unmarshal(api.Input, &input); err != nil || input == nil {
		return API{}, fmt.Errorf("add %s to the request of %s:%s: its input is not an object", name, api.Service, api.Operation)
	}
	raw, err := json.Marshal(value)
	if err != nil {
		return API{}, fmt.Errorf("add %s to the request of %s:%s: %w", name, api.Service, api.Operation, err)
	}
	input[name] = raw
	if api.Input, err = json.Marshal(input); err != nil {
		return API{}, fmt.Errorf("add %s to the request of %s:%s: %w", name, api.Service, api.Operation, err)
	}
	return api, nil
}

// Allowed reports whether a dry run found nothing in the way.
func (r Report) Allowed() bool {
	return !slices.ContainsFunc(r.Results, func(s Result) bool {
		return !slices.Contains([]Outcome{Allowed, NotTried, Already}, s.Outcome)
	})
}
