package awscall_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"flowproof/internal/awscall"
)

// endless are answers that begin well and never end, as what comes first and what comes again.
var endless = []struct{ name, call, begin, again string }{
	{"a text", "ec2:DescribeFlowLogs", "<DescribeFlowLogsResponse><flowLogSet><item><flowLogId>", "fl-"},
	{"a text that nobody reads", "ec2:DescribeFlowLogs", "<DescribeFlowLogsResponse><x>", "fl-"},
	{"space", "ec2:DescribeFlowLogs", "<DescribeFlowLogsResponse><flowLogSet>", "    "},
	{"a comment", "ec2:DescribeFlowLogs", "<DescribeFlowLogsResponse><!--", "- -"},
	{"flow logs", "ec2:DescribeFlowLogs", "<DescribeFlowLogsResponse><flowLogSet>", "<item><flowLogId>fl-0123456789abcdef0</flowLogId><resourceId>vpc-1</resourceId></item>"},
	{"empty flow logs", "ec2:DescribeFlowLogs", "<DescribeFlowLogsResponse><flowLogSet>", "<item/>"},
	{"lists", "ec2:DescribeFlowLogs", "<DescribeFlowLogsResponse>", "<flowLogSet></flowLogSet>"},
	{"tags of a flow log", "ec2:DescribeFlowLogs", "<DescribeFlowLogsResponse><flowLogSet><item><tagSet>", "<item/>"},
	{"elements in elements", "ec2:DescribeFlowLogs", "<DescribeFlowLogsResponse>", "<a>"},
	{"attributes", "ec2:DescribeFlowLogs", "<DescribeFlowLogsResponse><flowLogSet ", "a='' "},
	{"names of policies", "iam:ListRolePolicies", "<ListRolePoliciesResponse><ListRolePoliciesResult><PolicyNames>", "<member/>"},
	{"metadata", "iam:PutRolePolicy", "<PutRolePolicyResponse><ResponseMetadata>", "<RequestId/>"},
	{"objects", "s3:ListObjectsV2", "<ListBucketResult>", "<Contents/>"},
	{"a bucket's policy", "s3:GetBucketPolicy", `{"Statement":"`, "x"},
	{"what S3 says of a write", "s3:PutBucketPolicy", "", "x"},
	{"log groups", "logs:DescribeLogGroups", `{"logGroups":[`, "{},"},
	{"a name of a log group", "logs:DescribeLogGroups", `{"logGroups":[{"logGroupName":"`, "x"},
	{"arrays in arrays", "logs:DescribeLogGroups", `{"logGroups":`, "["},
	{"space for a write", "logs:PutRetentionPolicy", "", " "},
}

// withoutEnd writes until the client has gone.
func withoutEnd(w io.Writer, begin, again string) {
	_, err := io.WriteString(w, begin)
	for piece := bytes.Repeat([]byte(again), 1+8192/len(again)); err == nil; {
		_, err = w.Write(piece)
	}
}

// TestAnAnswerWithoutEndCostsLittle looks at all that was allocated from an answer's beginning until
// it was refused, whether it was freed or not.
func TestAnAnswerWithoutEndCostsLittle(t *testing.T) { // not parallel: it measures the process
	const most = 256 << 20
	for i, e := range endless {
		ways := []string{"plain", "packed", "error"}
		if i%4 != 0 {
			ways = ways[:1] // the ways differ in nothing that depends on what is sent
		}
		for _, way := range ways {
			cfg := answering(t, func(w http.ResponseWriter, _ *http.Request) {
				out := io.Writer(w)
				switch way {
				case "packed":
					w.Header().Set("Content-Encoding", "gzip")
					out = gzip.NewWriter(w)
				case "error":
					w.WriteHeader(http.StatusBadRequest)
				}
				withoutEnd(out, e.begin, e.again)
			})
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			err := makeCall(t.Context(), t, cfg, e.call)
			runtime.ReadMemStats(&after)
			var no *awscall.NoAnswerError
			if !errors.As(err, &no) {
				t.Errorf("%s, %s: error %v, want that it is no answer", e.name, way, err)
			}
			if cost := after.TotalAlloc - before.TotalAlloc; cost > most {
				t.Errorf("%s, %s: %d MiB were allocated", e.name, way, cost>>20)
			}
		}
	}
}

// TestWhatFollowsAnAnswerIsNotReadForEver: the SDK reads to the end what it has no use for.
func TestWhatFollowsAnAnswerIsNotReadForEver(t *testing.T) {
	t.Parallel()
	for _, again := range []string{" ", "<x/>"} {
		cfg := answering(t, func(w http.ResponseWriter, _ *http.Request) {
			withoutEnd(w, "<DescribeFlowLogsResponse><flowLogSet/></DescribeFlowLogsResponse>", again)
		})
		if _, err := ec2.NewFromConfig(cfg).DescribeFlowLogs(t.Context(), nil); err != nil {
			t.Error(err)
		}
	}
}

// TestTheLongestPagePasses: flow logs with as many tags as AWS allows, each as long as it allows (EC2
// user guide, tag restrictions: 50 tags, keys of 128 and values of 256 characters).
func TestTheLongestPagePasses(t *testing.T) {
	t.Parallel()
	cfg := answering(t, func(w http.ResponseWriter, _ *http.Request) {
		key, value := strings.Repeat("k", 124), strings.Repeat("v", 256)
		_, _ = io.WriteString(w, "<?xml version=\"1.0\"?>\n<DescribeFlowLogsResponse>\n    <flowLogSet>\n")
		for i := range 1000 {
			_, _ = fmt.Fprintf(w, "        <item>\n            <flowLogId>fl-%017d</flowLogId>\n            <tagSet>\n", i)
			for n := range 50 {
				_, _ = fmt.Fprintf(w, "                <item>\n                    <key>%s%04d</key>\n                    <value>%s</value>\n                </item>\n", key, n, value)
			}
			_, _ = io.WriteString(w, "            </tagSet>\n        </item>\n")
		}
		_, _ = io.WriteString(w, "    </flowLogSet>\n</DescribeFlowLogsResponse>")
	})
	out, err := ec2.NewFromConfig(cfg).DescribeFlowLogs(t.Context(), nil)
	if err != nil || len(out.FlowLogs) != 1000 || len(out.FlowLogs[999].Tags) != 50 {
		t.Errorf("%d flow logs, error %v", len(out.FlowLogs), err)
	}
}
