package sandbox

import (
	"slices"
	"strconv"
	"strings"
)

// namedPolicy finds the managed policy that a call is about. How its absence is worded
// differs from call to call.
func namedPolicy(c *call, absent string) (*policy, error) {
	arn, err := c.policyARN()
	if err != nil {
		return nil, err
	}
	p := c.account.policies[arn]
	if p == nil {
		return nil, noSuchEntity("Policy " + arn + absent)
	}
	return p, nil
}

// Wordings of an absent managed policy.
const (
	notFound      = " was not found."
	notAttachable = " does not exist or is not attachable."
)

func createPolicy(c *call) error {
	name, err := c.iamName("PolicyName", 128)
	if err != nil {
		return err
	}
	p := &policy{name: name, description: c.form.get("Description"), created: iamNow(c)}
	if p.path, err = c.iamPath(); err != nil {
		return err
	}
	if p.document, err = c.documentText("PolicyDocument"); err != nil {
		return err
	}
	if err := checkManaged(p.document); err != nil {
		return err
	}
	if documentSize(p.document) > maxManagedSize {
		return overQuota("Cannot exceed quota for PolicySize: " + strconv.Itoa(maxManagedSize))
	}
	if p.tags, err = c.iamTagsOf(); err != nil {
		return err
	}
	p.arn = "arn:" + c.account.partition + ":iam::" + c.account.id + ":policy" + p.path + p.name
	for _, other := range c.account.policies {
		if strings.EqualFold(other.name, p.name) {
			return alreadyExists("A policy called " + p.name + " already exists. Duplicate names are not allowed.")
		}
	}
	p.id = c.account.ids.nextIAM("ANPA")
	c.account.policies[p.arn] = p
	c.xml.within("Policy", func() { c.showPolicy(p) })
	return nil
}

// showPolicy writes a managed policy. A description is given by GetPolicy only (IAM API
// reference, data type Policy).
func (c *call) showPolicy(p *policy) {
	attachments, boundaries := c.account.uses(p.arn)
	c.xml.text("PolicyName", p.name)
	c.xml.text("PolicyId", p.id)
	c.xml.text("Arn", p.arn)
	c.xml.text("Path", p.path)
	c.xml.text("DefaultVersionId", "v1")
	c.xml.int("AttachmentCount", attachments)
	c.xml.int("PermissionsBoundaryUsageCount", boundaries)
	c.xml.bool("IsAttachable", true)
	c.xml.time("CreateDate", p.created)
	c.xml.time("UpdateDate", p.created)
	c.xml.iamTags(p.tags)
}

// uses counts the roles that a policy is attached to, and those that it bounds.
func (a *account) uses(arn string) (attachments, boundaries int) {
	for _, r := range a.roles {
		if slices.Contains(r.attached, arn) {
			attachments++
		}
		if r.boundary == arn {
			boundaries++
		}
	}
	return attachments, boundaries
}

func getPolicy(c *call) error {
	p, err := namedPolicy(c, notFound)
	if err != nil {
		return err
	}
	c.xml.within("Policy", func() {
		c.showPolicy(p)
		c.xml.some("Description", p.description)
	})
	return nil
}

// getPolicyVersion knows v1 only: nothing here makes a second version.
func getPolicyVersion(c *call) error {
	version, err := c.required("VersionId", 32)
	if err != nil {
		return err
	}
	p, err := namedPolicy(c, notFound)
	if err != nil {
		return err
	}
	if version != "v1" {
		return noSuchEntity("Policy " + p.arn + " version " + version + notAttachable)
	}
	c.xml.within("PolicyVersion", func() {
		c.xml.document("Document", p.document)
		c.xml.text("VersionId", version)
		c.xml.bool("IsDefaultVersion", true)
		c.xml.time("CreateDate", p.created)
	})
	return nil
}

func deletePolicy(c *call) error {
	p, err := namedPolicy(c, notFound)
	if err != nil {
		return err
	}
	if attachments, boundaries := c.account.uses(p.arn); attachments+boundaries > 0 {
		return deleteConflict("Cannot delete a policy attached to entities.")
	}
	delete(c.account.policies, p.arn)
	return nil
}

// attachRolePolicy is idempotent, as documented.
func attachRolePolicy(c *call) error {
	p, err := namedPolicy(c, notAttachable)
	if err != nil {
		return err
	}
	r, err := namedRole(c)
	if err != nil {
		return err
	}
	if !slices.Contains(r.attached, p.arn) {
		r.attached = append(r.attached, p.arn)
	}
	return nil
}

func detachRolePolicy(c *call) error {
	p, err := namedPolicy(c, notFound)
	if err != nil {
		return err
	}
	r, err := namedRole(c)
	if err != nil {
		return err
	}
	i := slices.Index(r.attached, p.arn)
	if i < 0 {
		return noSuchEntity("Policy " + p.arn + notFound)
	}
	r.attached = slices.Delete(r.attached, i, i+1)
	return nil
}

func listAttachedRolePolicies(c *call) error {
	r, err := namedRole(c)
	if err != nil {
		return err
	}
	prefix := c.form.get("PathPrefix")
	var attached []*policy
	for _, arn := range r.attached {
		if p := c.account.policies[arn]; p != nil && strings.HasPrefix(p.path, prefix) {
			attached = append(attached, p)
		}
	}
	return iamPage(c, "AttachedPolicies", attached, func(p *policy) {
		c.xml.within("member", func() {
			c.xml.text("PolicyName", p.name)
			c.xml.text("PolicyArn", p.arn)
		})
	})
}
