package awslive

import (
	"context"
	"fmt"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"flowproof/internal/inventory"
)

// Visit is what came of trying the way into a member.
type Visit struct {
	Member
	Own        bool           // the caller's own account, which needs no role
	Management bool           // the management account, where that is known
	Role       string         // ARN of the role to be assumed; empty for the caller's own account and for closed ones
	Gap        *inventory.Gap // why the account cannot be entered
}

// Identify asks whose credentials these are, and gives the ARN.
func (o *Organization) Identify(ctx context.Context) (string, error) {
	if err := o.begin(ctx); err != nil {
		return "", err
	}
	return o.who.arn, nil
}

// Caller is the ARN of whose credentials these are, once Discover or Visit has asked.
func (o *Organization) Caller() string { return o.who.arn }

// Visit lists the accounts that Discover would read and tries the way into each, without reading
// anything else: the role is assumed, and asked which account it is of. visited is called from one
// goroutine, in any order. The gaps say which accounts may be missing.
func (o *Organization) Visit(ctx context.Context, visited func(Visit)) ([]inventory.Gap, error) {
	if err := o.begin(ctx); err != nil {
		return nil, err
	}
	management := o.management(ctx)
	members := make(chan Member)
	visits := make(chan Visit)
	var gaps []inventory.Gap
	var mistake error
	go func() {
		defer close(members)
		gaps, mistake = o.list(ctx, func(m Member) { members <- m })
	}()
	var visiting sync.WaitGroup
	for range accountsAtOnce {
		visiting.Go(func() {
			for m := range members {
				v := o.visit(ctx, m)
				v.Management = v.ID == management
				visits <- v
			}
		})
	}
	go func() {
		visiting.Wait()
		close(visits)
	}()
	n := 0
	for v := range visits {
		n++
		visited(v)
	}
	if mistake != nil {
		return nil, mistake
	}
	if n == 0 && len(gaps) == 0 {
		return nil, o.nothing(false)
	}
	return gaps, nil
}

func (o *Organization) visit(ctx context.Context, m Member) Visit {
	v := Visit{Member: m}
	if m.Closed() {
		return v
	}
	a := o.account(o.who.partition, m.ID)
	if a.credentials == nil {
		v.Own = true
		return v // GetCallerIdentity has told it already
	}
	v.Role = o.roleIn(a.id).arn(a.partition, a.id)
	if v.Gap = o.enter(ctx, a); v.Gap == nil {
		v.Gap = o.identify(ctx, a)
	}
	return v
}

// identify asks with a member's credentials whose they are.
func (o *Organization) identify(ctx context.Context, a *account) *inventory.Gap {
	const api = "sts:GetCallerIdentity"
	out, err := along(withRoute(ctx, a.route(o.source.doubts.about("sts", o.source.home))), func(ctx context.Context) (*sts.GetCallerIdentityOutput, error) {
		return o.source.identity.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{}, func(s *sts.Options) { s.Credentials = a.credentials })
	})
	if err != nil {
		cause, message := classify(err, circumstances{run: ctx, credentials: true})
		return &inventory.Gap{Kind: inventory.Accounts, API: api, Cause: cause, Message: message}
	}
	if said := aws.ToString(out.Account); said != a.id {
		return &inventory.Gap{Kind: inventory.Accounts, API: api, Cause: inventory.Incomplete, Message: fmt.Sprintf("the role's credentials are of account %q", said)}
	}
	return nil
}

// Belonging is what an organisation says of itself to any of its accounts.
type Belonging struct {
	ID         string // o-...
	Management string // account id
}

// Belonging asks which organisation the caller's account is in.
func (o *Organization) Belonging(ctx context.Context) (Belonging, error) {
	out, err := along(ctx, func(ctx context.Context) (*organizations.DescribeOrganizationOutput, error) {
		return o.directory.DescribeOrganization(ctx, &organizations.DescribeOrganizationInput{})
	})
	if err != nil {
		_, message := classify(err, circumstances{run: ctx, credentials: true})
		return Belonging{}, fmt.Errorf("organizations:DescribeOrganization: %s", message)
	}
	if out.Organization == nil {
		return Belonging{}, fmt.Errorf("organizations:DescribeOrganization answered without an organisation")
	}
	return Belonging{ID: aws.ToString(out.Organization.Id), Management: aws.ToString(out.Organization.MasterAccountId)}, nil
}

// management is the management account's id; none where nobody says. It only makes advice better.
func (o *Organization) management(ctx context.Context) string {
	b, err := o.Belonging(ctx)
	if err != nil {
		return ""
	}
	return b.Management
}
