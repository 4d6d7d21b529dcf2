package cli

import (
	"context"
	"net/http"
	"testing"

	"flowproof/internal/sandbox"
)

func TestTheSandboxIsForThisMachine(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		anyone bool
		want   int
	}{
		"this machine": {false, http.StatusMisdirectedRequest},
		"anyone":       {true, http.StatusOK},
	} {
		aws, err := newSandbox(sandbox.DefaultScenario())
		if err != nil {
			t.Fatal(err)
		}
		running, err := startSandbox(context.Background(), "127.0.0.1:0", test.anyone, aws)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(running.stop)
		if s := running.server; s.ReadHeaderTimeout <= 0 || s.ReadTimeout <= 0 || s.IdleTimeout <= 0 {
			t.Errorf("%s: a client can hold a connection for ever", name)
		}
		for host, want := range map[string]int{"": http.StatusOK, "rebound.example": test.want} {
			r, err := http.NewRequestWithContext(context.Background(), http.MethodGet, running.url, nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Host = host // empty for that of the URL
			answer, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			_ = answer.Body.Close()
			if answer.StatusCode != want {
				t.Errorf("%s, Host %q: %d, want %d", name, host, answer.StatusCode, want)
			}
		}
	}
}
