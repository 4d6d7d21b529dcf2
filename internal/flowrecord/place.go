package flowrecord

import (
	"regexp"
	"strings"
	"time"
)

// streamName is how the streams of a flow log are called: the interface, and the traffic that the log
// records (VPC user guide, "Publish flow logs to CloudWatch Logs").
var streamName = regexp.MustCompile(`^((?:eni|tgw-attach)-[0-9a-z]+)(?:-(all|accept|reject))?$`)

// StreamOf names the stream of an interface: traffic is ALL, ACCEPT or REJECT.
func StreamOf(interfaceID, traffic string) string {
	return interfaceID + "-" + strings.ToLower(traffic)
}

// ParseStream takes a stream's name apart. ok is false for one that no flow log has written.
// Streams of transit gateways are named after the attachment; traffic is empty where the name has none.
func ParseStream(name string) (interfaceID, traffic string, ok bool) {
	m := streamName.FindStringSubmatch(name)
	if m == nil {
		return "", "", false
	}
	return m[1], strings.ToUpper(m[2]), true
}

// Files is where a flow log puts its files in a bucket.
type Files struct {
	Prefix                   string // of the flow log's destination, without the bucket
	Account, Region, FlowLog string
	Hive, PerHour            bool
}

// Each folder holds a day, or an hour.
func (f Files) span() time.Duration {
	if f.PerHour {
		return time.Hour
	}
	return 24 * time.Hour
}

// Root is what the keys of all files begin with: the folder of the flow logs of an account in a Region
// (VPC user guide, "Flow log files").
func (f Files) Root() string {
	root := strings.Trim(f.Prefix, "/")
	if root != "" {
		root += "/"
	}
	if f.Hive {
		return root + "AWSLogs/aws-account-id=" + f.Account + "/aws-service=vpcflowlogs/aws-region=" + f.Region + "/"
	}
	return root + "AWSLogs/" + f.Account + "/vpcflowlogs/" + f.Region + "/"
}

// folder is that of a time.
func (f Files) folder(at time.Time) string {
	layout, hour := "2006/01/02/", "15/"
	if f.Hive {
		layout, hour = "year=2006/month=01/day=02/", "hour=15/"
	}
	if f.PerHour {
		layout += hour
	}
	return f.Root() + at.UTC().Format(layout)
}

// Newest gives what the keys of the flow log's files begin with, one prefix for each folder, the
// newest folder first, from now back to the one that holds since; no more than most of them.
// whole is false where that leaves folders out.
func (f Files) Newest(since, now time.Time, most int) (prefixes []string, whole bool) {
	at, oldest := now.UTC().Truncate(f.span()), since.UTC().Truncate(f.span())
	for ; !at.Before(oldest); at = at.Add(-f.span()) {
		if len(prefixes) == most {
			return prefixes, false
		}
		prefixes = append(prefixes, f.folder(at)+f.Account+"_vpcflowlogs_"+f.Region+"_"+f.FlowLog+"_")
	}
	return prefixes, true
}

// IsParquet reports whether the key of a file says that its records lie in columns.
func IsParquet(key string) bool { return strings.HasSuffix(key, ".parquet") }

// IsFile reports whether a key can be that of a flow log's file: they end in ".log.gz" or
// ".log.parquet" (VPC user guide, "Flow log files"), and in ".log" where somebody unpacked them.
func IsFile(key string) bool {
	return IsParquet(key) || strings.HasSuffix(key, ".gz") || strings.HasSuffix(key, ".log")
}

// fileTime is the time in the name of a file.
const fileTime = "20060102T1504Z"

// After is what the names of files from t on come behind, in the prefix of their folder.
func After(prefix string, t time.Time) string { return prefix + t.UTC().Format(fileTime) }

// TimeOf reads the time in the name of a file, by its key and the prefix under which it was listed;
// zero where the name has none.
func TimeOf(key, prefix string) time.Time {
	rest, ok := strings.CutPrefix(key, prefix)
	if !ok || len(rest) < len(fileTime) {
		return time.Time{}
	}
	at, err := time.Parse(fileTime, rest[:len(fileTime)])
	if err != nil {
		return time.Time{}
	}
	return at
}
