package sandbox

import (
	"encoding/xml"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func FuzzParseScenario(f *testing.F) {
	f.Add([]byte(`accounts: [{id: "123456789012", regions: {eu-west-1: {vpcs: [{count: 3, interfaces: 2, flow_logs: [{group: g, on: interfaces}]}]}}}]`))
	f.Add([]byte(`accounts: [{id: "123456789012", regions: {eu-west-1: {vpcs: [{id: vpc-1, cidr: 10.0.0.0/28, subnets: 1}, {default: true}]}}}]`))
	f.Add([]byte("faults: [{do: cut, page: 2, first: 1}]\nlatency: 3ms"))
	f.Add([]byte("seed: &a [*a]"))
	f.Add(demoYAML)
	f.Fuzz(func(t *testing.T, data []byte) {
		sc, err := ParseScenario(data)
		if err != nil {
			return
		}
		sc.Latency, sc.Faults = 0, nil
		s, err := New(sc)
		if err != nil {
			t.Fatalf("a scenario that was read cannot be built: %v", err)
		}
		for _, a := range sc.Accounts {
			for region := range a.Regions {
				for _, op := range []string{"DescribeVpcs", "DescribeSubnets", "DescribeNetworkInterfaces", "DescribeFlowLogs"} {
					checkAnswer(t, s, region, op)
				}
			}
		}
	})
}

// checkAnswer reads one answer of EC2 as XML. A Region that is not enabled may refuse.
func checkAnswer(t *testing.T, s *Server, region, query string) {
	t.Helper()
	checkQuery(t, s, "ec2", region, "Action="+query+"&Version=2016-11-15")
}

// checkQuery reads one answer of a query protocol as XML.
func checkQuery(t *testing.T, s *Server, service, region, query string) {
	t.Helper()
	var w kept
	s.ServeHTTP(&w, signed(service, region, query))
	if w.status == http.StatusInternalServerError {
		t.Errorf("%s: %s", query, w.body.String())
	}
	d := xml.NewDecoder(strings.NewReader(w.body.String()))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatalf("%s answers with XML that cannot be read: %v\n%s", query, err, w.body.String())
		}
	}
}

// kept is a response writer that keeps the body.
type kept struct {
	discard
	body strings.Builder
}

func (k *kept) Write(b []byte) (int, error) { return k.body.Write(b) }

func FuzzQueryCall(f *testing.F) {
	sc, err := ParseScenario([]byte(`accounts: [{id: "123456789012", regions: {eu-west-1: {vpcs: [{id: vpc-1, interfaces: 2, flow_logs: [{id: fl-1, group: g}]}]}}}]`))
	if err != nil {
		f.Fatal(err)
	}
	f.Add("DescribeVpcs&Filter.1.Name=tag%3Aenv&Filter.1.Value.1=a*&MaxResults=5")
	f.Add("DescribeFlowLogs&FlowLogId.1=fl-1&NextToken=e30")
	f.Add("CreateFlowLogs&ResourceId.1=vpc-1&ResourceType=VPC&TrafficType=ALL&LogGroupName=g&TagSpecification.1.ResourceType=vpc-flow-log")
	f.Add("CreateSubnet&VpcId=vpc-1&CidrBlock=10.0.0.0/24")
	f.Add("CreateTags&ResourceId.1=vpc-1&Tag.1.Key=%1b&Tag.1.Value=%ff%3C")
	f.Add("DeleteFlowLogs&FlowLogId.1=fl-1&FlowLogId.999999999=x")
	f.Fuzz(func(t *testing.T, query string) {
		s, err := New(sc)
		if err != nil {
			t.Fatal(err)
		}
		checkAnswer(t, s, "eu-west-1", query)
		checkAnswer(t, s, "eu-west-1", "DescribeVpcs") // still well after it
	})
}

func FuzzParseForm(f *testing.F) {
	f.Add("Action=DescribeVpcs&Filter.1.Name=a&Filter.1.Value.1=b+c&Filter.1.Value.1=again")
	f.Add("&&=&%zz=1&a=%zz&b;c")
	f.Fuzz(func(t *testing.T, query string) {
		got := parseForm(query)
		// Where the standard library reads all of it, both agree on the first of each value.
		values, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		delete(values, "")
		want := make(form)
		for _, k := range slices.Collect(maps.Keys(values)) {
			want[k] = values.Get(k)
		}
		if !maps.Equal(want, got) {
			t.Errorf("parseForm(%q) = %q, want %q", query, got, want)
		}
	})
}

func FuzzEscape(f *testing.F) {
	for _, s := range []string{"plain", "<a & b>", "\x1b[31m \u009b31m \u202e", "\xff\xfe", "line\r\nline\ttab", "]]>", "\uffff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var w xmlWriter
		w.text("v", s)
		var got string
		if err := xml.Unmarshal(w.buf, &got); err != nil {
			t.Fatalf("%q: %v", w.buf, err)
		}
		var want strings.Builder
		for _, r := range s {
			if r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF {
				r = utf8.RuneError
			}
			want.WriteRune(r)
		}
		if got != want.String() {
			t.Errorf("%q came back as %q", s, got)
		}
	})
}

func TestFormLists(t *testing.T) {
	t.Parallel()
	f := parseForm("Id.1=a&Id.2=b&Id.4=d&Tag.member.1.Key=k&Tag.member.2.Key=l&Tag.member.2.Value=v", "Id.1=late")
	if got := f.list("Id"); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("list: %q", got)
	}
	var prefixes []string
	f.each("Tag", "Key", func(p string) { prefixes = append(prefixes, p) })
	if !slices.Equal(prefixes, []string{"Tag.member.1.", "Tag.member.2."}) {
		t.Errorf("each: %q", prefixes)
	}
}

func TestTableKeepsOrderAndSequence(t *testing.T) {
	t.Parallel()
	var tab table[int]
	for i, id := range []string{"a", "b", "c", "d"} {
		tab.add(id, i)
	}
	if !tab.remove("b") || tab.remove("b") {
		t.Error("b was not removed exactly once")
	}
	tab.add("b", 9)
	var got []string
	for _, r := range tab.after(1) {
		got = append(got, r.id)
	}
	if !slices.Equal(got, []string{"c", "d", "b"}) {
		t.Errorf("after the first: %q", got)
	}
}
