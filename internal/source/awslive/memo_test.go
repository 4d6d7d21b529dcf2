package awslive

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/aws/smithy-go"
)

// asked runs one asker whose question is being answered, and others that wait for it.
func asked(t *testing.T, m *memo[string], first error, others int) (calls int, answers []string, errs []error) {
	t.Helper()
	asking, answer := make(chan struct{}), make(chan struct{})
	var mu sync.Mutex
	count := func() {
		mu.Lock()
		defer mu.Unlock()
		calls++
	}
	var all sync.WaitGroup
	all.Go(func() {
		_, err := m.of(t.Context(), "k", func() (string, error) {
			count()
			close(asking)
			<-answer
			return "first", first
		})
		if !errors.Is(err, first) {
			t.Errorf("the first asker got %v, want its own error %v", err, first)
		}
	})
	<-asking
	for range others {
		all.Go(func() {
			value, err := m.of(t.Context(), "k", func() (string, error) {
				count()
				return "second", nil
			})
			mu.Lock()
			defer mu.Unlock()
			answers, errs = append(answers, value), append(errs, err)
		})
	}
	close(answer)
	all.Wait()
	return calls, answers, errs
}

func TestMemo_shares_what_AWS_said(t *testing.T) {
	t.Parallel()
	denied := &smithy.GenericAPIError{Code: "AccessDenied", Message: "no"}
	throttled := &smithy.GenericAPIError{Code: "Throttling", Message: "slow down"}
	tests := []struct {
		name  string
		first error
		calls int
		want  string // of those who waited
		err   error
	}{
		{"a success", nil, 1, "first", nil},
		{"a refusal", denied, 1, "first", denied},
		{"refusals alone", errors.Join(denied, denied), 1, "first", denied},
		{"a cancelled asker", context.Canceled, 2, "second", nil},
		{"an asker whose time was up", context.DeadlineExceeded, 2, "second", nil},
		{"a cancelled asker who was refused too", errors.Join(denied, context.Canceled), 2, "second", nil},
		{"throttling to the end", throttled, 2, "second", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var m memo[string]
			calls, answers, errs := asked(t, &m, tt.first, 20)
			if calls != tt.calls {
				t.Errorf("AWS was asked %d times, want %d", calls, tt.calls)
			}
			for i := range answers {
				if answers[i] != tt.want || !errors.Is(errs[i], tt.err) {
					t.Errorf("one who waited got %q and %v, want %q and %v", answers[i], errs[i], tt.want, tt.err)
				}
			}
			m.forget()
			if got, err := m.of(t.Context(), "k", func() (string, error) { return "again", nil }); got != "again" || err != nil {
				t.Errorf("after it was forgotten: %q and %v", got, err)
			}
		})
	}
}

func TestMemo_waits_no_longer_than_the_asker_may(t *testing.T) {
	t.Parallel()
	var m memo[string]
	ctx, cancel := context.WithCancel(t.Context())
	_, err := m.of(t.Context(), "k", func() (string, error) {
		cancel()
		_, waited := m.of(ctx, "k", func() (string, error) { return "", nil })
		if !errors.Is(waited, context.Canceled) {
			t.Errorf("one who was cancelled while waiting got %v", waited)
		}
		return "x", nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestMemo_of_a_question_that_panics(t *testing.T) {
	t.Parallel()
	var m memo[string]
	func() {
		defer func() { _ = recover() }()
		_, _ = m.of(t.Context(), "k", func() (string, error) { panic("x") })
	}()
	if got, err := m.of(t.Context(), "k", func() (string, error) { return "y", nil }); got != "y" || err != nil {
		t.Errorf("%q and %v, want the next answer", got, err)
	}
}
