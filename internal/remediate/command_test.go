package remediate

import (
	"encoding/json"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAShellReadsBackWhatIsQuoted(t *testing.T) {
	t.Parallel()
	words := []string{"plain", "", "two words", "it's", `"$HOME"`, "`id`", "$(id)", "a\nb", "\\", "!!", "-rf", "*", "~", "{a,b}", "\u202e", "#x", ";"}
	var quoted []string
	for _, w := range words {
		quoted = append(quoted, quote(w))
	}
	out, err := exec.CommandContext(t.Context(), "bash", "-c", `printf '%s\0' `+strings.Join(quoted, " ")).Output()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(words, strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")); diff != "" {
		t.Error(diff)
	}
}

func TestRequestsAreWrittenAsCommands(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		api  API
		want string
	}{
		"lists and texts": {
			API{"ec2", "DeleteFlowLogs", json.RawMessage(`{"FlowLogIds":["fl-1","fl-2"]}`)},
			"aws ec2 delete-flow-logs --region eu-west-1 --flow-log-ids fl-1 fl-2",
		},
		"numbers": {
			API{"logs", "PutRetentionPolicy", json.RawMessage(`{"logGroupName":"g","retentionInDays":365}`)},
			"aws logs put-retention-policy --region eu-west-1 --log-group-name g --retention-in-days 365",
		},
		"a service of another name": {
			API{"s3", "PutBucketPolicy", json.RawMessage(`{"Bucket":"b","Policy":"{\"a\":1}"}`)},
			`aws s3api put-bucket-policy --region eu-west-1 --bucket b --policy '{"a":1}'`,
		},
		"structures": {
			API{"iam", "TagRole", json.RawMessage(`{"Tags":[{"Key":"a","Value":"it's"}]}`)},
			`aws iam tag-role --region eu-west-1 --tags '[{"Key":"a","Value":"it'\''s"}]'`,
		},
		"switches": {
			API{"ec2", "X", json.RawMessage(`{"DryRun":true,"Other":false}`)},
			"aws ec2 x --region eu-west-1 --dry-run --no-other",
		},
	} {
		got, err := command(test.api, "eu-west-1")
		if err != nil || got != test.want {
			t.Errorf("%s: got %s, %v, want %s", name, got, err, test.want)
		}
	}
}
