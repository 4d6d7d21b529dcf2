package sandbox

import (
	"bytes"
	"compress/gzip"
	"crypto/md5" //nolint:gosec // an ETag is one, and nothing here depends on its strength
	"encoding/hex"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
)

// maxObjects is how many keys a page of a listing holds (S3 API reference).
const maxObjects = 1000

func listObjectsV2(c *call) error {
	defer c.lockBuckets()()
	b, err := c.ownBucket()
	if err != nil {
		return err
	}
	size, asked, err := c.form.int("max-keys")
	if err != nil || size < 0 {
		return badRequest("InvalidArgument", "Provided max-keys not an integer or within integer range")
	}
	if !asked || size > maxObjects {
		size = maxObjects
	}
	after := max(c.form.get("start-after"), c.form.get("continuation-token"))
	prefix := c.form.get("prefix")
	var keys []string
	for key := range b.objects {
		if strings.HasPrefix(key, prefix) && key > after {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	page := keys[:min(c.limit(size), len(keys))]
	c.xml.raw(`<?xml version="1.0" encoding="UTF-8"?>` + "\n" + `<ListBucketResult xmlns="` + s3Namespace + `">`)
	c.xml.text("Name", b.name)
	c.xml.text("Prefix", prefix)
	c.xml.int("KeyCount", len(page))
	c.xml.int("MaxKeys", size)
	c.xml.bool("IsTruncated", len(page) < len(keys))
	if len(page) < len(keys) && len(page) > 0 {
		c.xml.text("NextContinuationToken", page[len(page)-1])
	}
	for _, key := range page {
		c.xml.within("Contents", func() {
			c.xml.text("Key", key)
			c.xml.time("LastModified", b.objects[key].at)
			c.xml.text("ETag", b.objects[key].etag())
			c.xml.int("Size", len(b.objects[key].body))
			c.xml.text("StorageClass", classStandard)
		})
	}
	c.xml.close("ListBucketResult")
	return nil
}

func (o object) etag() string {
	sum := md5.Sum(o.body) //nolint:gosec // see the import
	return `"` + hex.EncodeToString(sum[:]) + `"`
}

func putObject(c *call) error {
	defer c.lockBuckets()()
	b, err := c.ownBucket()
	if err != nil {
		return err
	}
	o := object{at: c.now, body: c.body}
	b.objects[c.s3.key] = o
	c.header.Set("ETag", o.etag())
	return nil
}

func getObject(c *call) error {
	defer c.lockBuckets()()
	b, err := c.ownBucket()
	if err != nil {
		return err
	}
	o, ok := b.objects[c.s3.key]
	if !ok {
		return &apiError{http.StatusNotFound, "NoSuchKey", "The specified key does not exist."}
	}
	c.header.Set("ETag", o.etag())
	c.header.Set("Content-Type", "binary/octet-stream")
	c.header.Set("Last-Modified", o.at.UTC().Format(http.TimeFormat))
	c.xml.raw(string(o.body))
	return nil
}

func deleteObject(c *call) error {
	defer c.lockBuckets()()
	b, err := c.ownBucket()
	if err != nil {
		return err
	}
	delete(b.objects, c.s3.key)
	c.status = http.StatusNoContent
	return nil
}

// deliverToBucket puts what a flow log has recorded until now into its bucket: one object
// for each time that delivery runs.
func (r *region) deliverToBucket(f *flowLog, now time.Time) {
	s := r.account.server
	s.buckets.mu.Lock()
	defer s.buckets.mu.Unlock()
	name, _, _ := bucketFromARN(f.destination.arn)
	enis, b := r.watched[f.resourceID], s.buckets.byName[name]
	if len(enis) == 0 || b == nil {
		return
	}
	first := f.created.Add(s.scenario.RecordDelay)
	if now.Before(first) {
		r.account.wake(first)
		return
	}
	f.fed = now
	b.objects[r.objectKey(f)] = object{at: now, body: r.recordFile(f, enis)}
	r.account.wake(f.tick(r, now))
}

// recordFile is what a flow log delivers now: a line of the fields' names and a record of each
// interface, compressed (VPC user guide, "Flow log files"). It is text whatever the file format.
func (r *region) recordFile(f *flowLog, enis []*networkInterface) []byte {
	var names []string
	for _, field := range strings.Fields(f.format) {
		names = append(names, strings.Trim(field, "${}"))
	}
	text := strings.Join(names, " ") + "\n"
	for _, eni := range enis {
		d := feed{log: f, eni: eni, region: r, first: f.fed, every: time.Duration(f.interval) * time.Second}
		text += d.record(0).message + "\n"
	}
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := io.WriteString(w, text); err != nil {
		return nil // a buffer takes everything
	}
	if err := w.Close(); err != nil {
		return nil
	}
	return out.Bytes()
}

// objectKey is the place and name of what a flow log delivers now (VPC user guide, "Flow log
// files").
func (r *region) objectKey(f *flowLog) string {
	_, prefix, _ := bucketFromARN(f.destination.arn)
	if prefix != "" && !strings.HasSuffix(prefix, "/") {
		prefix += "/"
	}
	account, service, where, day, hour := "", "vpcflowlogs", "", "2006/01/02/", "15/"
	if f.file.hive {
		account, service, where, day, hour = "aws-account-id=", "aws-service=vpcflowlogs", "aws-region=", "year=2006/month=01/day=02/", "hour=15/"
	}
	at := f.fed.UTC()
	key := prefix + "AWSLogs/" + account + r.account.id + "/" + service + "/" + where + r.name + "/" + at.Format(day)
	if f.file.perHourPath {
		key += at.Format(hour)
	}
	suffix := ".log.gz"
	if f.file.format == "parquet" {
		suffix = ".log.parquet"
	}
	h := digest(f.id, at.UnixNano())
	return key + r.account.id + "_vpcflowlogs_" + r.name + "_" + f.id + "_" + at.Format("20060102T1504Z") + "_" + hex.EncodeToString(h[:4]) + suffix
}
