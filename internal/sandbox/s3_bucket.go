package sandbox

import (
	"encoding/xml"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// bucketName is the part of S3's rules for names that mistakes run into (S3 user guide,
// "General purpose bucket naming rules").
var bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)

func listBuckets(c *call) error {
	defer c.lockBuckets()()
	c.xml.raw(`<?xml version="1.0" encoding="UTF-8"?>` + "\n" + `<ListAllMyBucketsResult xmlns="` + s3Namespace + `">`)
	c.xml.within("Owner", func() { c.xml.text("ID", iamID("", digest("canonical", c.account.id))) })
	c.xml.within("Buckets", func() {
		for _, b := range byName(c.server.buckets.byName) {
			if b.owner != c.account.id {
				continue
			}
			c.xml.within("Bucket", func() {
				c.xml.text("Name", b.name)
				c.xml.time("CreationDate", b.created)
			})
		}
	})
	c.xml.close("ListAllMyBucketsResult")
	return nil
}

func createBucket(c *call) error {
	defer c.lockBuckets()()
	var in struct{ LocationConstraint string }
	if len(c.body) > 0 && xml.Unmarshal(c.body, &in) != nil {
		return badRequest("MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema")
	}
	wanted := in.LocationConstraint
	if wanted == "" {
		wanted = defaultBucketRegion
	}
	existing := c.server.buckets.byName[c.s3.bucket]
	switch {
	case !bucketName.MatchString(c.s3.bucket):
		return badRequest("InvalidBucketName", "The specified bucket is not valid.")
	case wanted != c.region.name && in.LocationConstraint == "":
		return badRequest("IllegalLocationConstraintException", "The unspecified location constraint is incompatible for the region specific endpoint this request was sent to.")
	case existing != nil && existing.owner == c.account.id && wanted != defaultBucketRegion:
		return &apiError{http.StatusConflict, "BucketAlreadyOwnedByYou", "Your previous request to create the named bucket succeeded and you already own it."}
	case existing != nil && existing.owner != c.account.id:
		return &apiError{http.StatusConflict, "BucketAlreadyExists", "The requested bucket name is not available."}
	case existing == nil:
		c.server.buckets.byName[c.s3.bucket] = newBucket(c.s3.bucket, c.account.id, wanted, c.now)
	}
	c.header.Set("Location", "/"+c.s3.bucket)
	return nil
}

func headBucket(c *call) error {
	defer c.lockBuckets()()
	_, err := c.ownBucket()
	return err
}

func deleteBucket(c *call) error {
	defer c.lockBuckets()()
	b, err := c.ownBucket()
	if err != nil {
		return err
	}
	if len(b.objects) > 0 {
		return &apiError{http.StatusConflict, "BucketNotEmpty", "The bucket you tried to delete is not empty"}
	}
	delete(c.server.buckets.byName, b.name)
	c.status = http.StatusNoContent
	return nil
}

// getBucketLocation says nothing of a bucket in us-east-1, as documented.
func getBucketLocation(c *call) error {
	defer c.lockBuckets()()
	b, err := c.ownBucket()
	if err != nil {
		return err
	}
	location := b.region
	if location == defaultBucketRegion {
		location = ""
	}
	c.xml.raw(`<?xml version="1.0" encoding="UTF-8"?>` + "\n" + `<LocationConstraint xmlns="` + s3Namespace + `">`)
	c.xml.escape(location)
	c.xml.close("LocationConstraint")
	return nil
}

func getBucketPolicy(c *call) error {
	defer c.lockBuckets()()
	b, err := c.ownBucket()
	if err != nil {
		return err
	}
	if b.policy == "" {
		return &apiError{http.StatusNotFound, "NoSuchBucketPolicy", "The bucket policy does not exist"}
	}
	c.header.Set("Content-Type", "application/json")
	c.xml.raw(b.policy)
	return nil
}

// maxBucketPolicy is the most that a bucket's policy may take, in bytes (S3 user guide).
const maxBucketPolicy = 20 << 10

func putBucketPolicy(c *call) error {
	defer c.lockBuckets()()
	b, err := c.ownBucket()
	if err != nil {
		return err
	}
	text := string(c.body)
	if len(text) > maxBucketPolicy {
		return badRequest("PolicyTooLarge", "The policy you provided is too large.")
	}
	if err := checkBucketPolicy(text, b.name); err != nil {
		return err
	}
	b.policy = text
	c.status = http.StatusNoContent
	return nil
}

// checkBucketPolicy refuses what cannot be the policy of a bucket, in the words of S3.
func checkBucketPolicy(text, name string) error {
	d, err := parseDocument(text)
	if err != nil {
		return malformedPolicy("Policies must be valid JSON and the first byte must be '{'")
	}
	for i := range d.statements {
		s := &d.statements[i]
		switch {
		case !s.trusting():
			return malformedPolicy("Missing required field Principal")
		case len(s.actions)+len(s.notActions) == 0:
			return malformedPolicy("Missing required field Action")
		case len(s.resources)+len(s.notResources) == 0:
			return malformedPolicy("Missing required field Resource")
		}
		for _, r := range slices.Concat(s.resources, s.notResources) {
			_, path, ok := strings.Cut(r, ":::")
			in, _, _ := strings.Cut(path, "/")
			if !ok || !wildcard(in, name) {
				return malformedPolicy("Policy has invalid resource")
			}
		}
		for _, a := range slices.Concat(s.actions, s.notActions) {
			if a != "*" && !strings.HasPrefix(strings.ToLower(a), "s3:") {
				return malformedPolicy("Policy has invalid action")
			}
		}
	}
	return nil
}

func malformedPolicy(message string) *apiError { return badRequest("MalformedPolicy", message) }

func deleteBucketPolicy(c *call) error {
	defer c.lockBuckets()()
	b, err := c.ownBucket()
	if err != nil {
		return err
	}
	b.policy = ""
	c.status = http.StatusNoContent
	return nil
}
