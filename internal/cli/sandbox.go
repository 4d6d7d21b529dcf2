package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"time"

	"github.com/spf13/cobra"

	"flowproof/internal/sandbox"
)

func (a *app) sandboxCommand() *cobra.Command {
	var listen, scenario string
	var anywhere bool
	cmd := &cobra.Command{
		Use:     "sandbox",
		Short:   "The embedded AWS as a server, for trying any tool against it",
		GroupID: groupTry,
		Long: `Serves a small AWS over its real protocols, for the AWS CLI, SDKs and flowproof itself.
Without a scenario: 17 Regions, each with its default VPC, any credentials, no faults.`,
		Example: `  flowproof sandbox --listen 127.0.0.1:4566
  flowproof sandbox --listen 127.0.0.1:4566 --scenario demo
  AWS_ENDPOINT_URL=http://127.0.0.1:4566 aws ec2 describe-vpcs`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkListen(listen, anywhere); err != nil {
				return usageError{err}
			}
			s, err := loadScenario(scenario)
			if err != nil {
				return usageError{err}
			}
			return a.serveSandbox(cmd.Context(), listen, s)
		},
	}
	cmd.Flags().StringVar(&listen, "listen", "127.0.0.1:4566", "address and port; port 0 takes a free one")
	cmd.Flags().StringVar(&scenario, "scenario", "", "a scenario file, or `demo`; empty for 17 Regions with default VPCs")
	cmd.Flags().BoolVar(&anywhere, "allow-remote", false, "let --listen name an address that other machines can reach")
	return cmd
}

// checkListen refuses addresses beyond loopback: the sandbox takes any credentials.
func checkListen(listen string, anywhere bool) error {
	addr, err := netip.ParseAddrPort(listen)
	if err != nil {
		return fmt.Errorf("--listen %q: want an IP address and a port, such as 127.0.0.1:4566", listen)
	}
	if !addr.Addr().IsLoopback() && !anywhere {
		return fmt.Errorf("--listen %s: other machines could reach it, and it takes any credentials; add --allow-remote if that is meant", listen)
	}
	return nil
}

func loadScenario(name string) (sandbox.Scenario, error) {
	switch name {
	case "":
		return sandbox.DefaultScenario(), nil
	case "demo":
		return sandbox.DemoScenario(), nil
	}
	raw, err := os.ReadFile(name) //nolint:gosec // the user names their own file
	if err != nil {
		return sandbox.Scenario{}, fmt.Errorf("read the scenario: %w", err)
	}
	s, err := sandbox.ParseScenario(raw)
	if err != nil {
		return sandbox.Scenario{}, fmt.Errorf("scenario %s: %w", name, err)
	}
	return s, nil
}

// serveSandbox serves until the context ends.
func (a *app) serveSandbox(ctx context.Context, listen string, s sandbox.Scenario) error {
	running, err := startSandbox(ctx, listen, s)
	if err != nil {
		return err
	}
	defer running.stop()
	a.sayf("sandbox ready at %s\n", running.url)
	a.sayf("export AWS_ENDPOINT_URL=%s AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=us-east-1\n", running.url)
	select {
	case <-ctx.Done():
		return nil
	case err := <-running.failed:
		return fmt.Errorf("serve the sandbox: %w", err)
	}
}

// runningSandbox is an embedded AWS that is being served.
type runningSandbox struct {
	url    string
	aws    *sandbox.Server
	server *http.Server
	failed chan error
}

func startSandbox(ctx context.Context, listen string, s sandbox.Scenario) (*runningSandbox, error) {
	aws, err := sandbox.New(s)
	if err != nil {
		return nil, fmt.Errorf("start the sandbox: %w", err)
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", listen)
	if err != nil {
		return nil, fmt.Errorf("start the sandbox: %w", err)
	}
	r := &runningSandbox{
		url:    "http://" + listener.Addr().String(),
		aws:    aws,
		server: &http.Server{Handler: aws, ReadHeaderTimeout: 10 * time.Second},
		failed: make(chan error, 1),
	}
	go func() {
		if err := r.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			r.failed <- err
		}
	}()
	return r, nil
}

// stop ends the server at once: nothing in it is worth waiting for.
func (r *runningSandbox) stop() {
	_ = r.server.Close()
	r.aws.Close()
}
