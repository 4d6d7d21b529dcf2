package remediate

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// Writer changes accounts. It is the one way in flowproof to do so, and this file is the only
// one that implements it: what is not in its table cannot be sent.
type Writer interface {
	// Write sends one request once, without retrying: the caller records each attempt. An
	// error is AWS's, or that of a connection which broke before the answer.
	Write(ctx context.Context, region string, call API) (Answer, error)
}

// Answer is what a request that AWS accepted came to, as far as it matters.
type Answer struct {
	Created      []string       // ids of flow logs, in AWS's order, which need not be the request's
	Unsuccessful []Unsuccessful // resources that were refused although the request was accepted
}

// Unsuccessful is one resource that a request with HTTP status 200 could not do. The code is not
// always one: "400" has been seen.
type Unsuccessful struct {
	Resource string `json:"resource"`
	Code     string `json:"code"`
	Message  string `json:"message"`
}

// writeDeadline bounds one request. An interrupted run waits for it.
const writeDeadline = 60 * time.Second

// awsWriter is the Writer for an AWS account.
type awsWriter struct{ cfg aws.Config }

// NewWriter changes the account that the configuration's credentials belong to.
func NewWriter(cfg aws.Config) Writer {
	cfg = cfg.Copy()
	cfg.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
	return awsWriter{cfg: cfg}
}

// writes is every request that flowproof can send to change something.
var writes = map[string]func(context.Context, aws.Config, json.RawMessage) (Answer, error){
	"iam:CreateRole": func(ctx context.Context, cfg aws.Config, in json.RawMessage) (Answer, error) {
		return plain(ctx, in, iam.NewFromConfig(cfg).CreateRole)
	},
	"iam:DeleteRole": func(ctx context.Context, cfg aws.Config, in json.RawMessage) (Answer, error) {
		return plain(ctx, in, iam.NewFromConfig(cfg).DeleteRole)
	},
	"iam:PutRolePolicy": func(ctx context.Context, cfg aws.Config, in json.RawMessage) (Answer, error) {
		return plain(ctx, in, iam.NewFromConfig(cfg).PutRolePolicy)
	},
	"iam:DeleteRolePolicy": func(ctx context.Context, cfg aws.Config, in json.RawMessage) (Answer, error) {
		return plain(ctx, in, iam.NewFromConfig(cfg).DeleteRolePolicy)
	},
	"iam:UpdateAssumeRolePolicy": func(ctx context.Context, cfg aws.Config, in json.RawMessage) (Answer, error) {
		return plain(ctx, in, iam.NewFromConfig(cfg).UpdateAssumeRolePolicy)
	},
	"logs:CreateLogGroup": func(ctx context.Context, cfg aws.Config, in json.RawMessage) (Answer, error) {
		return plain(ctx, in, cloudwatchlogs.NewFromConfig(cfg).CreateLogGroup)
	},
	"logs:DeleteLogGroup": func(ctx context.Context, cfg aws.Config, in json.RawMessage) (Answer, error) {
		return plain(ctx, in, cloudwatchlogs.NewFromConfig(cfg).DeleteLogGroup)
	},
	"logs:PutRetentionPolicy": func(ctx context.Context, cfg aws.Config, in json.RawMessage) (Answer, error) {
		return plain(ctx, in, cloudwatchlogs.NewFromConfig(cfg).PutRetentionPolicy)
	},
	"logs:DeleteRetentionPolicy": func(ctx context.Context, cfg aws.Config, in json.RawMessage) (Answer, error) {
		return plain(ctx, in, cloudwatchlogs.NewFromConfig(cfg).DeleteRetentionPolicy)
	},
	"logs:AssociateKmsKey": func(ctx context.Context, cfg aws.Config, in json.RawMessage) (Answer, error) {
		return plain(ctx, in, cloudwatchlogs.NewFromConfig(cfg).AssociateKmsKey)
	},
	"logs:DisassociateKmsKey": func(ctx context.Context, cfg aws.Config, in json.RawMessage) (Answer, error) {
		return plain(ctx, in, cloudwatchlogs.NewFromConfig(cfg).DisassociateKmsKey)
	},
	"s3:PutBucketPolicy": func(ctx context.Context, cfg aws.Config, in json.RawMessage) (Answer, error) {
		return plain(ctx, in, s3.NewFromConfig(cfg, pathStyle).PutBucketPolicy)
	},
	"s3:DeleteBucketPolicy": func(ctx context.Context, cfg aws.Config, in json.RawMessage) (Answer, error) {
		return plain(ctx, in, s3.NewFromConfig(cfg, pathStyle).DeleteBucketPolicy)
	},
	"ec2:CreateFlowLogs": func(ctx context.Context, cfg aws.Config, in json.RawMessage) (Answer, error) {
		out, err := send(ctx, in, ec2.NewFromConfig(cfg).CreateFlowLogs)
		if err != nil {
			return Answer{}, err
		}
		return Answer{Created: out.FlowLogIds, Unsuccessful: refusals(out.Unsuccessful)}, nil
	},
	"ec2:DeleteFlowLogs": func(ctx context.Context, cfg aws.Config, in json.RawMessage) (Answer, error) {
		out, err := send(ctx, in, ec2.NewFromConfig(cfg).DeleteFlowLogs)
		if err != nil {
			return Answer{}, err
		}
		return Answer{Unsuccessful: refusals(out.Unsuccessful)}, nil
	},
}

// Write implements Writer.
func (w awsWriter) Write(ctx context.Context, region string, call API) (Answer, error) {
	name := call.Service + ":" + call.Operation
	write, known := writes[name]
	if !known {
		return Answer{}, fmt.Errorf("%s is no request that flowproof sends", name)
	}
	ctx, cancel := context.WithTimeout(ctx, writeDeadline)
	defer cancel()
	cfg := w.cfg.Copy()
	cfg.Region = region
	return write(ctx, cfg, call.Input)
}

// Writes names every request that a Writer can send, as SERVICE:Operation in order.
func Writes() []string {
	var names []string
	for name := range writes {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// plain sends a request whose answer says nothing but that it was accepted.
func plain[I, O, F any](ctx context.Context, input json.RawMessage, call func(context.Context, *I, ...F) (*O, error)) (Answer, error) {
	_, err := send(ctx, input, call)
	return Answer{}, err
}

// send reads a request's JSON into the SDK's own type, so that a member which the operation does
// not have is an error before anything is sent.
func send[I, O, F any](ctx context.Context, input json.RawMessage, call func(context.Context, *I, ...F) (*O, error)) (*O, error) {
	var in I
	dec := json.NewDecoder(bytes.NewReader(input))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&in); err != nil {
		return nil, fmt.Errorf("the request is not as the SDK takes it: %w", err)
	}
	return call(ctx, &in)
}

// refusals reads Unsuccessful, which can be absent from the answer, empty or filled.
func refusals(items []types.UnsuccessfulItem) []Unsuccessful {
	var refused []Unsuccessful
	for _, item := range items {
		u := Unsuccessful{Resource: aws.ToString(item.ResourceId)}
		if item.Error != nil {
			u.Code, u.Message = aws.ToString(item.Error.Code), aws.ToString(item.Error.Message)
		}
		refused = append(refused, u)
	}
	return refused
}

// pathStyle addresses buckets by path, which works for every name and at every endpoint.
func pathStyle(o *s3.Options) { o.UsePathStyle = true }
