package awslive

import (
	"context"
	"slices"
	"strings"
	"sync"

	"flowproof/internal/awscall"
	"flowproof/internal/inventory"
)

// questionsAtOnce bounds what a scope asks about its destinations and roles at the same time.
const questionsAtOnce = 8

// question asks about one thing that flow logs refer to.
type question struct {
	kind inventory.Kind
	name string
	ask  func(context.Context) (answer, []failure)
}

// answer adds what was read to a scope; nil where there is no such thing.
type answer func(*inventory.Named)

// failure is a call that kept something from being known.
type failure struct {
	api string
	err error
}

// readReferred reads what the scope's flow logs deliver to and with, once they are known: one
// question for each distinct log group, bucket, stream and role. What cannot be read of one says
// nothing about the others.
func (s *Source) readReferred(ctx context.Context, a *account, inv *inventory.Inventory) {
	names := inv.ReferredTo()
	questions := a.byName().questions(inv, names)
	if len(questions) == 0 {
		return
	}
	answers, failures := make([]answer, len(questions)), make([][]failure, len(questions))
	free := make(chan struct{}, questionsAtOnce)
	var running sync.WaitGroup
	for i, q := range questions {
		free <- struct{}{}
		running.Go(func() {
			defer func() { <-free }()
			answers[i], failures[i] = q.ask(withRoute(ctx, a.route(nil)))
		})
	}
	running.Wait()
	for i, q := range questions {
		if answers[i] != nil {
			answers[i](&inv.Named)
		}
		for _, f := range failures[i] {
			cause, message := classify(f.err, s.circumstances(ctx, a, inv.Region, f.err))
			inv.Gaps = append(inv.Gaps, inventory.Gap{Kind: q.kind, API: awscall.API(f.err, f.api), Cause: cause, Message: message, Resource: q.name})
		}
	}
}

// questions are those about the kinds that were asked for.
func (n *named) questions(inv *inventory.Inventory, names inventory.Names) []question {
	var list []question
	add := func(kind inventory.Kind, names []string, asked *[]string, ask func(string) func(context.Context) (answer, []failure)) {
		for _, name := range names {
			*asked = append(*asked, name)
			list = append(list, question{kind, name, ask(name)})
		}
	}
	scope, asked := inv.Scope, &inv.Named.Asked
	if slices.Contains(inv.Kinds, inventory.Destinations) {
		add(inventory.Destinations, names.LogGroups, &asked.LogGroups, func(name string) func(context.Context) (answer, []failure) {
			return func(ctx context.Context) (answer, []failure) { return n.askLogGroup(ctx, scope, name) }
		})
		add(inventory.Destinations, names.Buckets, &asked.Buckets, func(name string) func(context.Context) (answer, []failure) {
			return func(ctx context.Context) (answer, []failure) { return n.askBucket(ctx, scope, name) }
		})
		add(inventory.Destinations, names.Streams, &asked.Streams, func(arn string) func(context.Context) (answer, []failure) {
			return func(ctx context.Context) (answer, []failure) { return n.askStream(ctx, scope, arn) }
		})
	}
	if slices.Contains(inv.Kinds, inventory.DeliveryRoles) {
		add(inventory.DeliveryRoles, names.Roles, &asked.Roles, func(name string) func(context.Context) (answer, []failure) {
			return func(ctx context.Context) (answer, []failure) { return n.askRole(ctx, name) }
		})
	}
	return list
}

func (n *named) askLogGroup(ctx context.Context, s inventory.Scope, name string) (answer, []failure) {
	group, err := readLogGroup(ctx, n.logs(s.Region), name)
	switch {
	case err != nil:
		return nil, []failure{{"logs:DescribeLogGroups", err}}
	case group == nil:
		return nil, nil
	}
	return func(named *inventory.Named) {
		same := func(g inventory.LogGroup) bool { return g.Name == name }
		if i := slices.IndexFunc(named.LogGroups, same); i >= 0 {
			group.Tags = named.LogGroups[i].Tags // planning has read them, and knows by them what flowproof made
		}
		named.LogGroups = replaced(named.LogGroups, *group, same)
	}, nil
}

func (n *named) askStream(ctx context.Context, s inventory.Scope, arn string) (answer, []failure) {
	_, name, _ := strings.Cut(arn, ":deliverystream/")
	stream, err := describeStream(ctx, n.streams(s.Region), name)
	switch {
	case err != nil:
		return nil, []failure{{"firehose:DescribeDeliveryStream", err}}
	case stream == nil:
		return nil, nil
	}
	return func(named *inventory.Named) {
		named.Streams = replaced(named.Streams, *stream, func(s inventory.Stream) bool { return s.ARN == arn })
	}, nil
}

// askRole reads a role once for all Regions of the account.
func (n *named) askRole(ctx context.Context, name string) (answer, []failure) {
	roles, err := n.role.of(ctx, name, func() ([]inventory.Role, error) { return readRole(ctx, n.roles, name) })
	switch {
	case err != nil:
		return nil, []failure{{"iam:GetRole", err}}
	case len(roles) == 0:
		return nil, nil
	}
	role := cloneRoles(roles)[0]
	return func(named *inventory.Named) {
		named.Roles = replaced(named.Roles, role, func(r inventory.Role) bool { return r.Name == name })
	}, nil
}

// replaced puts a fact in the place of what planning read of the same thing, which may be less.
func replaced[T any](facts []T, fact T, same func(T) bool) []T {
	return append(slices.DeleteFunc(facts, same), fact)
}
