package remediate

import "flowproof/internal/iampolicy"

// surely is what policies say for certain. A condition on something that is not known here neither
// allows nor denies: flowproof would rather add a statement that is there already than count on one
// it cannot read.
func surely(r iampolicy.Request, policies ...string) iampolicy.Decision {
	switch said := iampolicy.Evaluate(r, policies...); {
	case said.Deny == iampolicy.Yes:
		return iampolicy.Denied
	case said.Allow == iampolicy.Yes:
		return iampolicy.Allowed
	}
	return iampolicy.NotAllowed
}

// least keeps the worse of two decisions.
func least(a, b iampolicy.Decision) iampolicy.Decision {
	switch {
	case a == iampolicy.Denied || b == iampolicy.Denied:
		return iampolicy.Denied
	case a == iampolicy.NotAllowed || b == iampolicy.NotAllowed:
		return iampolicy.NotAllowed
	}
	return iampolicy.Allowed
}
