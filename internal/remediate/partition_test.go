package remediate

import (
	"regexp"
	"strings"
	"testing"

	"flowproof/internal/inventory"
)

var partitionOfARN = regexp.MustCompile(`arn:(aws[a-z-]*):`)

// TestEveryARNIsOfThePlansPartition looks at all that is written of a plan to each destination: the
// plan, its exports and the policies for applying it. Principals are the same in every partition.
func TestEveryARNIsOfThePlansPartition(t *testing.T) {
	t.Parallel()
	for region, partition := range map[string]string{"eu-west-1": "aws", "cn-north-1": "aws-cn", "us-gov-east-1": "aws-us-gov"} {
		for name, set := range map[string]func(*Policy){
			"log groups": func(p *Policy) {
				p.KMSKey = "arn:" + partition + ":kms:{region}:{account}:key/11111111-2222-3333-4444-555555555555"
			},
			"bucket": func(p *Policy) { p.Destination, p.Bucket = ToS3, "arn:"+partition+":s3:::central" },
			"stream": func(p *Policy) {
				p.Destination, p.Stream = ToFirehose, "arn:"+partition+":firehose:{region}:{account}:deliverystream/s"
			},
		} {
			policy := DefaultPolicy()
			policy.ChangeExisting = true
			set(&policy)
			scope := readScope(region, "vpc-a")
			scope.Named.Buckets = []inventory.Bucket{{Name: "central", Region: region, Owned: true}}
			scope.Named.Streams = []inventory.Stream{{Name: "s", ARN: "arn:" + partition + ":firehose:" + region + ":" + ownAccount + ":deliverystream/s", Status: "ACTIVE", Source: directPut}}
			p := built(t, judged(policy, scope))
			if len(p.Steps) == 0 || len(p.Unplanned) > 0 {
				t.Fatalf("%s, %s: steps %v, unplanned %v", partition, name, outline(p), reasons(p))
			}
			written := []string{encoded(t, p)}
			for _, kind := range []string{"terraform", "cloudformation", "cli"} {
				written = append(written, export(t, p, kind))
			}
			for _, write := range []func() (string, error){p.WritePolicy, func() (string, error) { return policy.WritePolicy(partition) }} {
				text, err := write()
				if err != nil {
					t.Fatal(err)
				}
				written = append(written, text)
			}
			for _, text := range written {
				arns := partitionOfARN.FindAllStringSubmatch(text, -1)
				if len(arns) == 0 && !strings.Contains(text, "{AWS::Partition}") {
					t.Errorf("%s, %s: no ARN in %.200s", partition, name, text)
				}
				for _, m := range arns {
					if m[1] != partition {
						t.Errorf("%s, %s: %s in %s", partition, name, m[0], text)
					}
				}
			}
		}
	}
}
