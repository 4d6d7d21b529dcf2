package main

import (
	"encoding/json"
	"fmt"
)

// questions are the rules of flowproof that answer what is asked of every tool here: is the
// traffic of this VPC recorded. It has others, about how the records are kept.
var questions = map[string]bool{
	"vpc-flow-log-check": true, "flow-log-traffic-check": true, "flow-log-delivery-check": true, "flow-log-destination-check": true,
}

// readFlowproof reads the JSON report of a scan: a VPC fails when one of its findings, or one about
// a flow log on it, does.
func readFlowproof(dir string, _ result) (report, error) {
	text, err := only(dir, "scan.json")
	if err != nil {
		return report{}, fmt.Errorf("flowproof's JSON: %w", err)
	}
	var doc struct {
		Ledger []struct {
			Region string
			Status string
		}
		Findings []struct {
			Rule, Outcome, Message string
			Resource               struct{ Type, ID string }
			Evidence               struct {
				FlowLogs []struct {
					ResourceID string `json:"resource_id"`
				} `json:"flow_logs"`
			}
		}
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		return report{}, fmt.Errorf("flowproof's JSON: %w", err)
	}
	said := report{vpcs: map[string]claim{}, unread: map[string]bool{}}
	for _, scope := range doc.Ledger {
		if scope.Status == "incomplete" || scope.Status == "unread" {
			said.unread[scope.Region] = true
		}
	}
	for _, f := range doc.Findings {
		if !questions[f.Rule] {
			continue
		}
		id := f.Resource.ID
		if f.Resource.Type == "AWS::EC2::FlowLog" && len(f.Evidence.FlowLogs) > 0 {
			id = f.Evidence.FlowLogs[0].ResourceID
		}
		v := map[string]verdict{"pass": pass, "fail": fail, "unknown": unknown, "not-applicable": foreign}[f.Outcome]
		if f.Outcome == "not-applicable" && f.Rule != "vpc-flow-log-check" {
			continue // another rule says what is wrong
		}
		said.vpcs[id] = worse(said.vpcs[id], claim{verdict: v, text: f.Message})
	}
	return said, nil
}

// worse is the graver of two claims about one VPC.
func worse(a, b claim) claim {
	rank := map[verdict]int{"": 0, pass: 1, foreign: 2, unknown: 3, fail: 4}
	if rank[b.verdict] > rank[a.verdict] {
		return b
	}
	return a
}
