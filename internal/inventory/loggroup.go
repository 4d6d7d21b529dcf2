package inventory

import (
	"slices"
	"strings"
	"time"
)

// LogGroups are the CloudWatch Logs groups that were asked for, by name or by how names begin.
const LogGroups Kind = "log-groups"

// LogGroup is one item of DescribeLogGroups.
type LogGroup struct {
	Name          string            `json:"name"`
	RetentionDays int32             `json:"retention_days,omitempty"` // as it is in effect; 0: events never expire
	KMSKey        string            `json:"kms_key,omitempty"`        // ARN; empty for CloudWatch Logs' own encryption
	Class         string            `json:"class,omitempty"`          // STANDARD, INFREQUENT_ACCESS, ESSENTIALS, DELIVERY; older answers have none
	StoredBytes   int64             `json:"stored_bytes,omitempty"`
	Created       time.Time         `json:"created,omitzero"`
	Tags          map[string]string `json:"tags,omitempty"` // nil beyond the first groups of a scope, where nobody read them

	// RetentionPolicy names the account-level retention policy that decides how long the group keeps
	// events; what is set on the group itself has no effect then. Empty: the group decides.
	RetentionPolicy string `json:"retention_policy,omitempty"`
	// Protected groups cannot be deleted (deletion protection).
	Protected bool `json:"deletion_protected,omitempty"`
}

// Keeps reports whether the group keeps events for at least so many days.
func (g LogGroup) Keeps(days int32) bool { return g.RetentionDays == 0 || g.RetentionDays >= days }

// DeliveryClass is the class of a group that keeps events for a day and cannot be changed
// (CloudWatch Logs API reference): no place for records that must be kept.
const DeliveryClass = "DELIVERY"

// Doubtful reports whether a group is of a class of which nobody here knows if it takes flow logs. Older
// answers name no class and mean STANDARD.
func (g LogGroup) Doubtful() bool {
	return !slices.Contains([]string{"", "STANDARD", "INFREQUENT_ACCESS", DeliveryClass}, g.Class)
}

// LogGroup says what was read of a group: whether it exists, and whether that is known at all.
func (inv *Inventory) LogGroup(name string) (group LogGroup, exists, known bool) {
	names := inv.Named.Asked
	asked := slices.Contains(names.LogGroups, name) || names.LogGroupPrefix != "" && strings.HasPrefix(name, names.LogGroupPrefix)
	return found(inv, name, asked, []Kind{LogGroups, Destinations}, inv.Named.LogGroups,
		func(g LogGroup) bool { return g.Name == name })
}
