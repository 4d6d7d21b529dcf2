package cli_test

import (
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/google/go-cmp/cmp"

	"flowproof/internal/sandbox/mototest"
)

// TestAnOrganisationOnMoto scans the accounts of an organisation that moto holds. Moto lends any role
// in any account, so what is refused is tried on the sandbox.
func TestAnOrganisationOnMoto(t *testing.T) {
	m := &motoAccount{t: t, endpoint: mototest.Start(t)}
	const region = "eu-north-1"
	directory := organizations.NewFromConfig(m.config("us-east-1"))
	_, err := directory.CreateOrganization(t.Context(), &organizations.CreateOrganizationInput{FeatureSet: types.OrganizationFeatureSetAll})
	if _, again := errors.AsType[*types.AlreadyInOrganizationException](err); !again {
		m.fatal(err)
	}
	want := map[string]string{}
	for _, name := range []string{"shop", "lab"} {
		made, err := directory.CreateAccount(t.Context(), &organizations.CreateAccountInput{AccountName: aws.String(name), Email: aws.String(name + "@example.com")})
		m.fatal(err)
		account := aws.ToString(made.CreateAccountStatus.AccountId)
		lent, err := sts.NewFromConfig(m.config("us-east-1")).AssumeRole(t.Context(), &sts.AssumeRoleInput{
			RoleArn: aws.String("arn:aws:iam::" + account + ":role/flowproof-read"), RoleSessionName: aws.String("seed"),
		})
		m.fatal(err)
		cfg := m.config(region)
		cfg.Credentials = credentials.NewStaticCredentialsProvider(*lent.Credentials.AccessKeyId, *lent.Credentials.SecretAccessKey, *lent.Credentials.SessionToken)
		vpc, err := ec2.NewFromConfig(cfg).CreateVpc(t.Context(), &ec2.CreateVpcInput{CidrBlock: aws.String("10.7.0.0/16")})
		m.fatal(err)
		want[aws.ToString(vpc.Vpc.VpcId)] = account
	}
	s := scanMoto(t, m.endpoint, "--org", "--region", region, "--rule", "vpc-flow-log-check")
	got := map[string]string{}
	for _, f := range s.Findings {
		if _, made := want[f.Resource.ID]; made && f.Outcome == "fail" {
			got[f.Resource.ID] = f.Resource.Account
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("VPCs and their accounts (-want +got):\n%s", diff)
	}
	if s.Summary.ExitStatus != 3 || s.Summary.Scopes["read"] != s.Summary.Scopes["expected"] || s.Summary.Scopes["read"] < 3 {
		t.Errorf("exit status %d, scopes %v; want three or more, all read", s.Summary.ExitStatus, s.Summary.Scopes)
	}
}
