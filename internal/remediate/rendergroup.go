package remediate

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"flowproof/internal/inventory"
)

// stepGroup is the steps of one account in one Region, as they are shown.
type stepGroup struct {
	title   string
	entries []stepEntry
}

// stepEntry is one call: a step, or several that go out together.
type stepEntry struct {
	first  int // number of its first step in the plan, from 1
	steps  []Step
	needed int // flow logs that it is there for
}

// groups puts the plan's calls together by account and Region, in the order in which these first
// come. IAM has no Region, and so stands by itself.
func (p Plan) groups() []stepGroup {
	type place struct{ account, region string }
	needed := map[string]int{}
	for _, s := range p.Steps {
		if s.Action == CreateFlowLog {
			for _, id := range unique(append(slices.Clone(s.After), retentionOf(s))) {
				needed[id]++
			}
		}
	}
	var groups []stepGroup
	at := map[place]int{}
	number := 1
	for _, call := range p.Calls() {
		where, title := place{call[0].Account, call[0].Region}, "Account "+call[0].Account+", "+call[0].Region
		if call[0].API.Service == "iam" {
			where.region, title = "", "Account "+call[0].Account+", in every Region (IAM)"
		}
		i, known := at[where]
		if !known {
			i = len(groups)
			at[where] = i
			groups = append(groups, stepGroup{title: title})
		}
		groups[i].entries = append(groups[i].entries, stepEntry{first: number, steps: call, needed: needed[call[0].ID]})
		number += len(call)
	}
	return groups
}

// retentionOf is the step that would set the retention of the log group which a flow log delivers to. No
// flow log waits for it.
func retentionOf(flowLog Step) string {
	want, err := requestOf(flowLog.API)
	if err != nil {
		return ""
	}
	return stepID(flowLog.Account, flowLog.Region, PutRetentionPolicy, groupName(want.LogGroupName, want.LogDestination))
}

// number is the step's number, or those of the first and last.
func (e stepEntry) number() string {
	if len(e.steps) == 1 {
		return fmt.Sprintf("%d", e.first)
	}
	return fmt.Sprintf("%d-%d", e.first, e.first+len(e.steps)-1)
}

// detail says in a few words what is particular about a step.
func (e stepEntry) detail() string {
	s := e.steps[0]
	var in struct {
		RetentionInDays int32
		KMSKeyID        string `json:"kmsKeyId"`
		PolicyName      string
		LogGroupName    string
		LogDestination  string
		TrafficType     string
	}
	if err := json.Unmarshal(s.API.Input, &in); err != nil {
		return ""
	}
	switch s.Action {
	case CreateRole, UpdateAssumeRolePolicy:
		return s.trustInWords()
	case PutRolePolicy:
		return "policy " + in.PolicyName + ": " + s.deliveryInWords()
	case CreateLogGroup:
		if in.KMSKeyID != "" {
			return "encrypted with " + in.KMSKeyID
		}
	case PutRetentionPolicy:
		return count(int(in.RetentionInDays), "day")
	case AssociateKMSKey:
		return in.KMSKeyID
	case PutBucketPolicy:
		return s.bucketInWords()
	case CreateFlowLog:
		return strings.TrimSpace(in.TrafficType + " to " + in.LogGroupName + in.LogDestination)
	}
	return ""
}

// scope is where the step's call goes.
func (s Step) scope() inventory.Scope {
	return inventory.Scope{Partition: inventory.PartitionOf(s.Region), Account: s.Account, Region: s.Region}
}

// says reports whether the document that a step writes is the one of these statements, or adds them to what
// its inverse puts back. What a reviewer reads is taken from the request, and a document that is not known is
// shown as it is.
func (s Step) says(add ...statement) (alone, added bool, document string) {
	want, err := requestOf(s.API)
	if err != nil {
		return false, false, string(s.API.Input)
	}
	document = want.document()
	is := func(old string) bool {
		built, err := addStatements(old, add)
		return err == nil && built == document
	}
	old, err := s.document()
	return is(""), err == nil && old != "" && is(old), document
}

func (s Step) trustInWords() string {
	alone, added, document := s.says(trustStatement(s.scope()))
	switch trusted := "trusted by " + flowLogService + " for flow logs of this account alone"; {
	case alone:
		return trusted
	case added:
		return trusted + ", beside whom it trusts now"
	}
	return "trust policy " + document
}

func (s Step) deliveryInWords() string {
	want, err := requestOf(s.API)
	if err != nil {
		return string(s.API.Input)
	}
	alone, _, document := s.says(deliveryStatements(s.scope(), resourceNames(s.scope(), want.PolicyDocument))...)
	if alone {
		return "write to the log groups, and nothing else"
	}
	return document
}

func (s Step) bucketInWords() string {
	want, err := requestOf(s.API)
	if err != nil {
		return string(s.API.Input)
	}
	arn := fmt.Sprintf("arn:%s:s3:::%s", s.scope().Partition, want.Bucket)
	alone, added, document := s.says(bucketStatements(s.scope(), arn, objectsIn(want.Policy, arn))...)
	if alone || added {
		return "adds what " + deliveryService + " needs, and keeps the rest"
	}
	return "policy " + document
}

// objectsIn is the place in a bucket that a policy lets the delivery service write to: that of its last
// statement but one.
func objectsIn(policy, arn string) string {
	var document struct{ Statement []json.RawMessage }
	if err := json.Unmarshal([]byte(policy), &document); err != nil || len(document.Statement) < 2 {
		return arn
	}
	var write statement
	if err := json.Unmarshal(document.Statement[len(document.Statement)-2], &write); err != nil || len(write.Resource) != 1 {
		return arn
	}
	return strings.TrimSuffix(write.Resource[0], "*")
}

// commandLine is the step's request as a command; a request that is none of ours has none.
func (s Step) commandLine() string {
	line, err := command(s.API, s.Region)
	if err != nil {
		return "no command"
	}
	return line
}

// prepares reports whether the step is there for the flow logs behind it. Others answer a finding by
// themselves.
func (e stepEntry) prepares() bool { return e.steps[0].Action != CreateFlowLog && e.needed > 0 }

// why says what asks for the step.
func (e stepEntry) why() string {
	if e.prepares() {
		return "for " + count(e.needed, "flow log")
	}
	messages := map[string]bool{}
	for _, s := range e.steps {
		messages[s.Why] = true
	}
	all := slices.Sorted(maps.Keys(messages))
	if len(all) > 1 {
		return fmt.Sprintf("%s (and %s)", all[0], count(len(all)-1, "other reason"))
	}
	return all[0]
}

// resources names what the call is about: some, where it is about many.
func (e stepEntry) resources(all bool) string {
	const some = 12
	var names []string
	for _, s := range e.steps {
		names = append(names, s.Resource)
	}
	if all || len(names) <= some+1 {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:some], ", "), len(names)-some)
}

func (e stepEntry) write(b *page, verbose bool) {
	s := e.steps[0]
	text := fmt.Sprintf("%s %s", s.Action, e.resources(verbose))
	if detail := e.detail(); detail != "" {
		text += ": " + detail
	}
	if s.Foreign {
		text += " (flowproof did not make it)"
	}
	if e.prepares() {
		text += "; " + e.why()
	}
	const indent = 6
	b.hang(fmt.Sprintf("  %-3s ", e.number()), indent, text)
	if !e.prepares() {
		b.line(indent, indent, "why: "+e.why())
	}
	if s.Action == CreateFlowLog && (verbose || s.Cost.Monthly != nil) {
		b.line(indent, indent, "cost: "+e.cost())
	}
	if !verbose {
		return
	}
	for _, s := range e.steps {
		s.writeWhole(b, indent)
	}
}

// writeWhole shows what the summary of a step leaves out.
func (s Step) writeWhole(b *page, indent int) {
	for _, c := range s.Preconditions {
		b.linef(indent, indent+2, "if: %s", c.inWords())
	}
	undo := "with the step before it"
	if s.Inverse != nil {
		undo = string(s.Inverse.Action) + " " + s.Inverse.Resource
	}
	b.linef(indent, indent+2, "undo: %s", undo)
	b.linef(indent, indent+2, "needs: %s", strings.Join(s.Permissions, ", "))
	b.linef(indent, indent+2, "same as: %s", s.commandLine())
}

// inWords says what must still be so.
func (c Precondition) inWords() string {
	var facts []string
	for _, k := range slices.Sorted(maps.Keys(c.Expect)) {
		facts = append(facts, k+" "+shorten(c.Expect[k]))
	}
	return fmt.Sprintf("%s %s: %s", c.Kind, c.Resource, strings.Join(facts, ", "))
}

// cost is what the flow logs of a call are taken to cost.
func (e stepEntry) cost() string {
	sum, known := 0.0, false
	for _, s := range e.steps {
		if s.Cost.Monthly != nil {
			sum, known = sum+*s.Cost.Monthly, true
		}
	}
	basis := e.steps[0].Cost.Basis
	if !known {
		return basis
	}
	text := fmt.Sprintf("about %.2f a month, at %s", sum, basis)
	if len(e.steps) > 1 {
		text += " for each"
	}
	return text
}
