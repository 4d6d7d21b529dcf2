package awslive

import (
	"context"
	"errors"

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
	name, here := inv.OwnStream(arn)
	if !here {
		return nil
	}
	inv.Named.Asked.Streams = append(inv.Named.Asked.Streams, arn)
	stream, err := describeStream(ctx, client, name)
	if stream != nil {
		inv.Named.Streams = append(inv.Named.Streams, *stream)
	}
	return err
}

// describeStream reads a stream of the client's account and Region; nil where there is none.
func describeStream(ctx context.Context, client streamReader, name string) (*inventory.Stream, error) {
	out, err := limited(ctx, client.DescribeDeliveryStream, &firehose.DescribeDeliveryStreamInput{DeliveryStreamName: aws.String(name)})
	if _, absent := errors.AsType[*types.ResourceNotFoundException](err); absent {
		return nil, nil
	}
	if err != nil || out.DeliveryStreamDescription == nil {
		return nil, err
	}
	d := out.DeliveryStreamDescription
	stream := &inventory.Stream{
		Name: name, ARN: aws.ToString(d.DeliveryStreamARN),
		Status: string(d.DeliveryStreamStatus), Source: string(d.DeliveryStreamType),
	}
	if e := d.DeliveryStreamEncryptionConfiguration; e != nil && e.KeyType == types.KeyTypeCustomerManagedCmk && e.Status == types.DeliveryStreamEncryptionStatusEnabled {
		stream.KMSKey = aws.ToString(e.KeyARN)
	}
	return stream, nil
}
