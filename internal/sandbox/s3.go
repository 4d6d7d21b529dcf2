package sandbox

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// s3Operations lists the operations of S3, as far as flow logs that deliver to a bucket
// need them.
func s3Operations() map[string]handler {
	operations := settingOperations()
	maps.Copy(operations, map[string]handler{
		"ListBuckets":        listBuckets,
		"CreateBucket":       createBucket,
		"HeadBucket":         headBucket,
		"DeleteBucket":       deleteBucket,
		"GetBucketLocation":  getBucketLocation,
		"GetBucketPolicy":    getBucketPolicy,
		"PutBucketPolicy":    putBucketPolicy,
		"DeleteBucketPolicy": deleteBucketPolicy,
		"ListObjectsV2":      listObjectsV2,
		"PutObject":          putObject,
		"GetObject":          getObject,
		"DeleteObject":       deleteObject,
	})
	return operations
}

const s3Namespace = "http://s3.amazonaws.com/doc/2006-03-01/"

// restXML is the protocol of S3: method, path and query name the operation, XML or bytes
// come back. Buckets are addressed by path, as clients do at an endpoint that is an address.
type restXML struct{}

// s3Call is what the path of a request names.
type s3Call struct{ bucket, key string }

func (restXML) read(c *call, r *http.Request, body []byte) error {
	path := strings.TrimPrefix(r.URL.Path, "/")
	c.s3.bucket, c.s3.key, _ = strings.Cut(path, "/")
	c.form, c.body, c.header = parseForm(r.URL.RawQuery), body, http.Header{}
	c.expectOwner = r.Header.Get("X-Amz-Expected-Bucket-Owner")
	c.operation = s3Operation(r.Method, c.s3, r.URL.Query().Has)
	return nil
}

// s3Operation names the operation of a request (S3 API reference, request syntax of each).
func s3Operation(method string, at s3Call, asks func(string) bool) string {
	verbs := map[string]string{
		http.MethodGet: "Get", http.MethodPut: "Put", http.MethodDelete: "Delete", http.MethodHead: "Head", http.MethodPost: "Post",
	}
	switch verb := verbs[method]; {
	case at.bucket == "":
		return "ListBuckets"
	case at.key != "":
		return verb + "Object"
	case settingIn(asks) != "":
		return verb + settingIn(asks)
	case asks("policy"):
		return verb + "BucketPolicy"
	case asks("location"):
		return verb + "BucketLocation"
	case verb == "Get" && asks("list-type"):
		return "ListObjectsV2"
	case verb == "Put" && !asksMore(asks):
		return "CreateBucket"
	case asksMore(asks):
		return verb + "BucketSubresource"
	case verb == "Get":
		return "ListObjects"
	default:
		return verb + "Bucket"
	}
}

// asksMore says whether a request is about a part of a bucket that the sandbox does not
// have; without it such a request would be taken for one about the bucket.
func asksMore(asks func(string) bool) bool {
	return slices.ContainsFunc([]string{
		"cors", "logging", "notification", "object-lock", "ownershipControls", "replication", "tagging", "uploads", "versioning", "versions", "website",
	}, asks)
}

func (restXML) begin(*call) {}

func (restXML) success(c *call) ([]byte, error) { return c.xml.buf, nil }

func (restXML) failure(c *call, e *apiError) []byte {
	var out xmlWriter
	out.raw(`<?xml version="1.0" encoding="UTF-8"?>` + "\n")
	out.within("Error", func() {
		out.text("Code", e.code)
		out.text("Message", e.message)
		out.some("BucketName", c.s3.bucket)
		out.text("RequestId", c.requestID)
	})
	return out.buf
}

func (restXML) unknownOperation(c *call) *apiError {
	return &apiError{http.StatusNotImplemented, "NotImplemented", "A header you provided implies functionality that is not implemented: " + c.operation}
}

func (restXML) contentType() string { return "application/xml" }

// bucketStore holds the buckets of all accounts, since their names are global. Its lock is
// taken inside that of an account, never the other way round.
type bucketStore struct {
	mu     sync.Mutex
	byName map[string]*bucket
}

// bucket is an S3 bucket.
type bucket struct {
	name, owner, region string
	created             time.Time
	policy              string            // as it was put; "" for none
	refuses             bool              // refuses log delivery whatever its policy says
	settings            map[string]string // documents by the name of their setting
	objects             map[string]object
}

// newBucket blocks public access, as every new bucket does since April 2023 (S3 user guide).
func newBucket(name, owner, region string, created time.Time) *bucket {
	block := `<PublicAccessBlockConfiguration xmlns="` + s3Namespace + `"><BlockPublicAcls>true</BlockPublicAcls><IgnorePublicAcls>true</IgnorePublicAcls>` +
		`<BlockPublicPolicy>true</BlockPublicPolicy><RestrictPublicBuckets>true</RestrictPublicBuckets></PublicAccessBlockConfiguration>`
	return &bucket{
		name: name, owner: owner, region: region, created: created,
		settings: map[string]string{"PublicAccessBlock": block}, objects: make(map[string]object),
	}
}

type object struct {
	at   time.Time
	body []byte
}

// plantBuckets makes the buckets that the scenario declares.
func (s *Server) plantBuckets() {
	s.buckets.byName = make(map[string]*bucket)
	for _, a := range s.scenario.Accounts {
		for _, b := range a.Buckets {
			region := b.Region
			if region == "" {
				region = defaultBucketRegion
			}
			made := newBucket(b.Name, a.ID, region, epoch)
			made.policy, made.refuses = b.Policy, b.Refuses
			b.settle(made.settings)
			s.buckets.byName[b.Name] = made
		}
	}
}

// defaultBucketRegion is where a bucket lies that does not say.
const defaultBucketRegion = "us-east-1"

// lockBuckets gives the store for the length of a handler.
func (c *call) lockBuckets() (unlock func()) {
	c.server.buckets.mu.Lock()
	return c.server.buckets.mu.Unlock
}

// ownBucket finds the bucket of a call, which has to be the caller's: what policies of
// buckets let others read is not modelled. The store is locked.
func (c *call) ownBucket() (*bucket, error) {
	b := c.server.buckets.byName[c.s3.bucket]
	if b == nil {
		return nil, &apiError{http.StatusNotFound, "NoSuchBucket", "The specified bucket does not exist"}
	}
	c.header.Set("X-Amz-Bucket-Region", b.region)
	if b.owner != c.account.id || c.expectOwner != "" && c.expectOwner != b.owner {
		return nil, &apiError{http.StatusForbidden, "AccessDenied", "Access Denied"}
	}
	if b.region != c.region.name {
		return nil, &apiError{
			http.StatusMovedPermanently, "PermanentRedirect",
			"The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.",
		}
	}
	return b, nil
}
