package sandbox

import (
	"slices"
	"strings"
)

// describeRegions lists the enabled Regions, or all of them when AllRegions is set.
// Region names that are asked for by name are given whatever their status.
func describeRegions(c *call) error {
	want, err := filters(c)
	if err != nil {
		return err
	}
	names := c.form.list("RegionName")
	for _, n := range names {
		if c.account.optInStatus(n) == "" {
			return badRequest("InvalidParameterValue", "Invalid region: ["+strings.Join(names, ", ")+"]") // observed
		}
	}
	if err := dryRun(c); err != nil {
		return err
	}
	c.xml.open("regionInfo")
	for _, n := range regionNames() {
		status := c.account.optInStatus(n)
		if len(names) > 0 && !slices.Contains(names, n) || len(names) == 0 && status == statusNotOptedIn && !c.form.bool("AllRegions") {
			continue
		}
		ok, err := regionPasses(n, status, want)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		c.xml.open("item")
		c.xml.text("regionName", n)
		c.xml.text("regionEndpoint", regionEndpoint(n))
		c.xml.text("optInStatus", status)
		c.xml.close("item")
	}
	c.xml.close("regionInfo")
	return nil
}

func regionEndpoint(name string) string { return "ec2." + name + ".amazonaws.com" }

func regionPasses(name, status string, want []filter) (bool, error) {
	for _, f := range want {
		value := ""
		switch f.name {
		case "region-name":
			value = name
		case "opt-in-status":
			value = status
		case "endpoint":
			value = regionEndpoint(name)
		default:
			return false, badRequest("InvalidParameterValue", "The filter '"+f.name+"' is invalid")
		}
		if !f.match(value) {
			return false, nil
		}
	}
	return true, nil
}
