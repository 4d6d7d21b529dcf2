package inventory

import (
	"cmp"
	"slices"
	"strings"
)

// Roles are the IAM roles that were asked for by name. IAM is global: every scope of an account
// says the same.
const Roles Kind = "roles"

// Role is an IAM role with the documents that say who may assume it and what it may do.
type Role struct {
	Name     string            `json:"name"`
	ARN      string            `json:"arn"`
	Trust    string            `json:"trust"`              // JSON
	Boundary string            `json:"boundary,omitempty"` // ARN of the permissions boundary
	Inline   []RolePolicy      `json:"inline,omitempty"`
	Attached []RolePolicy      `json:"attached,omitempty"`
	Tags     map[string]string `json:"tags,omitempty"`
}

// Documents are the texts of all policies of the role.
func (r Role) Documents() []string {
	var documents []string
	for _, p := range slices.Concat(r.Inline, r.Attached) {
		documents = append(documents, p.Document)
	}
	return documents
}

// RolePolicy is a policy of a role: by its name inline, by its ARN attached.
type RolePolicy struct {
	Name     string `json:"name"`
	Document string `json:"document"` // JSON
}

func compareRolePolicies(a, b RolePolicy) int {
	return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.Document, b.Document))
}

// Role says what was read of a role: whether it exists, and whether that is known at all.
func (inv *Inventory) Role(name string) (role Role, exists, known bool) {
	return found(inv, name, slices.Contains(inv.Named.Asked.Roles, name), []Kind{Roles, DeliveryRoles}, inv.Named.Roles,
		func(r Role) bool { return r.Name == name })
}
