package awscall

import (
	"fmt"
	"reflect"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// accountID is the form of an account's id.
var accountID = regexp.MustCompile(`^\d{12}$`)

// missing says what an answer lacks that the operation always gives; empty where it has all.
func (a answer) missing(result any) string {
	for _, p := range a.always {
		if isAbsent(p.in(result)) {
			return "it has no " + strings.Join(p, ".")
		}
	}
	switch {
	case a.some && isEmpty(result):
		return "it holds nothing"
	case a.filled != nil && a.filled.in(result).Len() == 0:
		return "its list of " + a.filled.name() + " is empty, which it never is"
	case a.account != nil && !accountID.MatchString(a.account.of(result)):
		return "it names no account"
	case a.arn != nil && !strings.HasPrefix(a.arn.of(result), "arn:"):
		return "it has no ARN"
	case a.truncated != nil && isTrue(a.truncated.in(result)) && a.token.of(result) == "":
		return "it says that the list goes on, and not where"
	}
	return ""
}

func (p path) name() string { return p[len(p)-1] }

// isAbsent reports whether a member did not come, or came as a text without a character or as a
// structure without a member.
func isAbsent(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Slice, reflect.Map:
		return v.IsNil()
	case reflect.Pointer:
		return v.IsNil() || v.Elem().Kind() != reflect.Bool && v.Elem().IsZero()
	}
	return !v.IsValid()
}

// isEmpty reports whether no member came at all.
func isEmpty(result any) bool {
	v := reflect.ValueOf(result).Elem()
	for i := range v.NumField() {
		if v.Type().Field(i).Name != "ResultMetadata" && !v.Field(i).IsZero() {
			return false
		}
	}
	return true
}

func isTrue(v reflect.Value) bool {
	for v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	return v.Kind() == reflect.Bool && v.Bool()
}

// unaccounted says of which flow logs asked for an answer says nothing; empty where it accounts for
// all, and for other calls.
func unaccounted(input, output any) string {
	switch in := input.(type) {
	case *ec2.CreateFlowLogsInput:
		out, ok := output.(*ec2.CreateFlowLogsOutput)
		if !ok {
			return ""
		}
		if why := foreign(out.Unsuccessful, in.ResourceIds); why != "" {
			return why
		}
		if made, refused := len(out.FlowLogIds), len(out.Unsuccessful); made+refused != len(in.ResourceIds) {
			return fmt.Sprintf("%d resources were asked for, and it names %d flow logs and %d resources without one", len(in.ResourceIds), made, refused)
		}
	case *ec2.DeleteFlowLogsInput:
		if out, ok := output.(*ec2.DeleteFlowLogsOutput); ok {
			return foreign(out.Unsuccessful, in.FlowLogIds)
		}
	}
	return ""
}

// foreign says which items of an answer are about something that was not asked for, or twice about
// the same.
func foreign(items []types.UnsuccessfulItem, asked []string) string {
	open := map[string]bool{}
	for _, id := range asked {
		open[id] = true
	}
	for _, item := range items {
		id := ""
		if item.ResourceId != nil {
			id = *item.ResourceId
		}
		if !open[id] {
			return fmt.Sprintf("it speaks of %q, which was not asked for", id)
		}
		delete(open, id)
	}
	return ""
}
