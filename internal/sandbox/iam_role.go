package sandbox

import (
	"slices"
	"strconv"
	"strings"
)

// namedRole finds the role that a call is about.
func namedRole(c *call) (*role, error) {
	name, err := c.iamName("RoleName", 64)
	if err != nil {
		return nil, err
	}
	r := c.account.roles[name]
	if r == nil {
		return nil, noSuchEntity("The role with name " + name + " cannot be found.")
	}
	return r, nil
}

func createRole(c *call) error {
	r, err := newRole(c)
	if err != nil {
		return err
	}
	for name := range c.account.roles {
		if strings.EqualFold(name, r.name) { // names that differ in case alone are one name
			return alreadyExists("Role with name " + r.name + " already exists.")
		}
	}
	if n := limitOr(c.server.scenario.Writes.Roles, maxRoles); len(c.account.roles) >= n {
		return overQuota("Cannot exceed quota for RolesPerAccount: " + strconv.Itoa(n))
	}
	r.id = c.account.ids.nextIAM("AROA")
	c.account.roles[r.name] = r
	c.xml.within("Role", func() {
		c.xml.roleBase(r)
		c.xml.boundary(r)
		c.xml.iamTags(r.tags)
	})
	return nil
}

// newRole reads a role from the parameters of CreateRole and checks all that does not
// depend on other roles.
func newRole(c *call) (*role, error) {
	name, err := c.iamName("RoleName", 64)
	if err != nil {
		return nil, err
	}
	r := &role{name: name, description: c.form.get("Description"), created: iamNow(c), changed: c.now, inline: make(map[string]string)}
	if r.path, err = c.iamPath(); err != nil {
		return nil, err
	}
	r.arn = "arn:" + c.account.partition + ":iam::" + c.account.id + ":role" + r.path + r.name
	if r.trust, err = c.documentText("AssumeRolePolicyDocument"); err != nil {
		return nil, err
	}
	if err := checkTrust(r.trust); err != nil {
		return nil, err
	}
	if documentSize(r.trust) > maxTrustSize {
		return nil, overQuota("Cannot exceed quota for ACLSizePerRole: " + strconv.Itoa(maxTrustSize))
	}
	if r.maxSession, err = c.sessionLength(); err != nil {
		return nil, err
	}
	if r.tags, err = c.iamTagsOf(); err != nil {
		return nil, err
	}
	if r.boundary = c.form.get("PermissionsBoundary"); r.boundary != "" && c.account.policies[r.boundary] == nil {
		return nil, noSuchEntity("Scope ARN: " + r.boundary + " does not exist or is not attachable.")
	}
	return r, nil
}

// roleBase writes what every answer about a role holds. CreateRole gives no more
// than this and boundary and tags (AWS CLI reference, examples of create-role).
func (w *xmlWriter) roleBase(r *role) {
	w.text("Path", r.path)
	w.text("RoleName", r.name)
	w.text("RoleId", r.id)
	w.text("Arn", r.arn)
	w.time("CreateDate", r.created)
	w.document("AssumeRolePolicyDocument", r.trust)
}

func (w *xmlWriter) boundary(r *role) {
	if r.boundary == "" {
		return
	}
	w.within("PermissionsBoundary", func() {
		w.text("PermissionsBoundaryType", "PermissionsBoundaryPolicy")
		w.text("PermissionsBoundaryArn", r.boundary)
	})
}

func getRole(c *call) error {
	r, err := namedRole(c)
	if err != nil {
		return err
	}
	c.xml.within("Role", func() {
		c.xml.roleBase(r)
		c.xml.some("Description", r.description)
		c.xml.int("MaxSessionDuration", r.maxSession)
		c.xml.boundary(r)
		c.xml.iamTags(r.tags)
		c.xml.within("RoleLastUsed", func() {}) // nothing here ever uses a role
	})
	return nil
}

// listRoles leaves out tags, boundary and last use, as documented.
func listRoles(c *call) error {
	prefix := c.form.get("PathPrefix")
	if prefix != "" && prefix[0] != '/' {
		return badRequest("ValidationError", "The specified value for pathPrefix is invalid. It must begin with the / character.")
	}
	roles := byName(c.account.roles)
	roles = slices.DeleteFunc(roles, func(r *role) bool { return !strings.HasPrefix(r.path, prefix) })
	return iamPage(c, "Roles", roles, func(r *role) {
		c.xml.within("member", func() {
			c.xml.roleBase(r)
			c.xml.some("Description", r.description)
			c.xml.int("MaxSessionDuration", r.maxSession)
		})
	})
}

func deleteRole(c *call) error {
	r, err := namedRole(c)
	switch {
	case err != nil:
		return err
	case len(r.attached) > 0:
		return deleteConflict("Cannot delete entity, must detach all policies first.")
	case len(r.inline) > 0:
		return deleteConflict("Cannot delete entity, must delete policies first.")
	}
	delete(c.account.roles, r.name)
	return nil
}

func putRolePolicy(c *call) error {
	r, err := namedRole(c)
	if err != nil {
		return err
	}
	name, err := c.iamName("PolicyName", 128)
	if err != nil {
		return err
	}
	text, err := c.documentText("PolicyDocument")
	if err != nil {
		return err
	}
	if _, err := checkIdentity(text); err != nil {
		return err
	}
	size := documentSize(text)
	for other, d := range r.inline {
		if other != name {
			size += documentSize(d)
		}
	}
	if size > maxInlineSize {
		return overQuota("Maximum policy size of " + strconv.Itoa(maxInlineSize) + " bytes exceeded for role " + r.name)
	}
	r.inline[name] = text
	return nil
}

// namedInline finds the inline policy that a call is about.
func namedInline(c *call) (r *role, name string, err error) {
	if r, err = namedRole(c); err != nil {
		return nil, "", err
	}
	if name, err = c.iamName("PolicyName", 128); err != nil {
		return nil, "", err
	}
	if _, ok := r.inline[name]; !ok {
		return nil, "", noSuchEntity("The role policy with name " + name + " cannot be found.")
	}
	return r, name, nil
}

func getRolePolicy(c *call) error {
	r, name, err := namedInline(c)
	if err != nil {
		return err
	}
	c.xml.text("RoleName", r.name)
	c.xml.text("PolicyName", name)
	c.xml.document("PolicyDocument", r.inline[name])
	return nil
}

func listRolePolicies(c *call) error {
	r, err := namedRole(c)
	if err != nil {
		return err
	}
	names := make([]string, 0, len(r.inline))
	for name := range r.inline {
		names = append(names, name)
	}
	slices.Sort(names)
	return iamPage(c, "PolicyNames", names, func(name string) { c.xml.text("member", name) })
}

func deleteRolePolicy(c *call) error {
	r, name, err := namedInline(c)
	if err != nil {
		return err
	}
	delete(r.inline, name)
	return nil
}
