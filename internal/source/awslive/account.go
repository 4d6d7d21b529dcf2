package awslive

import (
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"

	"flowproof/internal/inventory"
)

// account is the way into one account: whose credentials its calls carry, and how patient the run
// still is with it.
type account struct {
	partition, id string
	credentials   aws.CredentialsProvider // nil for the caller's own
	patience      *patience
	gate          *gate
	byName        func() *named
	regions       regionBook
}

func (a *account) scope(region string) inventory.Scope {
	return inventory.Scope{Partition: a.partition, Account: a.id, Region: region}
}

// route is the way of the account's calls to a service in a Region.
func (a *account) route(endpoint *patience) *route {
	return &route{account: a.patience, gate: a.gate, endpoint: endpoint}
}

// client is the account's view of a Region.
func (a *account) client(all *clients, region string) regionReader {
	client := all.in(region)
	if a.credentials == nil {
		return client
	}
	return as{client, a.credentials}
}

// book keeps the accounts that scopes are being read of, so that a role is assumed once for all
// Regions of an account. Those that have not been asked for in a while are forgotten, lest memory
// grow with the organisation: the newer half of a full book becomes the older half of the next.
type book struct {
	mu           sync.Mutex
	newer, older map[string]*account
}

// bookHalf is far above the accounts that are in flight at once.
const bookHalf = 512

// get finds an account, or enters what open gives.
func (b *book) get(id string, open func() *account) *account {
	b.mu.Lock()
	defer b.mu.Unlock()
	a, ok := b.newer[id]
	if ok {
		return a
	}
	if a, ok = b.older[id]; !ok {
		a = open()
	}
	if b.newer == nil || len(b.newer) >= bookHalf {
		b.newer, b.older = make(map[string]*account, bookHalf), b.newer
	}
	b.newer[id] = a
	return a
}
