package awslive

import (
	"cmp"
	"context"
	"errors"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	"flowproof/internal/awscall"
	"flowproof/internal/inventory"
)

// bucketSettingsReader is what is read of a bucket that flow logs deliver to.
type bucketSettingsReader interface {
	ListBuckets(context.Context, *s3.ListBucketsInput, ...func(*s3.Options)) (*s3.ListBucketsOutput, error)
	GetBucketPolicyStatus(context.Context, *s3.GetBucketPolicyStatusInput, ...func(*s3.Options)) (*s3.GetBucketPolicyStatusOutput, error)
	GetPublicAccessBlock(context.Context, *s3.GetPublicAccessBlockInput, ...func(*s3.Options)) (*s3.GetPublicAccessBlockOutput, error)
	GetBucketEncryption(context.Context, *s3.GetBucketEncryptionInput, ...func(*s3.Options)) (*s3.GetBucketEncryptionOutput, error)
	GetBucketLifecycleConfiguration(context.Context, *s3.GetBucketLifecycleConfigurationInput, ...func(*s3.Options)) (*s3.GetBucketLifecycleConfigurationOutput, error)
	GetBucketAcl(context.Context, *s3.GetBucketAclInput, ...func(*s3.Options)) (*s3.GetBucketAclOutput, error)
}

// settings is a bucket with the calls that could not be made.
type settings struct {
	bucket *inventory.Bucket // nil where there is none
	failed []failure
}

// failure joins why the calls failed; nil where none did.
func (s settings) failure() error {
	var errs []error
	for _, f := range s.failed {
		errs = append(errs, f.err)
	}
	return errors.Join(errs...)
}

// askBucket reads a bucket once for all Regions of the account: eight calls, or three for one of
// another account; none where an account that central buckets belong to has told of it already.
func (n *named) askBucket(ctx context.Context, s inventory.Scope, name string) (answer, []failure) {
	read, notAsked := n.central.settings(ctx, name)
	if read.bucket == nil {
		var err error
		if read, err = n.ownSettings(ctx, s.Account, name); err != nil {
			return nil, []failure{{"s3:HeadBucket", err}}
		}
	}
	if read.bucket == nil {
		return nil, read.failed
	}
	if notAsked != nil && !read.bucket.Owned {
		read.failed = []failure{{"s3:HeadBucket", notAsked}} // of another account has none of its own
	}
	bucket := read.bucket.Clone()
	return func(named *inventory.Named) {
		named.Buckets = replaced(named.Buckets, bucket, func(b inventory.Bucket) bool { return b.Name == name })
	}, read.failed
}

// ownSettings is what an account itself can say of a bucket.
func (n *named) ownSettings(ctx context.Context, account, name string) (settings, error) {
	read, err := n.settings.of(ctx, name, func() (settings, error) {
		read, err := n.readSettings(ctx, account, name)
		return read, errors.Join(err, read.failure())
	})
	if len(read.failed) > 0 {
		err = nil // each of its parts has its own
	}
	return read, err
}

func (n *named) readSettings(ctx context.Context, account, name string) (settings, error) {
	region, status, err := n.locate(ctx, name)
	switch {
	case status == http.StatusNotFound:
		return settings{}, nil
	case err != nil:
		return settings{}, err
	}
	bucket := &inventory.Bucket{Name: name, Region: region}
	client := n.buckets(region)
	if bucket.Owned, err = n.owns(ctx, client, account, name); err != nil || !bucket.Owned {
		return settings{bucket: bucket}, err
	}
	bucket.Owner = account
	b := bucketCalls{ctx: ctx, client: client, name: aws.String(name), owner: aws.String(account), into: bucket}
	for _, part := range []struct {
		api  string
		read func() error
	}{
		{"s3:GetBucketPolicy", b.policy},
		{"s3:GetBucketPolicyStatus", b.policyStatus},
		{"s3:GetPublicAccessBlock", b.publicAccess},
		{"s3:GetBucketEncryption", b.encryption},
		{"s3:GetBucketLifecycleConfiguration", b.lifecycle},
		{"s3:GetBucketAcl", b.acl},
	} {
		if err := part.read(); err != nil && !isNotSet(err) {
			b.failed = append(b.failed, failure{part.api, err})
		}
	}
	return settings{bucket, b.failed}, nil
}

// owns reports whether a bucket is the account's own. A refusal says nothing by itself: S3 refuses
// another account's bucket and a caller without permission alike, so then the account's list decides.
func (n *named) owns(ctx context.Context, client bucketReader, account, name string) (bool, error) {
	_, err := limited(ctx, client.HeadBucket, &s3.HeadBucketInput{Bucket: aws.String(name), ExpectedBucketOwner: aws.String(account)})
	if err == nil || httpStatus(err) != http.StatusForbidden {
		return err == nil, err
	}
	list, err := n.own.of(ctx, account, func() (map[string]bool, error) { return ownBuckets(ctx, n.buckets(n.home)) })
	return list[name], err
}

func ownBuckets(ctx context.Context, client bucketReader) (map[string]bool, error) {
	names := map[string]bool{}
	in := &s3.ListBucketsInput{}
	ctx = awscall.List(ctx)
	for {
		out, err := limited(ctx, client.ListBuckets, in)
		if err != nil {
			return nil, err
		}
		for _, b := range out.Buckets {
			names[aws.ToString(b.Name)] = true
		}
		if aws.ToString(out.ContinuationToken) == "" {
			return names, nil
		}
		in.ContinuationToken = out.ContinuationToken
	}
}

// isNotSet reports whether S3 says that a bucket simply has no such setting.
func isNotSet(err error) bool {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return false
	}
	switch api.ErrorCode() {
	case "NoSuchBucketPolicy", "NoSuchPublicAccessBlockConfiguration", "NoSuchLifecycleConfiguration", "ServerSideEncryptionConfigurationNotFoundError":
		return true
	}
	return false
}

// bucketCalls reads one bucket, setting by setting.
type bucketCalls struct {
	ctx         context.Context
	client      bucketReader
	name, owner *string
	into        *inventory.Bucket
	failed      []failure
}

func (b *bucketCalls) policy() error {
	out, err := limited(b.ctx, b.client.GetBucketPolicy, &s3.GetBucketPolicyInput{Bucket: b.name, ExpectedBucketOwner: b.owner})
	if err == nil {
		b.into.Policy = aws.ToString(out.Policy)
	}
	return err
}

func (b *bucketCalls) policyStatus() error {
	out, err := limited(b.ctx, b.client.GetBucketPolicyStatus, &s3.GetBucketPolicyStatusInput{Bucket: b.name, ExpectedBucketOwner: b.owner})
	if err == nil && out.PolicyStatus != nil {
		b.into.PublicPolicy = aws.ToBool(out.PolicyStatus.IsPublic)
	}
	return err
}

// publicAccess is blocked by the two settings that hold for what is there already (S3 user guide,
// blocking public access).
func (b *bucketCalls) publicAccess() error {
	out, err := limited(b.ctx, b.client.GetPublicAccessBlock, &s3.GetPublicAccessBlockInput{Bucket: b.name, ExpectedBucketOwner: b.owner})
	if err == nil && out.PublicAccessBlockConfiguration != nil {
		c := out.PublicAccessBlockConfiguration
		b.into.PublicBlocked = aws.ToBool(c.RestrictPublicBuckets) && aws.ToBool(c.IgnorePublicAcls)
	}
	return err
}

func (b *bucketCalls) encryption() error {
	out, err := limited(b.ctx, b.client.GetBucketEncryption, &s3.GetBucketEncryptionInput{Bucket: b.name, ExpectedBucketOwner: b.owner})
	if err != nil || out.ServerSideEncryptionConfiguration == nil {
		return err
	}
	for _, r := range out.ServerSideEncryptionConfiguration.Rules {
		if d := r.ApplyServerSideEncryptionByDefault; d != nil {
			b.into.Encryption, b.into.KMSKey = string(d.SSEAlgorithm), aws.ToString(d.KMSMasterKeyID)
		}
	}
	return nil
}

func (b *bucketCalls) lifecycle() error {
	out, err := limited(b.ctx, b.client.GetBucketLifecycleConfiguration, &s3.GetBucketLifecycleConfigurationInput{Bucket: b.name, ExpectedBucketOwner: b.owner})
	if err != nil {
		return err
	}
	for _, r := range out.Rules {
		if e, ok := expiryOf(r); ok {
			b.into.Expiry = append(b.into.Expiry, e)
		}
	}
	return nil
}

// expiryOf is what a rule deletes; false where it deletes nothing that flow logs deliver: their
// objects have no tags.
func expiryOf(r types.LifecycleRule) (inventory.Expiry, bool) {
	if r.Status != types.ExpirationStatusEnabled || r.Expiration == nil || aws.ToBool(r.Expiration.ExpiredObjectDeleteMarker) {
		return inventory.Expiry{}, false
	}
	e := inventory.Expiry{Prefix: aws.ToString(r.Prefix), Days: aws.ToInt32(r.Expiration.Days)} //nolint:staticcheck // deprecated, and still in force where it stands
	f := r.Filter
	if f == nil {
		return e, true
	}
	e.Prefix = cmp.Or(aws.ToString(f.Prefix), e.Prefix)
	e.Part = f.ObjectSizeGreaterThan != nil || f.ObjectSizeLessThan != nil
	tagged := f.Tag != nil
	if and := f.And; and != nil {
		e.Prefix = cmp.Or(aws.ToString(and.Prefix), e.Prefix)
		e.Part = e.Part || and.ObjectSizeGreaterThan != nil || and.ObjectSizeLessThan != nil
		tagged = tagged || len(and.Tags) > 0
	}
	return e, !tagged
}

func (b *bucketCalls) acl() error {
	out, err := limited(b.ctx, b.client.GetBucketAcl, &s3.GetBucketAclInput{Bucket: b.name, ExpectedBucketOwner: b.owner})
	if err != nil {
		return err
	}
	owner := ""
	if out.Owner != nil {
		owner = aws.ToString(out.Owner.ID)
	}
	for _, g := range out.Grants {
		if g.Grantee == nil {
			continue
		}
		grantee := cmp.Or(aws.ToString(g.Grantee.URI), aws.ToString(g.Grantee.ID), aws.ToString(g.Grantee.EmailAddress))
		if grantee != owner {
			b.into.ACL = append(b.into.ACL, inventory.Grant{Grantee: grantee, Permission: string(g.Permission)})
		}
	}
	return nil
}
