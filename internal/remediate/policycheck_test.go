package remediate

import (
	"fmt"
	"strings"
	"testing"
)

func TestAPolicyThatAWSWouldRefuseIsRefusedFirst(t *testing.T) {
	t.Parallel()
	s3 := func(p *Policy) { p.Destination, p.Bucket = ToS3, centralARN }
	firehose := func(p *Policy) {
		p.Destination, p.Stream = ToFirehose, "arn:aws:firehose:eu-west-1:123456789012:deliverystream/s"
	}
	for name, test := range map[string]struct {
		change func(*Policy)
		want   string // part of the error; empty for none
	}{
		"the default":                  {func(*Policy) {}, ""},
		"a pattern":                    {func(p *Policy) { p.LogGroup = "/flowproof/{account}/{region}/{vpc}" }, ""},
		"a bucket":                     {s3, ""},
		"a stream":                     {firehose, ""},
		"a preset":                     {func(p *Policy) { p.LogFormat = "v5" }, ""},
		"another destination":          {func(p *Policy) { p.Destination = "disk" }, "want cloudwatch-logs, s3 or firehose"},
		"no group":                     {func(p *Policy) { p.LogGroup = "" }, "give a name"},
		"a group of AWS's own":         {func(p *Policy) { p.LogGroup = "aws/vpc" }, "AWS's own"},
		"a group with a space":         {func(p *Policy) { p.LogGroup = "my logs" }, "up to 512"},
		"a group with another pattern": {func(p *Policy) { p.LogGroup = "/f/{subnet}" }, "may stand in it"},
		"a role's ARN":                 {func(p *Policy) { p.DeliveryRole = "arn:aws:iam::123456789012:role/r" }, "not its ARN"},
		"a retention that is no step":  {func(p *Policy) { p.RetentionDays = 366 }, "takes only 1, 3, 5"},
		"a key's id":                   {func(p *Policy) { p.KMSKey = "1234abcd" }, "ARN of a key"},
		"a bucket's name":              {func(p *Policy) { s3(p); p.Bucket = "central" }, "ARN of an existing bucket"},
		"a prefix in the bucket":       {func(p *Policy) { s3(p); p.Bucket += "/logs" }, "a prefix has a flag of its own"},
		"a reserved prefix":            {func(p *Policy) { s3(p); p.Prefix = "a/AWSLogs/b" }, "reserved"},
		"a prefix with a quote":        {func(p *Policy) { s3(p); p.Prefix = `a"b` }, "a prefix has letters"},
		"another file format":          {func(p *Policy) { s3(p); p.FileFormat = "orc" }, "plain-text or parquet"},
		"a stream's name":              {func(p *Policy) { firehose(p); p.Stream = "s" }, "ARN of an existing stream"},
		"one role of two":              {func(p *Policy) { firehose(p); p.SourceRole = "arn:aws:iam::123456789012:role/r" }, "takes two roles"},
		"a role that is none":          {func(p *Policy) { firehose(p); p.SourceRole, p.CrossAccountRole = "r", "r" }, "ARN of a role"},
		"other traffic":                {func(p *Policy) { p.Traffic = "all" }, "ALL, REJECT or ACCEPT"},
		"another interval":             {func(p *Policy) { p.Interval = 300 }, "60 or 600"},
		"less than nothing":            {func(p *Policy) { p.GBPerVPC = -1 }, "0 to 1,000,000"},
		"a tag of AWS's":               {func(p *Policy) { p.Tags = map[string]string{"AWS:x": ""} }, "belong to AWS"},
		"a tag of ours":                {func(p *Policy) { p.Tags = map[string]string{"flowproof:plan": "x"} }, "belong to AWS"},
		"a tag of the telemetry rules": {func(p *Policy) { p.Tags = map[string]string{telemetryTag: "true"} }, "belong to AWS"},
		"a tag with a control":         {func(p *Policy) { p.Tags = map[string]string{"a": "\x1b[31m"} }, "letters, digits"},
		"too many tags": {func(p *Policy) {
			p.Tags = map[string]string{}
			for i := range 49 {
				p.Tags[fmt.Sprint(i)] = ""
			}
		}, "no more than 48"},
		"a malformed glob":       {func(p *Policy) { p.Resources = []string{"vpc-["} }, "resource pattern"},
		"a field in other words": {func(p *Policy) { p.LogFormat = "${srcadr}" }, `the nearest is "srcaddr"`},
		"a field twice":          {func(p *Policy) { p.LogFormat = "${srcaddr} ${srcaddr}" }, "twice"},
		"fields too far apart":   {func(p *Policy) { p.LogFormat = "${srcaddr}  ${dstaddr}" }, "one space"},
		"a word that is none":    {func(p *Policy) { p.LogFormat = "srcaddr" }, "neither the name of a format"},
		"a very long format":     {func(p *Policy) { p.LogFormat = strings.Repeat("${srcaddr} ", 1000) }, "longer than"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := DefaultPolicy()
			test.change(&p)
			err := p.Check()
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

func TestAPlanStaysInOnePartition(t *testing.T) {
	t.Parallel()
	policy := toCentral()
	if _, err := Build(judged(policy, readScope("cn-north-1", "vpc-a"))); err == nil || !strings.Contains(err.Error(), "partition aws") {
		t.Errorf("a bucket of another partition: %v", err)
	}
	if _, err := Build(judged(DefaultPolicy(), readScope("cn-north-1"), readScope("eu-west-1"))); err == nil || !strings.Contains(err.Error(), "make a plan for each") {
		t.Errorf("two partitions: %v", err)
	}
	if _, err := Build(judged(DefaultPolicy(), readScope("eu-west-1"), readScope("eu-west-1"))); err == nil {
		t.Error("one scope twice was taken")
	}
	if _, err := Build(Input{Policy: DefaultPolicy()}); err == nil {
		t.Error("a plan was made of nothing")
	}
}

func TestPresetsGrowByVersion(t *testing.T) {
	t.Parallel()
	last := 0
	tags := map[string][]string{"instance": {"Name", "team"}, "network-interface": {"Name", "team"}, "auto-scaling-group": {"Name", "team"}}
	want := map[string]int{"v3": 21, "v4": 25, "v5": 29, "v8": 40, "v10": 42, "v11": 54}
	for _, name := range presetFormats {
		p := Policy{LogFormat: name}
		if name == "v11" {
			p.TagFields = tags
		}
		format, err := p.logFormat()
		if err != nil {
			t.Fatal(err)
		}
		if err := checkFormat(format); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if n := len(strings.Fields(format)); n <= last || !strings.HasPrefix(format, "${version} ${account-id} ") {
			t.Errorf("%s has %d fields: %s", name, n, format)
		} else {
			last = n
		}
		if last != want[name] {
			t.Errorf("%s has %d fields, want %d", name, last, want[name])
		}
	}
}

// TestTagFieldsGoWithTheirKeys holds fields that show tags and the keys of these to each other.
func TestTagFieldsGoWithTheirKeys(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		format string
		keys   map[string][]string
		want   string // a part of the format, or after ! one of the error
	}{
		"all of version 11 but tags":        {"v11", nil, "${encryption-status} ${interface-type} ${next-hop-interface-id}"},
		"one key":                           {"v11", map[string][]string{"instance": {"Name"}}, "${encryption-status} ${instance-tag} ${interface-type}"},
		"two keys":                          {"v11", map[string][]string{"auto-scaling-group": {"a", "b"}}, "${asg-tag} ${asg-tag-2} ${interface-type}"},
		"a field of one's own":              {"${version} ${interface-tag}", map[string][]string{"network-interface": {"Name"}}, "${version} ${interface-tag}"},
		"a field without a key":             {"${version} ${interface-tag}", nil, "!--tag-field network-interface=KEY"},
		"a second field without its key":    {"${instance-tag} ${instance-tag-2}", map[string][]string{"instance": {"Name"}}, `!"instance-tag-2" shows a tag`},
		"a key without a field":             {"${version}", map[string][]string{"instance": {"Name"}}, "!has no field \"instance-tag\""},
		"a second key without a field":      {"${instance-tag}", map[string][]string{"instance": {"a", "b"}}, "!has no field \"instance-tag-2\""},
		"a key with the default format":     {"default", map[string][]string{"instance": {"Name"}}, "!has no field"},
		"a key with an older version":       {"v10", map[string][]string{"instance": {"Name"}}, "!has no field"},
		"tags of something else":            {"v11", map[string][]string{"subnet": {"Name"}}, "!records show tags of auto-scaling-group, instance, network-interface"},
		"more keys than there are fields":   {"v11", map[string][]string{"instance": {"a", "b", "c"}}, "!3 keys are given"},
		"one key twice":                     {"v11", map[string][]string{"instance": {"a", "a"}}, "!given twice"},
		"an empty key":                      {"v11", map[string][]string{"instance": {""}}, "!1 to 128 characters"},
		"a key that is longer than AWS has": {"v11", map[string][]string{"instance": {strings.Repeat("k", 129)}}, "!1 to 128 characters"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := Policy{LogFormat: test.format, TagFields: test.keys}.logFormat()
			if refusal, refused := strings.CutPrefix(test.want, "!"); refused {
				if err == nil || !strings.Contains(err.Error(), refusal) {
					t.Errorf("%q, %v; want an error with %q", got, err, refusal)
				}
				return
			}
			if err != nil || !strings.Contains(got, test.want) {
				t.Errorf("%q, %v; want %q", got, err, test.want)
			}
		})
	}
}

func FuzzLogFormat(f *testing.F) {
	for _, seed := range []string{"default", "v5", "${srcaddr} ${dstaddr}", "${}", "${srcaddr}${dstaddr}", " ", "${SRCADDR}"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, format string) {
		got, err := Policy{LogFormat: format}.logFormat()
		if err != nil || got == "" {
			return
		}
		for word := range strings.SplitSeq(got, " ") {
			if !formatField.MatchString(word) {
				t.Errorf("%q was taken, and has %q", format, word)
			}
		}
	})
}
