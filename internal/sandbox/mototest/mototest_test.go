package mototest_test

import (
	"os/exec"
	"strings"
	"testing"

	"flowproof/internal/sandbox/mototest"
)

// identity asks the AWS CLI who it is.
func identity(t *testing.T, env []string) string {
	t.Helper()
	cmd := exec.Command(mototest.CLI(t), "sts", "get-caller-identity", "--query", "Account", "--output", "text")
	cmd.Env = env
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("aws sts get-caller-identity: %v\n%s", err, out)
	}
	return strings.TrimSpace(string(out))
}

func TestCLISpeaksForTheAccountOfItsEnvironment(t *testing.T) {
	t.Parallel()
	endpoint := mototest.Start(t)
	if got := identity(t, mototest.Env(endpoint)); got != mototest.Account {
		t.Errorf("plain environment: account %s, want %s", got, mototest.Account)
	}
	const other = "210987654321"
	if got := identity(t, mototest.AccountEnv(t, endpoint, other)); got != other {
		t.Errorf("environment of account %s: account %s", other, got)
	}
}

func TestStartIsOneServerPerBinary(t *testing.T) {
	t.Parallel()
	if a, b := mototest.Start(t), mototest.Start(t); a != b {
		t.Errorf("two calls, two servers: %s and %s", a, b)
	}
}
