package sandbox

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// defaultFormat is the record format of a flow log that names none (version 2).
const defaultFormat = "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} " +
	"${protocol} ${packets} ${bytes} ${start} ${end} ${action} ${log-status}"

// record makes up the i-th flow record of a feed, always the same one.
func (d *feed) record(i int) logEvent {
	at := d.first.Add(time.Duration(i) * d.every)
	return logEvent{at: at, ingested: at, message: renderRecord(d.log.format, d.fields(i, at))}
}

// fields are the values of a record's fields. Those not listed are written as "-",
// as AWS does with what does not apply.
func (d *feed) fields(i int, at time.Time) map[string]string {
	n := func(limit uint64, what string) int { return int(number(limit, d.log.id, d.eni.id, what, i)) }
	action := d.log.traffic
	if action == trafficAll {
		action = [...]string{"ACCEPT", "ACCEPT", "ACCEPT", "REJECT"}[n(4, "action")]
	}
	packets := 1 + n(200, "packets")
	return map[string]string{
		"version":      "2",
		"account-id":   d.eni.owner,
		"interface-id": d.eni.id,
		"srcaddr":      fmt.Sprintf("198.51.100.%d", 1+n(254, "peer")),
		"dstaddr":      d.eni.address,
		"srcport":      strconv.Itoa(32768 + n(28000, "port")),
		"dstport":      [...]string{"443", "80", "22", "5432"}[n(4, "service")],
		"protocol":     "6",
		"packets":      strconv.Itoa(packets),
		"bytes":        strconv.Itoa(packets * 840),
		"start":        strconv.FormatInt(at.Add(-d.every).Unix(), 10),
		"end":          strconv.FormatInt(at.Unix(), 10),
		"action":       action,
		"log-status":   "OK",
		"vpc-id":       d.eni.vpcID,
		"subnet-id":    d.eni.subnetID,
		"region":       d.region.name,
	}
}

// renderRecord puts values into a record format.
func renderRecord(format string, values map[string]string) string {
	names := strings.Fields(format)
	for i, name := range names {
		v, ok := values[strings.TrimSuffix(strings.TrimPrefix(name, "${"), "}")]
		if !ok {
			v = "-"
		}
		names[i] = v
	}
	return strings.Join(names, " ")
}
