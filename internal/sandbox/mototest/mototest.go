// Package mototest gives tests an AWS that this project did not write: a moto
// server, and the official AWS CLI to talk to it.
//
// Both live in the virtual environment that "make venv" creates beside go.mod.
// A test that asks for them fails when they are missing; it is never skipped,
// because a comparison that did not happen proves nothing. The package listens
// on loopback only, and nothing outside tests may import it.
package mototest

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// Account is the account a moto server answers for when the credentials do not
// say otherwise.
const Account = "123456789012"

// Region is the Region that Env sets.
const Region = "us-east-1"

// shared starts the one server of this test binary on first use. Starting one
// costs half a second and about 150 MB, too much for one per test.
var shared = sync.OnceValues(start)

// Start returns the endpoint of a moto server, such as http://127.0.0.1:41235,
// starting it on the first call. All tests of one binary share it, so tests that
// run in parallel keep apart by account (see AccountEnv) or by what they look
// at; Reset empties it for everyone. The server ends with the test binary,
// however that ends.
func Start(tb testing.TB) (endpoint string) {
	tb.Helper()
	endpoint, err := shared()
	if err != nil {
		tb.Fatalf("start moto server: %v", err)
	}
	return endpoint
}

// Reset throws away everything the server at endpoint holds, in every account.
// It is for tests that run alone.
func Reset(tb testing.TB, endpoint string) {
	tb.Helper()
	res, err := http.Post(endpoint+"/moto-api/reset", "", nil)
	if err != nil {
		tb.Fatalf("reset moto server: %v", err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		tb.Fatalf("reset moto server: HTTP %s", res.Status)
	}
}

// CLI returns the path of the official AWS CLI.
func CLI(tb testing.TB) string {
	tb.Helper()
	path, err := tool("aws")
	if err != nil {
		tb.Fatalf("find the AWS CLI: %v", err)
	}
	return path
}

// tool finds a program of the virtual environment.
func tool(name string) (string, error) {
	root, err := moduleRoot()
	if err != nil {
		return "", err
	}
	path := filepath.Join(root, ".venv", "bin", name)
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("%s is missing: run `make venv` first", path)
	}
	return path, nil
}

// moduleRoot walks up to go.mod from the folder the test runs in, which for
// "go test" is the folder of the package under test.
func moduleRoot() (string, error) {
	start, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for dir := start; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("no go.mod in %s or above", start)
		}
	}
}

// serve is moto's own command, plus a thread that ends it when its standard
// input does. The test binary holds the other end of that pipe and never
// writes: when the binary exits, panics or is killed the kernel closes it, so
// no server is left behind.
const serve = `
import os, sys, threading
from moto.server import main
threading.Thread(target=lambda: (sys.stdin.buffer.read(), os._exit(0)), daemon=True).start()
main()
`

// start runs a server on a port that the kernel chooses and waits until it
// says which.
func start() (string, error) {
	if _, err := tool("moto_server"); err != nil {
		return "", err
	}
	python, err := tool("python")
	if err != nil {
		return "", err
	}
	cmd := exec.Command(python, "-c", serve, "-H", "127.0.0.1", "-p", "0") //nolint:gosec // G204: the path is of the virtual environment beside go.mod
	cmd.Env = append(environ(), "PYTHONUNBUFFERED=1")
	if _, err := cmd.StdinPipe(); err != nil { // kept open by cmd, which shared never lets go of
		return "", err
	}
	logs, err := cmd.StderrPipe()
	if err != nil {
		return "", err
	}
	if err := cmd.Start(); err != nil {
		return "", err
	}
	endpoint, err := awaitReady(logs)
	if err != nil {
		_ = cmd.Wait() // its status adds nothing to what it logged
		return "", err
	}
	go func() {
		_, _ = io.Copy(io.Discard, logs) // a log of every request, which nobody reads; a full pipe would stop the server
		_ = cmd.Wait()
	}()
	return endpoint, nil
}

// running is the line that the server logs once its socket is bound.
var running = regexp.MustCompile(`Running on (http://127\.0\.0\.1:\d+)`)

// awaitReady reads the server's log until it names its address.
func awaitReady(logs io.Reader) (string, error) {
	var seen strings.Builder
	lines := bufio.NewScanner(logs)
	for lines.Scan() {
		if m := running.FindStringSubmatch(lines.Text()); m != nil {
			return m[1], nil
		}
		seen.WriteString(lines.Text() + "\n")
	}
	return "", fmt.Errorf("it ended before it listened; it said:\n%s", seen.String())
}
