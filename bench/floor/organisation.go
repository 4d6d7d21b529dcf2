package main

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"golang.org/x/sync/errgroup"
)

// accountsAtOnce keeps every slot for a call in use: an account needs 34 of them at its widest
// and one for most of its time.
const accountsAtOnce = 64

// readOrganisation lists the accounts and reads each, its own with its own credentials and the
// others through a role.
func (f *floor) readOrganisation(ctx context.Context) error {
	lender := sts.NewFromConfig(f.cfg)
	self, err := call(f, func() (*sts.GetCallerIdentityOutput, error) {
		return lender.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	})
	if err != nil {
		return fmt.Errorf("identity: %w", err)
	}
	accounts, ctx := errgroup.WithContext(ctx)
	accounts.SetLimit(accountsAtOnce)
	pages := organizations.NewListAccountsPaginator(organizations.NewFromConfig(f.cfg), &organizations.ListAccountsInput{})
	for pages.HasMorePages() {
		page, err := call(f, func() (*organizations.ListAccountsOutput, error) { return pages.NextPage(ctx) })
		if err != nil {
			return fmt.Errorf("accounts: %w", err)
		}
		for _, account := range page.Accounts {
			switch {
			case account.State != types.AccountStateActive:
			case aws.ToString(account.Id) == aws.ToString(self.Account):
				accounts.Go(func() error { return f.readAccount(ctx, func(*ec2.Options) {}) })
			default:
				accounts.Go(func() error { return f.readOther(ctx, lender, aws.ToString(account.Id)) })
			}
		}
	}
	return accounts.Wait()
}

// readOther reads an account through its role.
func (f *floor) readOther(ctx context.Context, lender *sts.Client, account string) error {
	role, err := call(f, func() (*sts.AssumeRoleOutput, error) {
		return lender.AssumeRole(ctx, &sts.AssumeRoleInput{
			RoleArn: aws.String("arn:aws:iam::" + account + ":role/flowproof-read"), RoleSessionName: aws.String("floor"),
		})
	})
	if err != nil {
		return fmt.Errorf("enter %s: %w", account, err)
	}
	c := role.Credentials
	keys := credentials.NewStaticCredentialsProvider(aws.ToString(c.AccessKeyId), aws.ToString(c.SecretAccessKey), aws.ToString(c.SessionToken))
	return f.readAccount(ctx, func(o *ec2.Options) { o.Credentials = keys })
}
