package awslive

import (
	"cmp"
	"context"
	"errors"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	"flowproof/internal/awscall"
	"flowproof/internal/inventory"
)

// bucketReader is what is read of S3.
type bucketReader interface {
	objectReader
	HeadBucket(context.Context, *s3.HeadBucketInput, ...func(*s3.Options)) (*s3.HeadBucketOutput, error)
	GetBucketPolicy(context.Context, *s3.GetBucketPolicyInput, ...func(*s3.Options)) (*s3.GetBucketPolicyOutput, error)
	bucketSettingsReader
}

// readBucket reads where a bucket lies, whether it is the account's own and, if so, its policy;
// none where there is no such bucket. That another account's bucket cannot be read is no gap.
func (n *named) readBucket(ctx context.Context, name, account string) ([]inventory.Bucket, error) {
	if name == "" {
		return nil, nil
	}
	region, status, err := n.locate(ctx, name)
	switch {
	case status == http.StatusNotFound:
		return nil, nil
	case err != nil:
		return nil, err
	}
	bucket := inventory.Bucket{Name: name, Region: region}
	client := n.buckets(region)
	out, err := limited(ctx, client.GetBucketPolicy, &s3.GetBucketPolicyInput{Bucket: aws.String(name), ExpectedBucketOwner: aws.String(account)})
	var api smithy.APIError
	switch {
	case err == nil:
		bucket.Owned, bucket.Policy = true, aws.ToString(out.Policy)
	case errors.As(err, &api) && api.ErrorCode() == "NoSuchBucketPolicy":
		bucket.Owned = true
	case httpStatus(err) == http.StatusForbidden, httpStatus(err) == http.StatusMethodNotAllowed:
		if _, headErr := limited(ctx, client.HeadBucket, &s3.HeadBucketInput{Bucket: aws.String(name), ExpectedBucketOwner: aws.String(account)}); headErr == nil {
			return nil, err // its own, and its policy is denied
		}
	default:
		return nil, err
	}
	return []inventory.Bucket{bucket}, nil
}

// locate finds a bucket's Region. S3 names it even where it refuses the rest (HeadBucket, S3 API
// reference), so a refusal is no error here.
func (n *named) locate(ctx context.Context, name string) (region string, status int, err error) {
	region = n.home
	out, err := limited(ctx, n.buckets(region).HeadBucket, &s3.HeadBucketInput{Bucket: aws.String(name)})
	if err == nil {
		if said := aws.ToString(out.BucketRegion); said != "" {
			region = said
		}
		return region, http.StatusOK, nil
	}
	region = cmp.Or(awscall.BucketRegion(err), region)
	status = httpStatus(err)
	switch status {
	case http.StatusForbidden, http.StatusMovedPermanently, http.StatusTemporaryRedirect, http.StatusBadRequest:
		return region, status, nil
	}
	return region, status, err
}

// httpStatus is the status of S3's answer that is an error; 0 where there was no answer of it.
func httpStatus(err error) int {
	var none *awscall.NoAnswerError
	if errors.As(err, &none) {
		if none.Region != "" {
			return none.Status // S3's own redirect, which is not followed
		}
		return 0
	}
	var response *awshttp.ResponseError
	if errors.As(err, &response) {
		return response.HTTPStatusCode()
	}
	return 0
}
