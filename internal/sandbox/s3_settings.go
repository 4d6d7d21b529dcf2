package sandbox

import (
	"encoding/xml"
	"net/http"
	"slices"
	"strconv"
)

// bucketSetting is a part of a bucket that is put, given back and taken away as one XML document,
// without being looked into.
type bucketSetting struct {
	root    string // the element that the document consists of
	absent  string // the code of the error where it was not put; empty where something is there anyway
	message string
}

// bucketSettings are the settings by the name of their operations (S3 API reference).
func bucketSettings() map[string]bucketSetting {
	return map[string]bucketSetting{
		"PublicAccessBlock":            {"PublicAccessBlockConfiguration", "NoSuchPublicAccessBlockConfiguration", "The public access block configuration was not found"},
		"BucketEncryption":             {root: "ServerSideEncryptionConfiguration"},
		"BucketLifecycleConfiguration": {"LifecycleConfiguration", "NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist"},
		"BucketAcl":                    {root: "AccessControlPolicy"},
	}
}

// settingQueries are the queries that name a setting in a request.
var settingQueries = map[string]string{
	"publicAccessBlock": "PublicAccessBlock",
	"encryption":        "BucketEncryption",
	"lifecycle":         "BucketLifecycleConfiguration",
	"acl":               "BucketAcl",
	"policyStatus":      "BucketPolicyStatus",
}

// settingIn is the setting that a request is about; empty for none.
func settingIn(asks func(string) bool) string {
	for query, setting := range settingQueries {
		if asks(query) {
			return setting
		}
	}
	return ""
}

func settingOperations() map[string]handler {
	operations := map[string]handler{"GetBucketPolicyStatus": getBucketPolicyStatus}
	for name, s := range bucketSettings() {
		operations["Get"+name] = func(c *call) error { return c.getSetting(name, s) }
		operations["Put"+name] = func(c *call) error { return c.putSetting(name, s) }
		operations["Delete"+name] = func(c *call) error { return c.deleteSetting(name) }
	}
	return operations
}

func (c *call) getSetting(name string, s bucketSetting) error {
	defer c.lockBuckets()()
	b, err := c.ownBucket()
	if err != nil {
		return err
	}
	document, ok := b.settings[name]
	switch {
	case ok:
		if name == "BucketLifecycleConfiguration" {
			c.header.Set("X-Amz-Transition-Default-Minimum-Object-Size", "all_storage_classes_128K")
		}
		c.xml.raw(document)
	case s.absent != "":
		return &apiError{http.StatusNotFound, s.absent, s.message}
	default:
		c.defaultSetting(name)
	}
	return nil
}

// defaultSetting is what every bucket has: since January 2023 encryption with S3's own keys (S3 user
// guide), and a list on which its owner stands alone.
func (c *call) defaultSetting(name string) {
	if name == "BucketEncryption" {
		c.xml.raw(`<ServerSideEncryptionConfiguration xmlns="` + s3Namespace + `"><Rule><ApplyServerSideEncryptionByDefault>` +
			`<SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault><BucketKeyEnabled>false</BucketKeyEnabled></Rule></ServerSideEncryptionConfiguration>`)
		return
	}
	owner := iamID("", digest("canonical", c.account.id))
	c.xml.raw(`<AccessControlPolicy xmlns="` + s3Namespace + `"><Owner><ID>` + owner + `</ID></Owner><AccessControlList><Grant>` +
		`<Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser"><ID>` + owner + `</ID></Grantee>` +
		`<Permission>FULL_CONTROL</Permission></Grant></AccessControlList></AccessControlPolicy>`)
}

func (c *call) putSetting(name string, s bucketSetting) error {
	defer c.lockBuckets()()
	b, err := c.ownBucket()
	if err != nil {
		return err
	}
	var root struct{ XMLName xml.Name }
	if xml.Unmarshal(c.body, &root) != nil || root.XMLName.Local != s.root {
		return badRequest("MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema")
	}
	b.settings[name] = string(c.body)
	return nil
}

func (c *call) deleteSetting(name string) error {
	defer c.lockBuckets()()
	b, err := c.ownBucket()
	if err != nil {
		return err
	}
	delete(b.settings, name)
	c.status = http.StatusNoContent
	return nil
}

// getBucketPolicyStatus says whether the policy makes the bucket public: here, whether it allows
// everybody something without a condition (S3 user guide, the meaning of "public").
func getBucketPolicyStatus(c *call) error {
	defer c.lockBuckets()()
	b, err := c.ownBucket()
	if err != nil {
		return err
	}
	if b.policy == "" {
		return &apiError{http.StatusNotFound, "NoSuchBucketPolicy", "The bucket policy does not exist"}
	}
	c.xml.raw(`<PolicyStatus xmlns="` + s3Namespace + `">`)
	c.xml.bool("IsPublic", isPublicPolicy(b.policy))
	c.xml.close("PolicyStatus")
	return nil
}

func isPublicPolicy(text string) bool {
	d, err := parseDocument(text)
	if err != nil {
		return false
	}
	for i := range d.statements {
		s := &d.statements[i]
		_, anybody := s.principal["*"]
		if !anybody {
			anybody = slices.Contains(s.principal["AWS"], "*")
		}
		if s.effect == "Allow" && anybody && len(s.condition) == 0 {
			return true
		}
	}
	return false
}

func inXML(text string) string {
	var w xmlWriter
	w.escape(text)
	return string(w.buf)
}

// settle puts the settings that a scenario declares.
func (b BucketSeed) settle(settings map[string]string) {
	if b.KMSKey != "" {
		settings["BucketEncryption"] = `<ServerSideEncryptionConfiguration xmlns="` + s3Namespace + `"><Rule><ApplyServerSideEncryptionByDefault>` +
			`<SSEAlgorithm>aws:kms</SSEAlgorithm><KMSMasterKeyID>` + inXML(b.KMSKey) + `</KMSMasterKeyID></ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>`
	}
	if b.ExpireDays > 0 {
		settings["BucketLifecycleConfiguration"] = `<LifecycleConfiguration xmlns="` + s3Namespace + `"><Rule><ID>expire</ID><Status>Enabled</Status><Filter><Prefix></Prefix></Filter>` +
			`<Expiration><Days>` + strconv.Itoa(b.ExpireDays) + `</Days></Expiration></Rule></LifecycleConfiguration>`
	}
	if b.Public {
		delete(settings, "PublicAccessBlock")
	}
}
