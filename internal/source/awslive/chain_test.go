package awslive

import (
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"flowproof/internal/awscall"
)

// profiles are the ways to credentials that ask a service of AWS.
const profiles = `
[profile keys]
aws_access_key_id = K
aws_secret_access_key = S
[profile assumes]
role_arn = arn:aws:iam::123456789012:role/r
source_profile = keys
[profile web]
role_arn = arn:aws:iam::123456789012:role/r
web_identity_token_file = %[1]s/token
[profile portal]
sso_session = s
sso_account_id = 123456789012
sso_role_name = r
[sso-session s]
sso_region = us-east-1
sso_start_url = https://portal.example/start
[profile renews]
sso_session = old
sso_account_id = 123456789012
sso_role_name = r
[sso-session old]
sso_region = us-east-1
sso_start_url = https://portal.example/start
`

// writeProfiles makes a home folder with profiles and sign-ins, and has the SDK use it.
func writeProfiles(t *testing.T) {
	t.Helper()
	home := t.TempDir()
	write := func(name, text string) {
		path := filepath.Join(home, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	write("config", fmt.Sprintf(profiles, home))
	write("token", "token")
	for session, expires := range map[string]time.Duration{"s": time.Hour, "old": -time.Hour} {
		sum := sha1.Sum([]byte(session)) // as the AWS CLI names its files
		write(".aws/sso/cache/"+hex.EncodeToString(sum[:])+".json", fmt.Sprintf(
			`{"accessToken":"t","expiresAt":%q,"clientId":"c","clientSecret":"s","registrationExpiresAt":%q,"refreshToken":"r"}`,
			time.Now().Add(expires).UTC().Format(time.RFC3339), time.Now().Add(time.Hour).UTC().Format(time.RFC3339)))
	}
	for _, kv := range os.Environ() {
		if name, _, _ := strings.Cut(kv, "="); strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, "")
		}
	}
	t.Setenv("HOME", home)
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(home, "config"))
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(home, "none"))
	t.Setenv("AWS_MAX_ATTEMPTS", "1")
}

// TestCredentialsComeFromAnswersOnly has a page of HTML, and then every other body, in place of the
// answer that gives credentials.
func TestCredentialsComeFromAnswersOnly(t *testing.T) { // not parallel: it sets the environment, as a user does
	writeProfiles(t)
	for profile, operation := range map[string]string{
		"assumes": "AssumeRole", "web": "AssumeRoleWithWebIdentity", "portal": "GetRoleCredentials", "renews": "CreateToken",
	} {
		for name, body := range map[string]string{
			"html": "<!DOCTYPE html><html></html>", "empty": "", "an object": "{}", "text": "It works!",
			"an error":          "<ErrorResponse><Error><Code>Denied</Code></Error></ErrorResponse>",
			"bare":              "<" + operation + "Response><" + operation + "Result/></" + operation + "Response>",
			"half":              "<" + operation + "Response><" + operation + "Result><Credentials><AccessKeyId>AKIA</AccessKeyId></Credentials></" + operation + "Result></" + operation + "Response>",
			"half of an object": `{"roleCredentials":{"accessKeyId":"AKIA","secretAccessKey":""},"accessToken":""}`,
		} {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, body) }))
			t.Setenv("AWS_ENDPOINT_URL", server.URL)
			cfg, err := LoadConfig(t.Context(), Options{Profile: profile})
			if err != nil {
				t.Fatal(err)
			}
			_, err = cfg.Credentials.Retrieve(t.Context())
			var no *awscall.NoAnswerError
			if !errors.As(err, &no) || no.Operation != operation {
				t.Errorf("%s, %s: error %v, want that it is no answer of %s", profile, name, err, operation)
			}
			server.Close()
		}
	}
}
