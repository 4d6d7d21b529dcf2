package mototest

import (
	"encoding/xml"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
)

// Env returns the environment in which the AWS CLI and the AWS SDKs talk to
// endpoint, a moto server or anything else that takes any credentials, and to
// nothing else: settings and profiles of whoever runs the test are left out,
// and so is the search for credentials on an instance.
func Env(endpoint string) []string {
	return withKeys(endpoint, "test", "test")
}

// AccountEnv is Env with credentials that a moto server at endpoint takes to be
// those of account, so that tests can run in parallel on one server without
// seeing each other's resources. It creates a user and an access key there.
func AccountEnv(tb testing.TB, endpoint, account string) []string {
	tb.Helper()
	id, secret := accessKey(tb, endpoint, account)
	return withKeys(endpoint, id, secret)
}

func withKeys(endpoint, id, secret string) []string {
	return append(environ(),
		"AWS_ENDPOINT_URL="+endpoint,
		"AWS_ACCESS_KEY_ID="+id,
		"AWS_SECRET_ACCESS_KEY="+secret,
		"AWS_DEFAULT_REGION="+Region,
		"AWS_REGION="+Region,
		"AWS_CONFIG_FILE="+os.DevNull,
		"AWS_SHARED_CREDENTIALS_FILE="+os.DevNull,
		"AWS_EC2_METADATA_DISABLED=true",
		"AWS_PAGER=",
		"NO_PROXY=127.0.0.1",
		"PYTHONUTF8=1", // the CLI prints names in any script, whatever the locale
	)
}

// environ is the environment of this process without what would change how an
// AWS tool or a moto server behaves.
func environ() []string {
	var kept []string
	for _, kv := range os.Environ() {
		name, _, _ := strings.Cut(kv, "=")
		if !strings.HasPrefix(name, "AWS_") && !strings.HasPrefix(name, "MOTO_") {
			kept = append(kept, kv)
		}
	}
	return kept
}

// accessKey makes a user with an access key in the account. Moto derives the
// account of a call from its access key, and takes the header below before
// that.
func accessKey(tb testing.TB, endpoint, account string) (id, secret string) {
	tb.Helper()
	var answer struct {
		ID     string `xml:"CreateAccessKeyResult>AccessKey>AccessKeyId"`
		Secret string `xml:"CreateAccessKeyResult>AccessKey>SecretAccessKey"`
	}
	const user = "mototest"
	call(tb, endpoint, account, url.Values{"Action": {"CreateUser"}, "UserName": {user}}, nil)
	call(tb, endpoint, account, url.Values{"Action": {"CreateAccessKey"}, "UserName": {user}}, &answer)
	if answer.ID == "" || answer.Secret == "" {
		tb.Fatalf("moto made no access key in account %s", account)
	}
	return answer.ID, answer.Secret
}

// call sends one IAM call on behalf of the account and decodes the answer, if
// anywhere to put it is given.
func call(tb testing.TB, endpoint, account string, form url.Values, answer any) {
	tb.Helper()
	form.Set("Version", "2010-05-08")
	req, err := http.NewRequestWithContext(tb.Context(), http.MethodPost, endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		tb.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=test/20200101/us-east-1/iam/aws4_request")
	req.Header.Set("x-moto-account-id", account)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		tb.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK && (res.StatusCode != http.StatusConflict || answer != nil) {
		tb.Fatalf("%s in account %s: HTTP %s", form.Get("Action"), account, res.Status)
	}
	if answer == nil {
		return
	}
	if err := xml.NewDecoder(res.Body).Decode(answer); err != nil {
		tb.Fatalf("%s in account %s: read the answer: %v", form.Get("Action"), account, err)
	}
}
