package sandbox

import "strings"

// createTags sets tags on resources of the Region. As in EC2, one unknown id fails the
// whole call.
func createTags(c *call) error {
	ids, tags := c.form.list("ResourceId"), readTags(c, "Tag")
	if len(ids) == 0 {
		return missing("resourceIdSet")
	}
	if len(tags) == 0 {
		return missing("tagSet")
	}
	targets := make([]*[]tag, 0, len(ids))
	for _, id := range ids {
		t := c.region.tagsOf(id)
		if t == nil {
			return badRequest("InvalidID", "The ID '"+id+"' is not valid")
		}
		targets = append(targets, t)
	}
	for _, t := range tags {
		if strings.HasPrefix(t.Key, "aws:") {
			return badRequest("InvalidParameterValue", "Tag keys starting with 'aws:' are reserved for internal use")
		}
	}
	if err := dryRun(c); err != nil {
		return err
	}
	for _, t := range targets {
		*t = setTags(*t, tags)
	}
	return done(c)
}

// tagsOf finds the tags of a resource by its id, nil when there is none.
func (r *region) tagsOf(id string) *[]tag {
	if v, ok := r.vpcs.get(id); ok {
		return &v.tags
	}
	if s, ok := r.subnets.get(id); ok {
		return &s.tags
	}
	if e, ok := r.interfaces.get(id); ok {
		return &e.tags
	}
	if g, ok := r.gateways.get(id); ok {
		return &g.tags
	}
	if f, ok := r.flowLogs.get(id); ok {
		return &f.tags
	}
	return nil
}
