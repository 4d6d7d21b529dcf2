package awslive

import (
	"context"
	"sync"

	"flowproof/internal/inventory"
)

// memo keeps what was found under each key until it is forgotten, so that a run asks once for what
// every Region needs. Who wants a key that is being asked for waits. What AWS said is for everybody, a
// refusal too. Any other failure is of the one who asked, whose time may have been up: it is not
// kept, and those who waited ask for themselves.
type memo[T any] struct {
	mu  sync.Mutex
	had map[string]*found[T]
}

// found is what came of asking, once done is closed.
type found[T any] struct {
	done  chan struct{}
	value T
	err   error
}

// of gives what is kept under a key, or asks. The value counts even beside an error, if ask gives one.
func (m *memo[T]) of(ctx context.Context, key string, ask func() (T, error)) (T, error) {
	for {
		f, first := m.join(key)
		if first {
			m.fill(key, f, ask)
			return f.value, f.err
		}
		select {
		case <-f.done:
		case <-ctx.Done():
			var none T
			return none, ctx.Err()
		}
		if isSaidByAWS(f.err) {
			return f.value, f.err
		}
	}
}

// join is what is kept or being asked for; first is true where the caller has to ask.
func (m *memo[T]) join(key string) (f *found[T], first bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if f, ok := m.had[key]; ok {
		return f, false
	}
	if m.had == nil {
		m.had = map[string]*found[T]{}
	}
	f = &found[T]{done: make(chan struct{})}
	m.had[key] = f
	return f, true
}

func (m *memo[T]) fill(key string, f *found[T], ask func() (T, error)) {
	f.err = context.Canceled // of an ask that panics: nobody may take its nothing for a value
	defer func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		if !isSaidByAWS(f.err) && m.had[key] == f {
			delete(m.had, key)
		}
		close(f.done)
	}()
	f.value, f.err = ask()
}

// forget makes the next one who wants a key ask.
func (m *memo[T]) forget() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.had = nil
}

// isSaidByAWS reports whether AWS would say the same to whoever asks: no error, or refusals alone.
func isSaidByAWS(err error) bool {
	if err == nil {
		return true
	}
	if several, ok := err.(interface{ Unwrap() []error }); ok {
		for _, err := range several.Unwrap() {
			if !isSaidByAWS(err) {
				return false
			}
		}
		return true
	}
	cause, _ := classify(err, circumstances{run: context.Background()})
	return cause == inventory.Denied || cause == inventory.DeniedBySCP
}
