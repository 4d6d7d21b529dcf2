package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"flowproof/internal/atomicfile"
	"flowproof/internal/sandbox"
	"flowproof/internal/sandbox/fleet"
)

// sandboxFlags say what is served and where.
type sandboxFlags struct {
	listen, scenario, fleet, truth string
	anywhere                       bool
}

func (a *app) sandboxCommand() *cobra.Command {
	var flags sandboxFlags
	cmd := &cobra.Command{
		Use:     "sandbox",
		Short:   "The embedded AWS as a server, for trying any tool against it",
		GroupID: groupTry,
		Long: `Serves a small AWS over its real protocols, for the AWS CLI, SDKs and
flowproof itself. Without a scenario: 17 Regions, each with its default VPC, any
credentials, no faults.

With --fleet it serves a whole organisation that is computed, not stored, and can
only be read: KEY=VALUE, separated by commas. --truth writes what a truthful scan
of it must find.

` + fleetKeys(),
		Example: `  flowproof sandbox --listen 127.0.0.1:4566
  flowproof sandbox --listen 127.0.0.1:4566 --scenario demo
  flowproof sandbox --fleet accounts=1000,latency=30ms
  flowproof sandbox --fleet accounts=50,denied=10% --truth truth.jsonl
  AWS_ENDPOINT_URL=http://127.0.0.1:4566 aws ec2 describe-vpcs`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			aws, err := flags.open()
			if err != nil {
				return err
			}
			return a.serveSandbox(cmd.Context(), flags, aws)
		},
	}
	cmd.Flags().StringVar(&flags.listen, "listen", "127.0.0.1:4566", "`ADDRESS` and port; port 0 takes a free one")
	cmd.Flags().StringVar(&flags.scenario, "scenario", "", "a scenario `FILE`, or demo; none means 17 Regions with their default VPCs")
	cmd.Flags().StringVar(&flags.fleet, "fleet", "", "serve a computed organisation: `KEY=VALUE,...`")
	cmd.Flags().StringVar(&flags.truth, "truth", "", "with --fleet: write what a scan of it must find to this `FILE`")
	cmd.Flags().BoolVar(&flags.anywhere, "allow-remote", false, "let --listen name an address that other machines can reach, and answer to any Host")
	return cmd
}

// fleetKeys is the list of what --fleet can say.
func fleetKeys() string {
	var b strings.Builder
	b.WriteString("Keys of --fleet and their defaults:\n")
	for _, k := range fleet.Keys() {
		line := fmt.Sprintf("  %-15s %-15s ", k.Name, cmp.Or(k.Default, "-"))
		b.WriteString(line + wrap(k.Says, 80-len(line), len(line)) + "\n")
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// wrap breaks plain text into lines of a width, all but the first behind an indent.
func wrap(text string, width, indent int) string {
	var b strings.Builder
	room := width
	for _, word := range strings.Fields(text) {
		if len(word)+1 > room && room < width {
			b.WriteString("\n" + strings.Repeat(" ", indent))
			room = width
		} else if room < width {
			b.WriteByte(' ')
		}
		b.WriteString(word)
		room -= len(word) + 1
	}
	return b.String()
}

// open makes the AWS that the flags ask for, after it has written its truth.
func (f sandboxFlags) open() (*sandbox.Server, error) {
	if err := checkListen(f.listen, f.anywhere); err != nil {
		return nil, usageError{err}
	}
	if f.fleet == "" {
		if f.truth != "" {
			return nil, usageError{errors.New("--truth: only a fleet knows what is true of it; add --fleet")}
		}
		s, err := loadScenario(f.scenario)
		if err != nil {
			return nil, usageError{err}
		}
		return newSandbox(s)
	}
	if f.scenario != "" {
		return nil, usageError{errors.New("--scenario and --fleet: one of them is served")}
	}
	spec, err := fleet.Parse(f.fleet)
	if err != nil {
		return nil, usageError{fmt.Errorf("--fleet: %w", err)}
	}
	organisation := sandbox.Organisation(spec)
	if f.truth != "" {
		if err := writeTruth(f.truth, organisation); err != nil {
			return nil, err
		}
	}
	return sandbox.NewFleet(organisation), nil
}

// writeTruth writes a fleet's truth to a file. Until it is whole the fleet is not served.
func writeTruth(path string, f *fleet.Fleet) error {
	if err := atomicfile.Write(path, f.WriteTruth); err != nil {
		return fmt.Errorf("write the truth: %w", err)
	}
	return nil
}

func newSandbox(s sandbox.Scenario) (*sandbox.Server, error) {
	aws, err := sandbox.New(s)
	if err != nil {
		return nil, fmt.Errorf("start the sandbox: %w", err)
	}
	return aws, nil
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
func (a *app) serveSandbox(ctx context.Context, flags sandboxFlags, aws *sandbox.Server) error {
	running, err := startSandbox(ctx, flags.listen, flags.anywhere, aws)
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

// How long a client may take to send a request, and to think of the next one on its connection.
const (
	requestTimeout = 30 * time.Second
	idleTimeout    = 2 * time.Minute
)

// startSandbox serves an embedded AWS to this machine, or to anyone.
func startSandbox(ctx context.Context, listen string, anyone bool, aws *sandbox.Server) (*runningSandbox, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", listen)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, usageError{fmt.Errorf("--listen %s: something listens there already; port 0 takes a free one", listen)}
	}
	if err != nil {
		return nil, fmt.Errorf("start the sandbox: %w", err)
	}
	var handler http.Handler = aws
	if !anyone {
		handler = sandbox.LoopbackOnly(aws)
	}
	r := &runningSandbox{
		url:    "http://" + listener.Addr().String(),
		aws:    aws,
		server: &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: requestTimeout, IdleTimeout: idleTimeout},
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
