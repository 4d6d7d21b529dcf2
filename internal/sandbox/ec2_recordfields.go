package sandbox

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// tagFieldSpec names the keys of the tags that records of a flow log show, of one type of resource.
type tagFieldSpec struct {
	resource string
	keys     []string
}

// tagFields are the fields of records that show tags, by the type of what is tagged (VPC user guide, flow
// log records, version 11).
var tagFields = map[string][]string{
	"network-interface":  {"interface-tag", "interface-tag-2"},
	"instance":           {"instance-tag", "instance-tag-2"},
	"auto-scaling-group": {"asg-tag", "asg-tag-2"},
}

// tagFieldSpecsOf reads TagFieldSpecification.N and holds it to the format: each entry of a type of its
// own, with one or two keys, and a field for each key (API reference). How EC2 words these refusals is
// not known.
func tagFieldSpecsOf(c *call, format string) ([]tagFieldSpec, error) {
	var specs []tagFieldSpec
	shown := map[string]bool{}
	for i := 1; ; i++ {
		name := "TagFieldSpecification." + strconv.Itoa(i)
		s := tagFieldSpec{c.form.get(name + ".ResourceType"), c.form.list(name + ".TagKey")}
		if s.resource == "" && len(s.keys) == 0 {
			break
		}
		fields, known := tagFields[s.resource]
		if !known {
			return nil, invalidValue(s.resource, "resourceType")
		}
		if len(s.keys) == 0 || len(s.keys) > len(fields) {
			return nil, badRequest("InvalidParameter", "TagFieldSpecifications: 1 or 2 tag keys for "+s.resource+".")
		}
		if shown[fields[0]] {
			return nil, badRequest("InvalidParameter", "TagFieldSpecifications: "+s.resource+" occurs twice.")
		}
		for k := range s.keys {
			shown[fields[k]] = true
			if !strings.Contains(format, "${"+fields[k]+"}") {
				return nil, badRequest("InvalidParameter", "TagFieldSpecifications: the log format has no field "+fields[k]+".")
			}
		}
		specs = append(specs, s)
	}
	for _, fields := range tagFields {
		for _, field := range fields {
			if strings.Contains(format, "${"+field+"}") && !shown[field] {
				return nil, badRequest("InvalidParameter", "The field "+field+" needs a tag key in TagFieldSpecifications.")
			}
		}
	}
	return specs, nil
}

// dependent are the actions that EC2 asks of whoever makes a flow log with fields about containers, or
// about tags (service authorization reference, dependent actions of ec2:CreateFlowLogs).
func dependent(f *flowLog) []string {
	var actions []string
	if strings.Contains(f.format, "${ecs-") {
		actions = append(actions, "ecs:ListClusters", "ecs:ListContainerInstances", "ecs:ListServices", "ecs:ListTaskDefinitions", "ecs:ListTasks")
	}
	if len(f.tagFields) > 0 {
		actions = append(actions, "iam:CreateServiceLinkedRole")
	}
	for _, s := range f.tagFields {
		action := "ec2:DescribeTags"
		if s.resource == "auto-scaling-group" {
			action = "autoscaling:DescribeTags"
		}
		actions = append(actions, action)
	}
	return actions
}

// mayDepend refuses a flow log where a fault denies an action that it depends on.
func (c *call) mayDepend(f *flowLog) error {
	for _, action := range dependent(f) {
		service, operation, _ := strings.Cut(action, ":")
		i := slices.IndexFunc(c.server.faults, func(r *faultRule) bool {
			return r.Do == DoDeny && r.Service != "" && glob(r.Service, service) && glob(r.Operation, operation) &&
				glob(r.Region, c.region.name) && glob(r.Account, c.account.id)
		})
		if i >= 0 {
			return &apiError{http.StatusForbidden, "UnauthorizedOperation", "You are not authorized to perform this operation. User: " +
				c.principal + " is not authorized to perform: " + action + " on resource: * " + deniedBecause(c, action, c.server.faults[i].Wording)}
		}
	}
	return nil
}

// linkRole makes the service-linked role that fields about tags need, with the first flow log that has
// one. For as long as the knob says it is not there yet.
func (c *call) linkRole(f *flowLog) error {
	if len(f.tagFields) == 0 {
		return nil
	}
	if c.account.linked.IsZero() {
		c.account.linked = c.now
	}
	if c.now.Before(c.account.linked.Add(c.server.scenario.Writes.LinkedRole)) {
		return badRequest("IncorrectState", "FlowLogs Service Linked Role is not yet available")
	}
	return nil
}

func (w *xmlWriter) tagFields(specs []tagFieldSpec) {
	if len(specs) == 0 {
		return
	}
	w.open("tagFieldSpecificationSet")
	for _, s := range specs {
		w.open("item")
		w.text("resourceType", s.resource)
		w.open("tagKeySet")
		for _, k := range s.keys {
			w.text("item", k)
		}
		w.close("tagKeySet")
		w.close("item")
	}
	w.close("tagFieldSpecificationSet")
}
