package awslive

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"flowproof/internal/inventory"
)

// cannedEC2 is a network that costs nothing: it answers what a Region with three VPCs and two flow
// logs answers.
type cannedEC2 struct{ vpcs, logs []byte }

func newCannedEC2() cannedEC2 {
	const open = `<?xml version="1.0" encoding="UTF-8"?><%sResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>00000000-0000-0000-0000-000000000000</requestId>`
	var vpcs, logs strings.Builder
	fmt.Fprintf(&vpcs, open+"<vpcSet>", "DescribeVpcs")
	for i := range 3 {
		fmt.Fprintf(&vpcs, "<item><vpcId>vpc-%017d</vpcId><ownerId>123456789012</ownerId><state>available</state><cidrBlock>10.%d.0.0/16</cidrBlock>"+
			"<dhcpOptionsId>dopt-0123456789abcdef0</dhcpOptionsId><instanceTenancy>default</instanceTenancy><isDefault>false</isDefault>"+
			"<tagSet><item><key>Name</key><value>network-%d</value></item></tagSet></item>", i, i, i)
	}
	vpcs.WriteString("</vpcSet></DescribeVpcsResponse>")
	fmt.Fprintf(&logs, open+"<flowLogSet>", "DescribeFlowLogs")
	for i := range 2 {
		fmt.Fprintf(&logs, "<item><flowLogId>fl-%017d</flowLogId><flowLogStatus>ACTIVE</flowLogStatus><resourceId>vpc-%017d</resourceId><trafficType>ALL</trafficType>"+
			"<logDestinationType>s3</logDestinationType><logDestination>arn:aws:s3:::logs</logDestination><deliverLogsStatus>SUCCESS</deliverLogsStatus>"+
			"<creationTime>2025-01-01T00:00:00.000Z</creationTime><maxAggregationInterval>600</maxAggregationInterval>"+
			"<logFormat>${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} ${protocol} ${packets} ${bytes} ${start} ${end} ${action} ${log-status}</logFormat></item>", i, i)
	}
	logs.WriteString("</flowLogSet></DescribeFlowLogsResponse>")
	return cannedEC2{[]byte(vpcs.String()), []byte(logs.String())}
}

// Do implements aws.HTTPClient.
func (n cannedEC2) Do(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	answer := n.vpcs
	if bytes.Contains(body, []byte("DescribeFlowLogs")) {
		answer = n.logs
	}
	return &http.Response{
		StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r,
		Header: http.Header{"Content-Type": {"text/xml;charset=UTF-8"}}, Body: io.NopCloser(bytes.NewReader(answer)), ContentLength: int64(len(answer)),
	}, nil
}

func cannedConfig(b *testing.B) aws.Config {
	b.Helper()
	cfg, err := ConfigAt("http://127.0.0.1:1")
	if err != nil {
		b.Fatal(err)
	}
	cfg.HTTPClient, cfg.Region = newCannedEC2(), "eu-west-1"
	return cfg
}

// BenchmarkScope is what the CPU of one scope is spent on, without the network. Each case reads the
// same two lists; floor is the bare SDK with one client a Region, which takes anything for an answer.
func BenchmarkScope(b *testing.B) {
	b.Run("floor", func(b *testing.B) {
		cfg := cannedConfig(b)
		cfg.APIOptions = nil
		client := ec2.NewFromConfig(cfg)
		b.ReportAllocs()
		defer cpuOf(b)()
		for b.Loop() {
			bareScope(b, client)
		}
	})
	b.Run("answers checked", func(b *testing.B) {
		client := ec2.NewFromConfig(cannedConfig(b))
		b.ReportAllocs()
		defer cpuOf(b)()
		for b.Loop() {
			bareScope(b, client)
		}
	})
	b.Run("client per scope", func(b *testing.B) {
		cfg := cannedConfig(b)
		b.ReportAllocs()
		defer cpuOf(b)()
		for b.Loop() {
			bareScope(b, ec2.NewFromConfig(cfg, func(o *ec2.Options) { o.Region = "eu-west-1" }))
		}
	})
	b.Run("read", func(b *testing.B) {
		org := cannedOrganization(b, cannedConfig(b))
		b.ReportAllocs()
		defer cpuOf(b)()
		for i := 0; b.Loop(); i++ {
			readScope(b, org, i)
		}
	})
}

// cpuOf reports what the processors spent on each round: wall time says little on a machine that is
// busy with something else.
func cpuOf(b *testing.B) (report func()) {
	b.Helper()
	spent := func() time.Duration {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			b.Fatal(err)
		}
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	before := spent()
	return func() { b.ReportMetric(float64(spent()-before)/float64(b.N), "cpu-ns/op") }
}

// bareScope reads both lists at once, as the floor does.
func bareScope(b *testing.B, client *ec2.Client) {
	b.Helper()
	var both sync.WaitGroup
	both.Go(func() {
		if _, err := client.DescribeVpcs(context.Background(), &ec2.DescribeVpcsInput{MaxResults: aws.Int32(pageSize)}); err != nil {
			b.Error(err)
		}
	})
	both.Go(func() {
		if _, err := client.DescribeFlowLogs(context.Background(), &ec2.DescribeFlowLogsInput{MaxResults: aws.Int32(pageSize)}); err != nil {
			b.Error(err)
		}
	})
	both.Wait()
}

// cannedOrganization is one whose roles are assumed already.
func cannedOrganization(b *testing.B, cfg aws.Config) *Organization {
	b.Helper()
	role := Role{Name: "r", Session: "flowproof", Duration: time.Hour}
	o, err := newOrganization(Options{Now: time.Now}, Membership{Role: role}, regionFilter{}, cfg)
	if err != nil {
		b.Fatal(err)
	}
	return o
}

// readScope reads the i-th scope of an organisation of accounts with 17 Regions.
func readScope(b *testing.B, o *Organization, i int) {
	b.Helper()
	const regions = 17
	id := fmt.Sprintf("%012d", i/regions)
	a := o.account("aws", id)
	if i%regions == 0 {
		a.credentials = aws.NewCredentialsCache(credentials.NewStaticCredentialsProvider("ASIA"+id, "secret", "token"))
	}
	inv := o.Read(context.Background(), inventory.Target{Scope: a.scope("eu-west-1")}, bothKinds)
	if len(inv.Gaps) > 0 || len(inv.VPCs) != 3 || len(inv.FlowLogs) != 2 {
		b.Fatalf("%d VPCs, %d flow logs, %v", len(inv.VPCs), len(inv.FlowLogs), inv.Gaps)
	}
}
