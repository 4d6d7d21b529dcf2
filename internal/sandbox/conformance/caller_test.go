package conformance

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os/exec"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/schemas"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/transport/http/protocol/awsjson"
)

func ec2Call[I, O any](method func(*ec2.Client, context.Context, *I, ...func(*ec2.Options)) (*O, error), in I) caller {
	return sdkCall(in, func(ctx context.Context, w *world, in *I) (any, error) {
		return method(ec2.NewFromConfig(w.config), ctx, in)
	})
}

func stsCall[I, O any](method func(*sts.Client, context.Context, *I, ...func(*sts.Options)) (*O, error), in I) caller {
	return sdkCall(in, func(ctx context.Context, w *world, in *I) (any, error) {
		return method(sts.NewFromConfig(w.config), ctx, in)
	})
}

func iamCall[I, O any](method func(*iam.Client, context.Context, *I, ...func(*iam.Options)) (*O, error), in I) caller {
	return sdkCall(in, func(ctx context.Context, w *world, in *I) (any, error) {
		return method(iam.NewFromConfig(w.config), ctx, in)
	})
}

func logsCall[I, O any](method func(*cloudwatchlogs.Client, context.Context, *I, ...func(*cloudwatchlogs.Options)) (*O, error), in I) caller {
	return sdkCall(in, func(ctx context.Context, w *world, in *I) (any, error) {
		return method(cloudwatchlogs.NewFromConfig(w.config), ctx, in)
	})
}

// cloudWatchCall speaks JSON, as flowproof and the CLI do: the SDK's own choice moto does not know.
func cloudWatchCall[I, O any](method func(*cloudwatch.Client, context.Context, *I, ...func(*cloudwatch.Options)) (*O, error), in I) caller {
	return sdkCall(in, func(ctx context.Context, w *world, in *I) (any, error) {
		return method(cloudwatch.NewFromConfig(w.config, func(o *cloudwatch.Options) {
			o.Protocol = awsjson.New10(schemas.GraniteServiceVersion20100801)
			o.DisableRequestCompression = true // the sandbox takes only what is plain
		}), ctx, in)
	})
}

func s3Call[I, O any](method func(*s3.Client, context.Context, *I, ...func(*s3.Options)) (*O, error), in I) caller {
	return sdkCall(in, func(ctx context.Context, w *world, in *I) (any, error) {
		return method(s3.NewFromConfig(w.config, func(o *s3.Options) { o.UsePathStyle = true }), ctx, in)
	})
}

// wholeBody is an HTTP client that sends a request's body in one piece. The SDK's own (smithy-go
// 1.28.9) breaks the connection when a server answers before net/http has looked for the
// body's end, which the sandbox is quick enough to do.
type wholeBody struct{}

func (wholeBody) Do(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		r.Body = io.NopCloser(bytes.NewReader(b))
	}
	return http.DefaultClient.Do(r)
}

// sdkCall makes a caller of an SDK method and its input, in which placeholders are filled
// in. The operation's name is that of the input type.
func sdkCall[I any](in I, do func(context.Context, *world, *I) (any, error)) caller {
	return caller{
		operation: strings.TrimSuffix(reflect.TypeFor[I]().Name(), "Input"),
		do: func(ctx context.Context, w *world) (any, error) {
			filled := w.fill(reflect.ValueOf(in)).Interface().(I)
			return do(ctx, w, &filled)
		},
	}
}

// pager is an SDK paginator.
type pager[O, Options any] interface {
	HasMorePages() bool
	NextPage(ctx context.Context, options ...func(*Options)) (*O, error)
}

// maxPages ends a list whose pages never do.
const maxPages = 20

// allPages walks through a whole list and gives one answer in which its lists are joined;
// of the other fields the last page's count.
func allPages[O, Options any](operation string, open func(w *world) pager[O, Options]) caller {
	return caller{operation: operation, do: func(ctx context.Context, w *world) (any, error) {
		whole := make(map[string]any)
		pages := open(w)
		for n := 1; pages.HasMorePages() && n <= maxPages; n++ {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return nil, err
			}
			tree, _ := treeOf(page).(map[string]any)
			for name, v := range tree {
				if list, ok := v.([]any); ok {
					so, _ := whole[name].([]any)
					v = append(so, list...)
				}
				whole[name] = v
			}
			if _, more := tree["NextToken"]; !more {
				delete(whole, "NextToken")
			}
			if _, more := tree["Marker"]; !more {
				delete(whole, "Marker")
			}
		}
		return whole, nil
	}}
}

// cliCall runs the official AWS CLI. Its answer is the JSON it prints, or
// the code and message of the error that it reports.
func cliCall(args ...string) caller {
	return caller{
		operation: pascal(args[1]),
		do: func(ctx context.Context, w *world) (any, error) {
			cmd := exec.CommandContext(ctx, w.cli, append([]string{"--output", "json", "--region", w.config.Region}, w.fillAll(args)...)...)
			cmd.Env = w.env
			var stdout, stderr bytes.Buffer
			cmd.Stdout, cmd.Stderr = &stdout, &stderr
			if err := cmd.Run(); err != nil {
				return cliError(stderr.String(), err)
			}
			if stdout.Len() == 0 {
				return nil, nil
			}
			var answer any
			if err := json.Unmarshal(stdout.Bytes(), &answer); err != nil {
				return nil, fmt.Errorf("the CLI printed no JSON: %w\n%s", err, stdout.Bytes())
			}
			return answer, nil
		},
	}
}

// cliReport is how the CLI words an error answer.
var cliReport = regexp.MustCompile(`(?s)An error occurred \(([^)]+)\) when calling the \w+ operation: (.*)`)

func cliError(stderr string, err error) (any, error) {
	m := cliReport.FindStringSubmatch(stderr)
	if m == nil {
		return nil, fmt.Errorf("%w: %s", err, stderr)
	}
	return map[string]any{"Error": map[string]any{"Code": m[1], "Message": strings.TrimSpace(m[2])}}, nil
}

// pascal turns describe-vpcs into DescribeVpcs.
func pascal(kebab string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(kebab, "-") {
		b.WriteString(strings.ToUpper(part[:1]) + part[1:])
	}
	return b.String()
}

// formCall sends a query-protocol call that no SDK would send.
func formCall(service, operation string, form map[string]string) caller {
	return caller{operation: operation, do: func(ctx context.Context, w *world) (any, error) {
		values := url.Values{}
		if operation != "" {
			values.Set("Action", operation)
		}
		for k, v := range form {
			values.Set(k, w.fillText(v))
		}
		h := http.Header{"Content-Type": {"application/x-www-form-urlencoded; charset=utf-8"}}
		return w.send(ctx, service, http.MethodPost, "/", h, values.Encode())
	}}
}

// targetCall sends a JSON 1.1 call that no SDK would send.
func targetCall(service, target, body string) caller {
	_, operation, _ := strings.Cut(target, ".")
	return caller{operation: operation, do: func(ctx context.Context, w *world) (any, error) {
		h := http.Header{"Content-Type": {"application/x-amz-json-1.1"}, "X-Amz-Target": {target}}
		return w.send(ctx, service, http.MethodPost, "/", h, w.fillText(body))
	}}
}

// An error in XML or JSON, from whatever service.
var (
	codeText    = regexp.MustCompile(`<Code>([^<]*)</Code>|"__type": *"([^"]*)"`)
	messageText = regexp.MustCompile(`(?s)<Message>(.*?)</Message>|"[mM]essage": *"((?:[^"\\]|\\.)*)"`)
)

// send makes an HTTP request with a signature that neither world checks. An answer other than
// an error is not looked into.
func (w *world) send(ctx context.Context, service, method, path string, header http.Header, body string) (any, error) {
	req, err := http.NewRequestWithContext(ctx, method, *w.config.BaseEndpoint+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	for k, v := range header {
		req.Header[k] = v
	}
	keys, err := w.config.Credentials.Retrieve(ctx)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+keys.AccessKeyID+"/20260101/"+w.config.Region+"/"+service+
		"/aws4_request, SignedHeaders=host, Signature=0")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode == http.StatusOK {
		return map[string]any{}, err
	}
	return map[string]any{"Error": map[string]any{
		"Code": cmp.Or(submatch(codeText, text), noCode), "Message": submatch(messageText, text), "Status": strconv.Itoa(res.StatusCode),
	}}, nil
}

// submatch gives the first group that took part in the match.
func submatch(re *regexp.Regexp, text []byte) string {
	for i, m := range re.FindSubmatch(text) {
		if i > 0 && m != nil {
			return string(m)
		}
	}
	return ""
}
