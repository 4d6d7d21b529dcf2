package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// readScoutSuite reads the results file, JSON after one line of JavaScript. Its rule is about
// subnets: a VPC fails when one of its subnets is flagged, passes when it has some and none is,
// and is not spoken of when it has none.
func readScoutSuite(dir string, r result) (report, error) {
	text, err := only(dir, "out/scoutsuite-results/scoutsuite_results_*.js")
	if err != nil {
		return report{}, fmt.Errorf("ScoutSuite's results: %w", err)
	}
	_, document, _ := bytes.Cut(text, []byte("\n"))
	var doc struct {
		Services struct {
			VPC struct {
				Findings map[string]struct{ Items []string }
				Regions  map[string]struct {
					VPCs map[string]struct{ Subnets map[string]any }
				}
			}
		}
	}
	if err := json.Unmarshal(document, &doc); err != nil {
		return report{}, fmt.Errorf("ScoutSuite's results: %w", err)
	}
	flagged := doc.Services.VPC.Findings["vpc-subnet-without-flow-log"].Items
	said := report{vpcs: map[string]claim{}, unread: regionsRefused(r.said())}
	for _, region := range doc.Services.VPC.Regions {
		for id, vpc := range region.VPCs {
			// An item is vpc.regions.REGION.vpcs.VPC.subnets.SUBNET.no_flowlog.
			bad := slices.ContainsFunc(flagged, func(item string) bool { return strings.Contains(item, "."+id+".") })
			switch {
			case bad:
				said.vpcs[id] = claim{verdict: fail}
			case len(vpc.Subnets) > 0:
				said.vpcs[id] = claim{verdict: pass}
			}
		}
	}
	return said, nil
}
