package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// readCustodian reads the folders that Cloud Custodian writes, one a Region (c7n-org: one an
// account and Region). The policy matches what is not recorded: a VPC among the Region's
// resources fails, and one that is not passes, if the policy ran to its end there. Where it did
// not, the log in the Region's folder holds the error.
func readCustodian(dir string, r result) (report, error) {
	said := report{vpcs: map[string]claim{}, unread: regionsRefused(r.said()), passes: map[string]bool{}}
	logs, err := filepath.Glob(filepath.Join(dir, "out", "*", "vpc-not-recorded", "custodian-run.log"))
	if err == nil && len(logs) == 0 {
		logs, err = filepath.Glob(filepath.Join(dir, "out", "*", "*", "vpc-not-recorded", "custodian-run.log"))
	}
	if err != nil || len(logs) == 0 {
		return report{}, fmt.Errorf("custodian wrote no log of a Region: %w", err)
	}
	for _, log := range logs {
		folder := filepath.Dir(log)
		region := filepath.Base(filepath.Dir(folder))
		text, err := os.ReadFile(log) //nolint:gosec // G304: in the folder that the tool was told to write to
		if err != nil {
			return report{}, err
		}
		if strings.Contains(string(text), "UnauthorizedOperation") {
			said.unread[region] = true
		}
		matched, err := os.ReadFile(filepath.Join(folder, "resources.json")) //nolint:gosec // G304: as above
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			return report{}, err
		}
		var vpcs []struct{ VpcId string } //nolint:revive // var-naming: as it stands in the JSON
		if err := json.Unmarshal(matched, &vpcs); err != nil {
			return report{}, fmt.Errorf("%s: %w", folder, err)
		}
		said.passes[region] = true
		for _, vpc := range vpcs {
			said.vpcs[vpc.VpcId] = claim{verdict: fail}
		}
	}
	return said, nil
}
