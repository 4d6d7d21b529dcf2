package sandbox

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// constraint is IAM's refusal of a value that its model does not allow.
func constraint(value, name, must string) *apiError {
	return badRequest("ValidationError", "1 validation error detected: Value '"+value+"' at '"+name+
		"' failed to satisfy constraint: "+must)
}

// required reads a parameter that has to be there, and has to be between 1 and
// longest characters long.
func (c *call) required(name string, longest int) (string, error) {
	field := strings.ToLower(name[:1]) + name[1:]
	v := c.form.get(name)
	switch {
	case !c.form.has(name):
		return "", badRequest("ValidationError", "1 validation error detected: Value null at '"+field+
			"' failed to satisfy constraint: Member must not be null")
	case v == "":
		return "", constraint(v, field, "Member must have length greater than or equal to 1")
	case utf8.RuneCountInString(v) > longest:
		return "", constraint(v, field, "Member must have length less than or equal to "+strconv.Itoa(longest))
	}
	return v, nil
}

// iamName reads the name of a role or policy.
func (c *call) iamName(parameter string, longest int) (string, error) {
	v, err := c.required(parameter, longest)
	if err != nil {
		return "", err
	}
	for i := range len(v) {
		if !isAlphanumeric(v[i]) && !strings.ContainsRune("+=,.@_-", rune(v[i])) {
			return "", badRequest("ValidationError", "The specified value for "+strings.ToLower(parameter[:1])+parameter[1:]+
				" is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-")
		}
	}
	return v, nil
}

func isAlphanumeric(b byte) bool {
	return b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z'
}

// iamPath reads the path of a role or policy, "/" when there is none.
func (c *call) iamPath() (string, error) {
	v := c.form.get("Path")
	if !c.form.has("Path") || v == "/" {
		return "/", nil
	}
	printable := !strings.ContainsFunc(v, func(r rune) bool { return r < '!' || r > '~' })
	if len(v) < 3 || len(v) > 512 || v[0] != '/' || v[len(v)-1] != '/' || !printable {
		return "", badRequest("ValidationError",
			"The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.")
	}
	return v, nil
}

// policyARN reads the ARN of a managed policy.
func (c *call) policyARN() (string, error) {
	v, err := c.required("PolicyArn", 2048)
	if err != nil {
		return "", err
	}
	if len(v) < 20 {
		return "", constraint(v, "policyArn", "Member must have length greater than or equal to 20")
	}
	if !strings.HasPrefix(v, "arn:") || strings.Count(v, ":") < 5 {
		return "", badRequest("InvalidInput", "ARN "+v+" is not valid.")
	}
	return v, nil
}

// documentText reads a policy document and refuses characters that IAM does not take.
// Length is counted later, against a quota.
func (c *call) documentText(parameter string) (string, error) {
	v, err := c.required(parameter, 131072)
	if err != nil {
		return "", err
	}
	for _, r := range v {
		if r != '\t' && r != '\n' && r != '\r' && (r < ' ' || r > 0xFF) {
			return "", badRequest("ValidationError", "The specified value for "+strings.ToLower(parameter[:1])+parameter[1:]+
				" is invalid. It must contain only printable ASCII characters.")
		}
	}
	return v, nil
}

// iamTagsOf reads the tags of a new role or policy. IAM does not tell keys apart
// by case.
func (c *call) iamTagsOf() ([]tag, error) {
	var tags []tag
	c.form.each("Tags", "Key", func(prefix string) {
		tags = append(tags, tag{c.form.get(prefix + "Key"), c.form.get(prefix + "Value")})
	})
	if len(tags) > 50 {
		return nil, badRequest("ValidationError", "1 validation error detected: Value at 'tags' failed to satisfy constraint: "+
			"Member must have length less than or equal to 50")
	}
	for i, t := range tags {
		switch n := utf8.RuneCountInString(t.Key); {
		case n == 0 || n > 128:
			return nil, constraint(t.Key, "tags."+strconv.Itoa(i+1)+".member.key", "Member must have length between 1 and 128")
		case utf8.RuneCountInString(t.Value) > 256:
			return nil, constraint(t.Value, "tags."+strconv.Itoa(i+1)+".member.value", "Member must have length less than or equal to 256")
		case slices.ContainsFunc(tags[:i], func(o tag) bool { return strings.EqualFold(o.Key, t.Key) }):
			return nil, badRequest("InvalidInput", "Duplicate tag keys found. Please note that Tag keys are case insensitive.")
		}
	}
	return tags, nil
}

// sessionLength reads MaxSessionDuration, an hour when there is none.
func (c *call) sessionLength() (int, error) {
	n, there, err := c.form.int("MaxSessionDuration")
	v := c.form.get("MaxSessionDuration")
	switch {
	case err != nil:
		return 0, badRequest("ValidationError", "Value at 'maxSessionDuration' is not an integer")
	case !there:
		return 3600, nil
	case n < 3600:
		return 0, constraint(v, "maxSessionDuration", "Member must have value greater than or equal to 3600")
	case n > 43200:
		return 0, constraint(v, "maxSessionDuration", "Member must have value less than or equal to 43200")
	}
	return n, nil
}
