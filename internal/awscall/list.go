package awscall

import (
	"context"
	"sync"
)

// list is the tokens of one list that came so far.
type list struct {
	mu   sync.Mutex
	seen map[string]bool
}

type listKey struct{}

// List is the context of reading one list, page by page: a token that comes a second time ends it
// with a NoAnswerError, since the pages would come round for ever.
func List(ctx context.Context) context.Context {
	return context.WithValue(ctx, listKey{}, &list{seen: map[string]bool{}})
}

func listOf(ctx context.Context) *list {
	l, _ := ctx.Value(listKey{}).(*list)
	return l
}

// repeats takes the token that a page gave, and says what is wrong with it.
func (l *list) repeats(token string) string {
	if l == nil || token == "" {
		return ""
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.seen[token] {
		return "its pages come round: it gave the same token before"
	}
	l.seen[token] = true
	return ""
}
