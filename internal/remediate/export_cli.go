package remediate

import (
	"fmt"
	"strings"

	"flowproof/internal/terminal"
)

// scriptFunctions are what the script needs beside the AWS CLI: flow logs can be refused one by one
// with HTTP 200, and a fresh role takes a while to be known everywhere (observed: up to two minutes).
const scriptFunctions = `
errors=$(mktemp)
trap 'rm -f "$errors"' EXIT

# create_flow_logs runs a command, waits for a fresh role, and reads what was not successful.
create_flow_logs() {
  local refused give_up=$((SECONDS + 120))
  until refused=$("$@" --query '(Unsuccessful || ` + "`[]`" + `)[].[ResourceId, Error.Message]' --output text 2>"$errors"); do
    if ! grep -q 'Unable to assume given IAM role' "$errors" || [ "$SECONDS" -ge "$give_up" ]; then
      cat "$errors" >&2
      return 1
    fi
    sleep 5
  done
  if [ -n "$refused" ]; then
    printf 'not created:\n%s\n' "$refused" >&2
    return 1
  fi
}
`

// guardFunctions keep a bucket's policy from being replaced by EC2 when it makes flow logs.
const guardFunctions = `
bucket_policy() { aws s3api get-bucket-policy --region "$1" --bucket "$2" --query Policy --output text 2>/dev/null || true; }

# keep_bucket_policy puts back what EC2 replaced.
keep_bucket_policy() {
  if [ -n "$3" ] && [ "$(bucket_policy "$1" "$2")" != "$3" ]; then
    aws s3api put-bucket-policy --region "$1" --bucket "$2" --policy "$3"
  fi
}
`

// script writes the plan as a bash script around the AWS CLI, version 1 or 2. It stops at the first
// thing that goes wrong; apply is what can go on from there.
func (p Plan) script() (string, error) {
	var b strings.Builder
	b.WriteString("#!/usr/bin/env bash\n")
	for _, line := range p.head() {
		b.WriteString("# " + terminal.Printable(line) + "\n")
	}
	b.WriteString("# It stops at the first error. What it made carries flowproof's tags.\n")
	b.WriteString("set -euo pipefail\nexport AWS_PAGER=\n")
	b.WriteString(scriptFunctions)
	bucket, region := p.guardedBucket()
	if bucket != "" {
		b.WriteString(guardFunctions)
	}
	for _, account := range p.Accounts {
		fmt.Fprintf(&b, "\naccount=$(aws sts get-caller-identity --query Account --output text)\n")
		fmt.Fprintf(&b, "planned=%s\n", quote(account))
		b.WriteString("if [ \"$account\" != \"$planned\" ]; then\n  printf 'this is account %q, and the plan is for %q: nothing was done\\n' \"$account\" \"$planned\" >&2\n  exit 2\nfi\n")
	}
	number, guarding := 1, false
	for _, call := range p.Calls() {
		if call[0].Action == CreateFlowLog && bucket != "" && !guarding {
			guarding = true
			fmt.Fprintf(&b, "\nregion=%s\nbucket=%s\n", quote(region), quote(bucket))
			b.WriteString("policy=$(bucket_policy \"$region\" \"$bucket\")\ntrap 'rm -f \"$errors\"; keep_bucket_policy \"$region\" \"$bucket\" \"$policy\"' EXIT\n")
		}
		line, err := p.scriptCall(call)
		if err != nil {
			return "", err
		}
		e := stepEntry{first: number, steps: call}
		fmt.Fprintf(&b, "\n# %s\n%s\n", terminal.Printable(fmt.Sprintf("%s: %s %s", e.number(), call[0].Action, e.resources(false))), line)
		number += len(call)
	}
	return b.String(), nil
}

// scriptCall is the command of a whole call. Flow logs take the token that apply would send, so that
// neither makes what the other has made.
func (p Plan) scriptCall(call []Step) (string, error) {
	api, err := Merge(call)
	if err != nil {
		return "", err
	}
	line, err := command(api, call[0].Region)
	if err != nil || call[0].Action != CreateFlowLog {
		return line, err
	}
	return "create_flow_logs " + line + " --client-token " + quote(p.ClientToken(call[0].Call)), nil
}

// guardedBucket is the bucket whose policy EC2 may replace on the caller's behalf: one that the
// plan could read.
func (p Plan) guardedBucket() (bucket, region string) {
	for _, s := range p.Steps {
		for _, c := range s.Preconditions {
			if c.Kind == FactBucketPolicy {
				return c.Resource, s.Region
			}
		}
	}
	return "", ""
}
