package sandbox

import (
	"slices"
	"strconv"
	"strings"
)

// updateAssumeRolePolicy replaces a role's trust policy.
func updateAssumeRolePolicy(c *call) error {
	r, err := namedRole(c)
	if err != nil {
		return err
	}
	text, err := c.documentText("PolicyDocument")
	if err != nil {
		return err
	}
	if err := checkTrust(text); err != nil {
		return err
	}
	if documentSize(text) > maxTrustSize {
		return overQuota("Cannot exceed quota for ACLSizePerRole: " + strconv.Itoa(maxTrustSize))
	}
	r.trust, r.changed = text, c.now
	return nil
}

func tagRole(c *call) error {
	r, err := namedRole(c)
	if err != nil {
		return err
	}
	tags, err := c.iamTagsOf()
	if err != nil {
		return err
	}
	r.tags = setTags(r.tags, tags)
	return nil
}

func untagRole(c *call) error {
	r, err := namedRole(c)
	if err != nil {
		return err
	}
	gone := c.form.list("TagKeys")
	r.tags = slices.DeleteFunc(slices.Clone(r.tags), func(t tag) bool {
		return slices.ContainsFunc(gone, func(key string) bool { return strings.EqualFold(key, t.Key) })
	})
	return nil
}

// listRoleTags gives an empty list where there are none, unlike the answers about the role.
func listRoleTags(c *call) error {
	r, err := namedRole(c)
	if err != nil {
		return err
	}
	return iamPage(c, "Tags", r.tags, func(t tag) {
		c.xml.within("member", func() {
			c.xml.text("Key", t.Key)
			c.xml.text("Value", t.Value)
		})
	})
}
