package awscli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"flowproof/internal/inventory"
)

// logGroups is the one answer about what flow logs refer to.
func logGroups() answer {
	return answer{inventory.Destinations, fileOfLogGroups, "logGroups", "logs describe-log-groups", addLogGroup}
}

// readReferred reads what the scope's flow logs deliver to and with, as far as files can say it: the
// log groups. Whatever else they name is a gap about that thing alone.
func (s *Source) readReferred(ctx context.Context, inv *inventory.Inventory) {
	names, asked := inv.ReferredTo(), &inv.Named.Asked
	if slices.Contains(inv.Kinds, inventory.Destinations) {
		asked.LogGroups, asked.Buckets, asked.Streams = names.LogGroups, names.Buckets, names.Streams
		if len(names.LogGroups) > 0 {
			s.readAnswer(ctx, inv, logGroups())
		}
		notSaved(inv, inventory.Destinations, "bucket", names.Buckets)
		notSaved(inv, inventory.Destinations, "stream", names.Streams)
	}
	if slices.Contains(inv.Kinds, inventory.DeliveryRoles) {
		asked.Roles = names.Roles
		notSaved(inv, inventory.DeliveryRoles, "role", names.Roles)
	}
}

func notSaved(inv *inventory.Inventory, kind inventory.Kind, what string, names []string) {
	for _, name := range names {
		inv.Gaps = append(inv.Gaps, inventory.Gap{
			Kind: kind, API: "awscli", Cause: inventory.Incomplete, Resource: name,
			Message: fmt.Sprintf("files saved with the AWS CLI do not hold the %s %s: read the account itself", what, name),
		})
	}
}

// logGroupItem is an item of DescribeLogGroups as the CLI prints it.
type logGroupItem struct {
	Name      text   `json:"logGroupName"`
	Retention number `json:"retentionInDays"`
	Key       text   `json:"kmsKeyId"`
	Class     text   `json:"logGroupClass"`
	Bytes     count  `json:"storedBytes"`
	Created   count  `json:"creationTime"` // milliseconds since 1970
	Policy    text   `json:"retentionPolicyName"`
	Protected flag   `json:"deletionProtectionEnabled"`
}

// addLogGroup adds one item of DescribeLogGroups, if a flow log delivers to that group.
func addLogGroup(inv *inventory.Inventory, item []byte) error {
	var g logGroupItem
	if err := decode(item, &g); err != nil {
		return err
	}
	if g.Name == "" {
		return errors.New("it has no logGroupName")
	}
	if !slices.Contains(inv.Named.Asked.LogGroups, string(g.Name)) {
		return nil
	}
	group := inventory.LogGroup{
		Name: string(g.Name), RetentionDays: int32(g.Retention), KMSKey: string(g.Key), Class: string(g.Class), StoredBytes: int64(g.Bytes),
		RetentionPolicy: string(g.Policy), Protected: bool(g.Protected),
	}
	if g.Created > 0 {
		group.Created = time.UnixMilli(int64(g.Created)).UTC()
	}
	inv.Named.LogGroups = append(inv.Named.LogGroups, group)
	return nil
}

// count is a whole number that may be large, also as a string.
type count int64

// UnmarshalJSON implements json.Unmarshaler.
func (n *count) UnmarshalJSON(b []byte) error {
	s, err := scalar(b)
	if err != nil || s == "" {
		return err
	}
	i, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return fmt.Errorf("want a whole number, not %s", clip(b))
	}
	*n = count(i)
	return nil
}
