package sandbox

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// iamOperations lists the operations of IAM. IAM is global: an account has one state,
// whatever Region a call is signed for.
func iamOperations() map[string]handler {
	return map[string]handler{
		"CreateRole":               createRole,
		"GetRole":                  getRole,
		"ListRoles":                listRoles,
		"DeleteRole":               deleteRole,
		"UpdateAssumeRolePolicy":   updateAssumeRolePolicy,
		"TagRole":                  tagRole,
		"UntagRole":                untagRole,
		"ListRoleTags":             listRoleTags,
		"PutRolePolicy":            putRolePolicy,
		"GetRolePolicy":            getRolePolicy,
		"ListRolePolicies":         listRolePolicies,
		"DeleteRolePolicy":         deleteRolePolicy,
		"CreatePolicy":             createPolicy,
		"GetPolicy":                getPolicy,
		"GetPolicyVersion":         getPolicyVersion,
		"DeletePolicy":             deletePolicy,
		"AttachRolePolicy":         attachRolePolicy,
		"DetachRolePolicy":         detachRolePolicy,
		"ListAttachedRolePolicies": listAttachedRolePolicies,
	}
}

func noSuchEntity(message string) *apiError {
	return &apiError{http.StatusNotFound, "NoSuchEntity", message}
}

func alreadyExists(message string) *apiError {
	return &apiError{http.StatusConflict, "EntityAlreadyExists", message}
}

func deleteConflict(message string) *apiError {
	return &apiError{http.StatusConflict, "DeleteConflict", message}
}

func overQuota(message string) *apiError {
	return &apiError{http.StatusConflict, "LimitExceeded", message}
}

// iamNow is the time of the call as IAM keeps it: to the second.
func iamNow(c *call) time.Time { return c.now.Truncate(time.Second) }

// iamPage cuts one page out of a sorted list, calls show for each element within the
// named list, and says whether there is more. Pages hold 100 elements unless MaxItems
// says otherwise (IAM API reference).
func iamPage[T any](c *call, list string, all []T, show func(T)) error {
	size, asked, err := c.form.int("MaxItems")
	switch {
	case err != nil:
		return badRequest("ValidationError", "Value at 'maxItems' is not an integer")
	case !asked:
		size = 100
	case size < 1:
		return constraint(c.form.get("MaxItems"), "maxItems", "Member must have value greater than or equal to 1")
	case size > 1000:
		return constraint(c.form.get("MaxItems"), "maxItems", "Member must have value less than or equal to 1000")
	}
	page, next, ok := offsetPage(c, all, c.form.get("Marker"), size)
	if !ok {
		return badToken(c)
	}
	c.xml.within(list, func() {
		for _, e := range page {
			show(e)
		}
	})
	c.xml.bool("IsTruncated", next != "")
	c.xml.some("Marker", next)
	return nil
}

// document writes a policy document as IAM does: encoded for a URL (RFC 3986).
func (w *xmlWriter) document(name, text string) {
	w.text(name, strings.ReplaceAll(url.QueryEscape(text), "+", "%20"))
}

// iamTags writes tags, which IAM leaves out where there are none.
func (w *xmlWriter) iamTags(tags []tag) {
	if len(tags) == 0 {
		return
	}
	w.within("Tags", func() {
		for _, t := range tags {
			w.within("member", func() {
				w.text("Key", t.Key)
				w.text("Value", t.Value)
			})
		}
	})
}

// byName sorts what a map holds by its key, which is how IAM's lists come.
func byName[T any](m map[string]T) []T {
	names := make([]string, 0, len(m))
	for n := range m {
		names = append(names, n)
	}
	slices.Sort(names)
	out := make([]T, len(names))
	for i, n := range names {
		out[i] = m[n]
	}
	return out
}
