package remediate

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestApproval(t *testing.T) {
	t.Parallel()
	p := twoLogs(t)
	whole := strings.TrimPrefix(p.Hash, "sha256:")
	for given, ok := range map[string]bool{
		whole[:8]: true, strings.ToUpper(whole[:8]): true, " " + whole[:8] + "\n": true, whole: true, p.Hash: true,
		"": false, whole[:7]: false, whole[:9]: false, whole[:63]: false, "00000000": false, "yes": false, whole + "0": false,
		"sha256:" + whole[:8]: true, strings.Repeat("0", 64): false,
	} {
		if err := p.CheckApproval(given); (err == nil) != ok || err != nil && !errors.Is(err, ErrNotApproved) {
			t.Errorf("%q: %v", given, err)
		}
	}
}

func TestAge(t *testing.T) {
	t.Parallel()
	p := twoLogs(t)
	for age, ok := range map[time.Duration]bool{0: true, 24 * time.Hour: true, 24*time.Hour + time.Second: false, -time.Minute: true, -time.Hour: false} {
		if err := p.CheckAge(p.ReadAt.Add(age), 24*time.Hour); (err == nil) != ok || err != nil && !errors.Is(err, ErrRefused) {
			t.Errorf("%s old: %v", age, err)
		}
	}
}

func TestCaller(t *testing.T) {
	t.Parallel()
	p := twoLogs(t)
	for c, ok := range map[Caller]bool{
		{"aws", "123456789012"}: true, {"aws", "210987654321"}: false, {"aws-cn", "123456789012"}: false,
	} {
		if err := p.CheckCaller(c); (err == nil) != ok || err != nil && !errors.Is(err, ErrRefused) {
			t.Errorf("%+v: %v", c, err)
		}
	}
	p.Accounts = append(p.Accounts, "210987654321")
	if err := p.CheckCaller(Caller{"aws", "123456789012"}); !errors.Is(err, ErrRefused) {
		t.Errorf("two accounts: %v", err)
	}
}

func TestReaderKnowsTheCaller(t *testing.T) {
	t.Parallel()
	s := newStand(t, threeVPCs)
	c, err := NewReader(s.config()).Caller(t.Context(), "us-east-1")
	if err != nil || c != (Caller{"aws", testAccount}) {
		t.Errorf("%+v %v", c, err)
	}
}
