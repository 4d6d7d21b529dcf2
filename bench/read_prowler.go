package main

import (
	"encoding/json"
	"fmt"
	"path"
)

// readProwler reads the JSON-OCSF report, which names a VPC by its ARN.
func readProwler(dir string, r result) (report, error) {
	text, err := only(dir, "out/*.ocsf.json")
	if err != nil {
		return report{}, fmt.Errorf("prowler's JSON-OCSF: %w", err)
	}
	var findings []struct {
		StatusCode   string `json:"status_code"`
		StatusDetail string `json:"status_detail"`
		Resources    []struct{ UID string }
	}
	if err := json.Unmarshal(text, &findings); err != nil {
		return report{}, fmt.Errorf("prowler's JSON-OCSF: %w", err)
	}
	said := report{vpcs: map[string]claim{}, unread: regionsRefused(r.said())}
	for _, f := range findings {
		for _, resource := range f.Resources {
			v := map[string]verdict{"PASS": pass, "FAIL": fail, "MANUAL": unknown}[f.StatusCode]
			said.vpcs[path.Base(resource.UID)] = claim{verdict: v, text: f.StatusDetail}
		}
	}
	return said, nil
}
