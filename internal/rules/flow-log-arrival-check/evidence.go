package flowlogarrivalcheck

import (
	"fmt"
	"slices"

	"flowproof/internal/finding"
	"flowproof/internal/inventory"
	"flowproof/internal/rule"
)

// evidence is what is known of a flow log's records within the window.
func evidence(p *rule.Pass, l inventory.FlowLog) *finding.Arrival {
	inv := p.Inventory
	a := &finding.Arrival{Since: inv.ReadAt.Add(-p.Policy.Window), Seen: []finding.SeenOf{}, Unseen: []string{}}
	for _, seen := range inv.ArrivalsOf(l) {
		if seen.Newest.Before(a.Since) {
			continue
		}
		if seen.Newest.After(a.Newest) {
			a.Newest, a.Sign = seen.Newest, seen.Seen
		}
		if seen.Interface != "" {
			a.Seen = append(a.Seen, finding.SeenOf{Interface: seen.Interface, Newest: seen.Newest})
		}
	}
	for _, i := range inv.InterfacesOf(l) {
		if !i.InUse() {
			continue
		}
		a.InUse++
		if !slices.ContainsFunc(a.Seen, func(s finding.SeenOf) bool { return s.Interface == i.ID }) {
			a.Unseen = append(a.Unseen, i.ID)
		}
	}
	if look := inv.LookAt(l); look != nil {
		a.Blind = look.Blind
	}
	a.Records = records(inv.SampleOf(l))
	return a
}

func records(s *inventory.Sample) *finding.Records {
	if s == nil {
		return nil
	}
	return &finding.Records{
		Read: s.Records(), OK: s.OK, NoData: s.NoData, SkipData: s.SkipData, Incomplete: s.Incomplete, Other: s.Other, Malformed: s.Malformed,
		Files: s.Files, Empty: s.Empty, Partial: s.Partial, Extent: s.Extent,
		Lines: append([]string{}, s.Lines...),
	}
}

// proof says what was seen. Files in a bucket do not tell interfaces apart unless they are read.
func proof(a *finding.Arrival) string {
	text := "records arrive: the newest seen is of " + clock(a.Newest)
	if len(a.Seen) > 0 && a.InUse > 0 {
		text += fmt.Sprintf("; %d of %s seen", a.InUse-len(a.Unseen), interfaces(a.InUse))
	}
	if a.Sign == inventory.SeenInMetric {
		text += "; by the metric of its Firehose stream, to which no other known flow log delivers"
	}
	if a.Records != nil && a.Records.SkipData > 0 {
		text += fmt.Sprintf("; %d of the %d records read are SKIPDATA: AWS lost traffic there", a.Records.SkipData, a.Records.Read)
	}
	return text
}

func interfaces(n int) string {
	if n == 1 {
		return "1 interface in use"
	}
	return fmt.Sprintf("%d interfaces in use", n)
}

// emptied says that files were there and hold no record, where that was seen.
func emptied(a *finding.Arrival) string {
	switch {
	case a.Records == nil || a.Records.Empty == 0:
		return ""
	case a.Records.Empty == 1:
		return " (1 file is empty)"
	}
	return fmt.Sprintf(" (%d files are empty)", a.Records.Empty)
}
