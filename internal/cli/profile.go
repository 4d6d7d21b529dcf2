package cli

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
	"runtime/trace"

	"github.com/spf13/cobra"
)

// profiling is what the hidden flags --cpuprofile, --memprofile and --trace ask for.
type profiling struct {
	cpu, memory, trace string
	stop               []func() error
}

func (p *profiling) addFlags(root *cobra.Command) error {
	flags := root.PersistentFlags()
	flags.StringVar(&p.cpu, "cpuprofile", "", "write a CPU profile to `FILE`")
	flags.StringVar(&p.memory, "memprofile", "", "write a profile of all allocations to `FILE`")
	flags.StringVar(&p.trace, "trace", "", "write an execution trace to `FILE`")
	return errors.Join(flags.MarkHidden("cpuprofile"), flags.MarkHidden("memprofile"), flags.MarkHidden("trace"))
}

// start begins what was asked for.
func (p *profiling) start() error {
	if p.cpu != "" {
		if err := p.begin(p.cpu, func(f *os.File) (func() error, error) {
			return nothingMore(pprof.StopCPUProfile), pprof.StartCPUProfile(f)
		}); err != nil {
			return err
		}
	}
	if p.memory != "" {
		if err := p.begin(p.memory, func(f *os.File) (func() error, error) {
			return func() error {
				runtime.GC() // what was allocated since the last collection is not in the profile
				return pprof.Lookup("allocs").WriteTo(f, 0)
			}, nil
		}); err != nil {
			return err
		}
	}
	if p.trace != "" {
		return p.begin(p.trace, func(f *os.File) (func() error, error) { return nothingMore(trace.Stop), trace.Start(f) })
	}
	return nil
}

// nothingMore is stop as a function that can fail.
func nothingMore(stop func()) func() error {
	return func() error { stop(); return nil }
}

func (p *profiling) begin(path string, start func(*os.File) (stop func() error, err error)) error {
	file, err := os.Create(path) //nolint:gosec // the user names their own file
	if err != nil {
		return fmt.Errorf("profile: %w", err)
	}
	stop, err := start(file)
	if err != nil {
		return errors.Join(fmt.Errorf("profile: %w", err), file.Close())
	}
	p.stop = append(p.stop, func() error { return errors.Join(stop(), file.Close()) })
	return nil
}

// end completes the files.
func (p *profiling) end() error {
	var errs []error
	for _, stop := range p.stop {
		errs = append(errs, stop())
	}
	return errors.Join(errs...)
}
