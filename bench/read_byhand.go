package main

import "strings"

// readByHand reads what byhand.sh prints: a line a VPC of Region, VPC, verdict and why.
func readByHand(_ string, r result) (report, error) {
	said := report{vpcs: map[string]claim{}, unread: map[string]bool{}}
	for line := range strings.Lines(string(r.stdout)) {
		fields := strings.Fields(line)
		if len(fields) < 3 {
			continue
		}
		region, vpc, v := fields[0], fields[1], verdict(fields[2])
		said.vpcs[vpc] = claim{verdict: v, text: strings.Join(fields[3:], " ")}
		if v == unknown {
			said.unread[region] = true
		}
	}
	return said, nil
}
