package sourcetest

import (
	"fmt"
	"math/rand/v2"
	"time"

	"flowproof/internal/inventory"
)

// Random draws an environment of one Region from few values, so that ids meet and repeat, each
// time with other content.
func Random(r *rand.Rand) Environment {
	pick := func(words ...string) string { return words[r.IntN(len(words))] }
	var things []any
	for i := range r.IntN(6) {
		v := own(fmt.Sprintf("vpc-%d", i))
		v.OwnerID = pick(Account, Account, "", Other)
		v.IsDefault = v.OwnerID == Account && r.IntN(3) == 0 // a default VPC cannot be shared
		if r.IntN(2) == 0 {
			v.Tags = map[string]string{"Name": pick("a", "\u202e", "<&>")}
		}
		things = append(things, v)
	}
	for i := range r.IntN(4) {
		things = append(things, subnet(fmt.Sprintf("subnet-%d", i), pick("vpc-0", "vpc-1")))
	}
	for i := range r.IntN(5) {
		e := eni(fmt.Sprintf("eni-%d", i), pick("vpc-0", "vpc-1"), pick("subnet-0", "subnet-1", "subnet-2"))
		e.OwnerID = pick(Account, Account, Other)
		things = append(things, e)
	}
	for i := range r.IntN(3) {
		g := inventory.TransitGateway{ID: fmt.Sprintf("tgw-%d", i), OwnerID: pick(Account, Account, Other, ""), State: pick("available", "deleting")}
		things = append(things, g, inventory.GatewayAttachment{ID: fmt.Sprintf("tgw-attach-%d", i), GatewayID: g.ID, State: "available"})
	}
	for range r.IntN(10) {
		to := toGroup
		if r.IntN(2) == 0 {
			to = toBucket
		}
		l := to(pick("fl-1", "fl-2", "fl-3", "fl-4", ""), pick("vpc-0", "vpc-1", "vpc-2", "subnet-1", "eni-1", "tgw-1", "tgw-attach-1"), pick("ALL", "ACCEPT", "REJECT", ""))
		l = failing(l, pick("SUCCESS", "SUCCESS", "FAILED", ""), pick("", "", "Access error", "Rate limited"))
		l.Status = pick("ACTIVE", "ACTIVE", "ACTIVE", "DELETED", "")
		l.Created = created.Add(time.Duration(r.IntN(3)) * time.Second)
		if r.IntN(10) == 0 {
			l.ResourceID = ""
		}
		things = append(things, l)
	}
	return one("random", things...)
}

// Shuffled is the same environment told in another order and partly twice, as pages that overlap
// tell it. It is normalized, as sources leave theirs.
func Shuffled(r *rand.Rand, env Environment) Environment {
	out := Environment{Name: env.Name + ", shuffled"}
	for _, inv := range env.Inventories {
		var things []any
		things = appendAll(things, inv.VPCs)
		things = appendAll(things, inv.FlowLogs)
		things = appendAll(things, inv.Subnets)
		things = appendAll(things, inv.Interfaces)
		things = appendAll(things, inv.TransitGateways)
		things = appendAll(things, inv.GatewayAttachments)
		things = appendAll(things, inv.NATGateways)
		for _, i := range r.Perm(len(things))[:len(things)/2] {
			things = append(things, things[i])
		}
		r.Shuffle(len(things), func(i, j int) { things[i], things[j] = things[j], things[i] })
		out.Inventories = append(out.Inventories, at(inv.Account, inv.Region, things...))
	}
	return out
}

func appendAll[T any](things []any, more []T) []any {
	for _, thing := range more {
		things = append(things, thing)
	}
	return things
}
