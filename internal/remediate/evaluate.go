package remediate

import "flowproof/internal/iampolicy"

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
