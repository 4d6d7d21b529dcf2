package awslive

import (
	"context"
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/firehose"
	"github.com/aws/aws-sdk-go-v2/service/firehose/types"

	"flowproof/internal/inventory"
)

// streamReader is what is read of Firehose in one Region.
type streamReader interface {
	DescribeDeliveryStream(context.Context, *firehose.DescribeDeliveryStreamInput, ...func(*firehose.Options)) (*firehose.DescribeDeliveryStreamOutput, error)
}

// readStream reads a stream in the scope that its ARN is of; other scopes cannot see it and are
// not asked.
func readStream(ctx context.Context, client streamReader, arn string, inv *inventory.Inventory) error {
	name, here := strings.CutPrefix(arn, "arn:"+inv.Partition+":firehose:"+inv.Region+":"+inv.Account+":deliverystream/")
	if !here {
		return nil
	}
	inv.Named.Asked.Streams = append(inv.Named.Asked.Streams, arn)
	out, err := limited(ctx, client.DescribeDeliveryStream, &firehose.DescribeDeliveryStreamInput{DeliveryStreamName: aws.String(name)})
	if _, absent := errors.AsType[*types.ResourceNotFoundException](err); absent {
		return nil
	}
	if err != nil {
		return err
	}
	if d := out.DeliveryStreamDescription; d != nil {
		inv.Named.Streams = append(inv.Named.Streams, inventory.Stream{
			Name: name, ARN: aws.ToString(d.DeliveryStreamARN),
			Status: string(d.DeliveryStreamStatus), Source: string(d.DeliveryStreamType),
		})
	}
	return nil
}
