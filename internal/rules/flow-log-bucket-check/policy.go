package flowlogbucketcheck

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"flowproof/internal/iampolicy"
	"flowproof/internal/inventory"
	"flowproof/internal/rule"
)

// policyFaults are what is wrong with a bucket's policy, and what cannot be told of it, for the
// objects that a flow log delivers.
func policyFaults(inv *inventory.Inventory, l inventory.FlowLog, b inventory.Bucket) (faults, unclear []string) {
	if len(b.Policy) > policyNearLimit {
		faults = append(faults, fmt.Sprintf("its policy has %d of %d bytes, so that more flow logs will be refused", len(b.Policy), policyLimit))
	}
	policy, err := iampolicy.Parse(b.Policy)
	if b.Policy != "" && err != nil {
		return faults, append(unclear, "its policy cannot be read: "+err.Error())
	}
	for _, s := range policy.Statements {
		if !s.Allow || s.Principals == nil || s.MatchesAction("s3:PutObject") == iampolicy.No || !reaches(s, rule.ObjectARN(inv, l)) {
			continue
		}
		fault, doubt := writer(s, rule.Delivery(inv, l, rule.AnyOtherAccount), b.Owner)
		faults, unclear = appendSome(faults, fault), appendSome(unclear, doubt)
	}
	switch deniesHTTP(rule.ObjectARN(inv, l), b.Policy) {
	case iampolicy.No:
		faults = append(faults, "its policy does not require TLS")
	case iampolicy.Maybe:
		unclear = append(unclear, "whether its policy requires TLS turns on conditions that are not read here")
	}
	slices.Sort(faults)
	return slices.Compact(faults), unclear
}

func appendSome(list []string, text string) []string {
	if text == "" {
		return list
	}
	return append(list, text)
}

// reaches reports whether a statement may be about something in the folder of an object.
func reaches(s iampolicy.Statement, object string) bool {
	folder := object[:strings.LastIndexByte(object, '/')+1]
	return s.MatchesResource(object) != iampolicy.No ||
		slices.ContainsFunc(s.Resources, func(pattern string) bool { return strings.HasPrefix(pattern, folder) })
}

// deniesHTTP reports whether everybody is denied to write and to read without TLS.
func deniesHTTP(object, policy string) iampolicy.Match {
	denied := iampolicy.Yes
	for _, action := range []string{"s3:PutObject", "s3:GetObject"} {
		denied = min(denied, iampolicy.Evaluate(iampolicy.Request{
			Service: rule.DeliveryService, Action: action, Resource: object, Context: map[string]string{"aws:securetransport": "false"},
		}, policy).Deny)
	}
	return denied
}

// writer says whom a statement about writing lets do so, beside the bucket's owner; and where that
// turns on conditions. anyones is a delivery for some other account: the service delivers for whoever
// asks, so that it has to be held to accounts (IAM user guide, the confused deputy).
func writer(s iampolicy.Statement, anyones iampolicy.Request, owner string) (fault, doubt string) {
	others := foreign(s.Principals.AWS, owner)
	switch {
	case s.NotPrincipal, s.Principals.Anyone:
		if len(s.Conditions) > 0 {
			return "", "whether its policy lets others write turns on conditions"
		}
		return "its policy lets anybody write", ""
	case len(others) > 0:
		return "its policy lets " + strings.Join(others, ", ") + " write", ""
	case len(s.Principals.Others) > 0:
		return "", "who " + strings.Join(s.Principals.Others, ", ") + " is, whom its policy lets write, cannot be told"
	}
	switch m := s.MatchesCaller(anyones); {
	case m == iampolicy.Yes:
		return "its policy takes flow logs of any account", ""
	case m == iampolicy.Maybe && !heldToAccounts(s):
		return "", "whether its policy takes flow logs of any account turns on conditions"
	}
	return "", ""
}

// deletedPrincipal is what is left in a policy of a user or role that was deleted: nobody has it any
// more (IAM user guide, unique identifiers).
var deletedPrincipal = regexp.MustCompile(`^A(ID|RO)A[A-Z0-9]+$`)

// foreign are principals of other accounts than the owner's.
func foreign(principals []string, owner string) []string {
	var list []string
	for _, p := range principals {
		account := p
		if parts := strings.SplitN(p, ":", 6); len(parts) == 6 {
			account = parts[4]
		}
		if account != owner && !deletedPrincipal.MatchString(p) {
			list = append(list, p)
		}
	}
	return list
}

// heldToAccounts reports whether a statement asks on whose behalf the service acts.
func heldToAccounts(s iampolicy.Statement) bool {
	return slices.ContainsFunc(s.Conditions, func(c iampolicy.Condition) bool {
		switch c.Key {
		case "aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:sourceorgpaths":
			return !slices.Contains(c.Values, "*")
		}
		return false
	})
}
