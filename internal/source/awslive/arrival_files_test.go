package awslive_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"flowproof/internal/inventory"
	"flowproof/internal/source/awslive"
)

// idle are flow logs without interfaces, which the embedded AWS writes no files for.
const idle = `
accounts:
  - id: "123456789012"
    default_vpcs: false
    buckets: [{name: flows, region: eu-west-1}]
    regions:
      eu-west-1:
        vpcs:
          - {id: vpc-0000000000000000a, flow_logs: [{id: fl-0000000000000000a, bucket: flows}]}
          - {id: vpc-0000000000000000b, flow_logs: [{id: fl-0000000000000000b, bucket: flows}]}
`

// placedFile is a file of flow log a, or of the one that it names, so many minutes old.
type placedFile struct {
	log     string
	minutes int
	suffix  string
	content string
}

const (
	okLine     = "2 123456789012 eni-1 10.0.0.5 10.0.1.7 443 49152 6 10 840 1700000000 1700000060 ACCEPT OK\n"
	noDataLine = "2 123456789012 eni-1 - - - - - - - 1700000060 1700000120 - NODATA\n"
	headerLine = "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status\n"
)

func packed(t *testing.T, text string) string {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// readFiles puts files into the bucket and reads their records.
func readFiles(t *testing.T, files []placedFile) inventory.Inventory {
	t.Helper()
	_, url := serve(t, idle)
	for _, f := range files {
		at := time.Now().UTC().Add(-time.Duration(f.minutes) * time.Minute)
		log := "fl-0000000000000000a"
		if f.log != "" {
			log = f.log
		}
		key := fmt.Sprintf("AWSLogs/123456789012/vpcflowlogs/eu-west-1/%s/123456789012_vpcflowlogs_eu-west-1_%s_%s_a%s",
			at.Format("2006/01/02"), log, at.Format("20060102T1504Z"), f.suffix)
		put(t, url+"/flows/"+key, f.content)
	}
	return arrivalsAt(t, url, "eu-west-1", 0, awslive.Options{}, inventory.Records)
}

func put(t *testing.T, url, content string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, url, strings.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=TEST/20260101/eu-west-1/s3/aws4_request, SignedHeaders=host, Signature=0")
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("put %s: %s", url, answer.Status)
	}
}

// TestFilesProveByTheRecordsInThem: what a file is called proves nothing once it was read and holds none.
func TestFilesProveByTheRecordsInThem(t *testing.T) {
	t.Parallel()
	const mib = 1 << 20
	tests := []struct {
		name  string
		files []placedFile
		want  inventory.Sample // but for the extent
		// what is proven, and what is said of the rest
		arrives bool
		blind   string
		extent  string
	}{
		{"a record", []placedFile{{minutes: 10, suffix: ".log.gz", content: packed(t, headerLine+okLine)}},
			inventory.Sample{OK: 1, Files: 1}, true, "", ""},
		{"plain text", []placedFile{{minutes: 10, suffix: ".log", content: headerLine + okLine + noDataLine}},
			inventory.Sample{OK: 1, NoData: 1, Files: 1}, true, "", ""},
		{"no bytes", []placedFile{{minutes: 10, suffix: ".log.gz"}}, inventory.Sample{Empty: 1}, false, "", ""},
		{"a header alone", []placedFile{{minutes: 10, suffix: ".log.gz", content: packed(t, headerLine)}},
			inventory.Sample{Files: 1, Empty: 1}, false, "", ""},
		{"malformed lines alone", []placedFile{{minutes: 10, suffix: ".log.gz", content: packed(t, "<html>\nsign in\n")}},
			inventory.Sample{Files: 1, Empty: 1, Malformed: 2}, false, "", ""},
		{"older ones hold some", []placedFile{
			{minutes: 10, suffix: ".log.gz"},
			{minutes: 20, suffix: ".log.gz", content: packed(t, headerLine)},
			{minutes: 30, suffix: ".log.gz", content: packed(t, headerLine+okLine)},
			{minutes: 40, suffix: ".log.gz", content: "not read"},
		}, inventory.Sample{OK: 1, Files: 2, Empty: 2}, true, "", ""},
		{"one that is being copied beside", []placedFile{
			{minutes: 10, suffix: ".log.gz.tmp", content: "half"},
			{minutes: 20, suffix: ".log.gz", content: packed(t, okLine)},
		}, inventory.Sample{OK: 1, Files: 1}, true, "", ""},
		{"many empty ones", []placedFile{
			{minutes: 10, suffix: ".log", content: headerLine}, {minutes: 11, suffix: ".log", content: headerLine},
			{minutes: 12, suffix: ".log", content: headerLine}, {minutes: 13, suffix: ".log", content: headerLine},
			{minutes: 14, suffix: ".log", content: headerLine}, {minutes: 15, suffix: ".log", content: okLine},
		}, inventory.Sample{Files: 5, Empty: 5}, false, "its newest 5 files in flows were read and hold no record; older ones were not read", ""},
		{"more text than is read", []placedFile{{minutes: 10, suffix: ".log", content: strings.Repeat(okLine, 2*mib/len(okLine))}},
			inventory.Sample{OK: mib / len(okLine), Files: 1, Partial: true}, true, "", "the first 1024 KiB of the 2047 of AWSLogs/"},
		{"more text than is unpacked", []placedFile{{minutes: 10, suffix: ".log.gz", content: packed(t, strings.Repeat(noDataLine, 20*mib/len(noDataLine)))}},
			inventory.Sample{NoData: 16 * mib / len(noDataLine), Files: 1, Partial: true}, true, "", "the first 16384 KiB that AWSLogs/"},
		{"more than is read, and no record in it", []placedFile{{minutes: 10, suffix: ".log", content: strings.Repeat("\n", 2*mib)}},
			inventory.Sample{Files: 1, Partial: true}, false, "what was read of its newest file holds no record: the first 1024 KiB", "the first 1024 KiB of the 2048 of"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			inv := readFiles(t, tt.files)
			log := inv.LogsOn("vpc-0000000000000000a")[0]
			if len(inv.Gaps) > 0 {
				t.Errorf("gaps %v", inv.Gaps)
			}
			if got := len(inv.ArrivalsOf(log)) > 0; got != tt.arrives {
				t.Errorf("arrivals %v", inv.ArrivalsOf(log))
			}
			if k := inv.LookAt(log); k == nil || !strings.HasPrefix(k.Blind, tt.blind) || tt.blind == "" && k.Blind != "" {
				t.Errorf("looked %+v", k)
			}
			sample := inv.SampleOf(log)
			if sample == nil {
				t.Fatal("nothing is said of what was read")
			}
			if !strings.HasPrefix(sample.Extent, tt.extent) || tt.extent == "" && sample.Extent != "" {
				t.Errorf("extent %q", sample.Extent)
			}
			tt.want.FlowLog, tt.want.Extent = log.ID, sample.Extent
			if diff := cmp.Diff(&tt.want, sample); diff != "" {
				t.Errorf("sample (-want +got):\n%s", diff)
			}
		})
	}
}

// TestAFileThatCannotBeReadIsAGapOfItsFlowLog, and names its key: two of them are two gaps.
func TestAFileThatCannotBeReadIsAGapOfItsFlowLog(t *testing.T) {
	t.Parallel()
	broken := packed(t, strings.Repeat(okLine, 9))[:40]
	inv := readFiles(t, []placedFile{
		{minutes: 10, suffix: ".log.gz", content: broken},
		{log: "fl-0000000000000000b", minutes: 10, suffix: ".log.parquet", content: "PAR1"},
	})
	about := map[string]string{}
	for _, g := range inv.Gaps {
		about[g.Resource] = string(g.Cause)
		if !strings.HasPrefix(g.Message, g.Resource+", AWSLogs/123456789012/vpcflowlogs/eu-west-1/") || !strings.Contains(g.Message, "_"+g.Resource+"_") {
			t.Errorf("%q does not name its flow log and key", g.Message)
		}
	}
	want := map[string]string{"fl-0000000000000000a": "incomplete", "fl-0000000000000000b": "incomplete"}
	if diff := cmp.Diff(want, about); diff != "" || len(inv.Gaps) != 2 {
		t.Errorf("gaps %v (-want +got):\n%s", inv.Gaps, diff)
	}
	if len(inv.Arrivals) != 2 {
		t.Errorf("arrivals %v: what could not be read still lies there", inv.Arrivals)
	}
}
