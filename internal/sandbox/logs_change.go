package sandbox

import (
	"slices"
	"strings"
)

// keyInBody reads the group and key of a call about encryption.
func (c *call) keyInBody() (*logGroup, string, error) {
	var in struct {
		Key string `json:"kmsKeyId"`
	}
	if err := c.decode(&in); err != nil {
		return nil, "", err
	}
	g, err := c.groupInBody()
	return g, in.Key, err
}

// associateKMSKey sets the key of what comes from now on. The key is not looked at: there is no
// KMS here.
func associateKMSKey(c *call) error {
	g, key, err := c.keyInBody()
	if err != nil {
		return err
	}
	if !strings.HasPrefix(key, "arn:") {
		return invalidParameter("The specified KMS Key Id is not a valid ARN.")
	}
	g.kmsKey = key
	return nil
}

func disassociateKMSKey(c *call) error {
	g, _, err := c.keyInBody()
	if err != nil {
		return err
	}
	g.kmsKey = ""
	return nil
}

// taggedGroup finds the group of a call that names it by ARN, without the ":*" at its end.
func (c *call) taggedGroup(arn string) (*logGroup, error) {
	if !strings.HasPrefix(arn, "arn:") || strings.HasSuffix(arn, ":*") {
		return nil, violation(arn, "resourceArn", `Member must satisfy regular expression pattern: [\w+=/:,.@-]*`)
	}
	name, ours := strings.CutPrefix(arn, (&logGroup{}).arnIn(c.account, c.region.name))
	g := c.region.logGroups[name]
	if !ours || g == nil {
		return nil, badRequest("ResourceNotFoundException", "The specified resource does not exist.")
	}
	return g, nil
}

func tagLogGroup(c *call) error {
	var in struct {
		ARN  string            `json:"resourceArn"`
		Tags map[string]string `json:"tags"`
	}
	if err := c.decode(&in); err != nil {
		return err
	}
	g, err := c.taggedGroup(in.ARN)
	if err != nil {
		return err
	}
	g.tags = setTags(g.tags, seedTags(in.Tags))
	return nil
}

func untagLogGroup(c *call) error {
	var in struct {
		ARN  string   `json:"resourceArn"`
		Keys []string `json:"tagKeys"`
	}
	if err := c.decode(&in); err != nil {
		return err
	}
	g, err := c.taggedGroup(in.ARN)
	if err != nil {
		return err
	}
	g.tags = slices.DeleteFunc(slices.Clone(g.tags), func(t tag) bool { return slices.Contains(in.Keys, t.Key) })
	return nil
}
