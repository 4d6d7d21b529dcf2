package awscall_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/smithy-go/middleware"

	"flowproof/internal/awscall"
)

// canned is a network that costs nothing.
type canned []byte

func (c canned) Do(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Request: r, Body: io.NopCloser(bytes.NewReader(c)), ContentLength: int64(len(c))}, nil
}

// BenchmarkPage reads a page of 1,000 flow logs with five tags each, with and without the checks.
func BenchmarkPage(b *testing.B) {
	var page bytes.Buffer
	page.WriteString("<DescribeFlowLogsResponse><flowLogSet>")
	for i := range 1000 {
		fmt.Fprintf(&page, "<item><flowLogId>fl-%017d</flowLogId><flowLogStatus>ACTIVE</flowLogStatus><resourceId>vpc-%017d</resourceId><trafficType>ALL</trafficType>"+
			"<logDestinationType>s3</logDestinationType><logDestination>arn:aws:s3:::logs</logDestination><deliverLogsStatus>SUCCESS</deliverLogsStatus><tagSet>", i, i)
		for n := range 5 {
			fmt.Fprintf(&page, "<item><key>key-%d</key><value>some value</value></item>", n)
		}
		page.WriteString("</tagSet></item>")
	}
	page.WriteString("</flowLogSet></DescribeFlowLogsResponse>")
	for name, options := range map[string][]func(*middleware.Stack) error{"unchecked": nil, "checked": {awscall.Check}} {
		b.Run(name, func(b *testing.B) {
			client := ec2.NewFromConfig(aws.Config{
				Region: "eu-west-1", HTTPClient: canned(page.Bytes()), APIOptions: options,
				Credentials: credentials.NewStaticCredentialsProvider("K", "S", ""),
			})
			b.SetBytes(int64(page.Len()))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := client.DescribeFlowLogs(b.Context(), nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
