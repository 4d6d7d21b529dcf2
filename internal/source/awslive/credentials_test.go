package awslive

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/ec2rolecreds"
	"github.com/google/go-cmp/cmp"
)

// silentMetadata is a metadata service that answers with a status and nothing else.
func silentMetadata(t *testing.T, status int) (url string, asked func() []string) {
	t.Helper()
	var mu sync.Mutex
	var requests []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		requests = append(requests, r.Method+" "+r.URL.Path)
		w.WriteHeader(status)
	}))
	t.Cleanup(server.Close)
	return server.URL, func() []string {
		mu.Lock()
		defer mu.Unlock()
		return requests
	}
}

func TestTheMetadataServiceIsAskedOnce(t *testing.T) {
	t.Parallel()
	const token, role = "PUT /latest/api/token", "GET /latest/meta-data/iam/security-credentials/"
	for name, test := range map[string]struct {
		said string // in the profile
		want []string
	}{
		"unless more is asked for": {"", []string{token, role}}, // the older protocol needs no token
		"twice":                    {"metadata_service_num_attempts = 2\n", []string{token, token, role, token, token, role}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url, asked := silentMetadata(t, http.StatusInternalServerError)
			p := profile{name: "default", env: config.EnvConfig{EC2IMDSEndpoint: url}, config: parseINI("[default]\n" + test.said)}
			client, err := metadataClient(p)
			if err != nil {
				t.Fatal(err)
			}
			provider := ec2rolecreds.New(func(o *ec2rolecreds.Options) { o.Client = client })
			if _, err := provider.Retrieve(t.Context()); err == nil {
				t.Error("credentials came from nowhere")
			}
			if diff := cmp.Diff(test.want, asked()); diff != "" {
				t.Errorf("asked (-want +got):\n%s", diff)
			}
		})
	}
}

func TestHowLongTheMetadataServiceMayTake(t *testing.T) {
	for name, test := range map[string]struct {
		variables map[string]string
		profile   string
		timeout   time.Duration
		attempts  int
		wrong     bool
	}{
		"nothing said":           {timeout: time.Second, attempts: 1},
		"by the environment":     {variables: map[string]string{"AWS_METADATA_SERVICE_TIMEOUT": "5", "AWS_METADATA_SERVICE_NUM_ATTEMPTS": "3"}, timeout: 5 * time.Second, attempts: 3},
		"by the profile":         {profile: "metadata_service_timeout = 2\nmetadata_service_num_attempts = 4\n", timeout: 2 * time.Second, attempts: 4},
		"environment before it":  {variables: map[string]string{"AWS_METADATA_SERVICE_TIMEOUT": "7"}, profile: "metadata_service_timeout = 2\n", timeout: 7 * time.Second, attempts: 1},
		"no number":              {variables: map[string]string{"AWS_METADATA_SERVICE_TIMEOUT": "soon"}, wrong: true},
		"less than one":          {variables: map[string]string{"AWS_METADATA_SERVICE_NUM_ATTEMPTS": "0"}, wrong: true},
		"longer than there is":   {variables: map[string]string{"AWS_METADATA_SERVICE_TIMEOUT": "99999999999999999999"}, wrong: true},
		"wrong, by the profile":  {profile: "metadata_service_timeout = 1s\n", wrong: true},
		"longer than anyone may": {variables: map[string]string{"AWS_METADATA_SERVICE_TIMEOUT": "9223372036"}, wrong: true},
	} {
		t.Run(name, func(t *testing.T) {
			for variable, value := range test.variables {
				t.Setenv(variable, value)
			}
			timeout, attempts, err := metadataLimits(profile{name: "p", config: parseINI("[profile p]\n" + test.profile)})
			if (err != nil) != test.wrong || timeout != test.timeout || attempts != test.attempts {
				t.Errorf("%v, %d, %v; want %v, %d", timeout, attempts, err, test.timeout, test.attempts)
			}
		})
	}
}

// TestAWSIsNotAskedAgainWithoutCredentials counts the tries of a call that has nothing to be signed with.
func TestAWSIsNotAskedAgainWithoutCredentials(t *testing.T) {
	t.Parallel()
	retryer, err := newRetryer()
	if err != nil {
		t.Fatal(err)
	}
	late := &CredentialsError{Message: "late", err: context.DeadlineExceeded}
	for name, r := range map[string]aws.Retryer{"every call": retryer, "the first": retry.AddWithMaxAttempts(retryer, identityAttempts)} {
		if r.IsErrorRetryable(late) {
			t.Errorf("%s is tried again", name)
		}
		if !r.IsErrorRetryable(context.DeadlineExceeded) {
			t.Errorf("%s is not tried again where AWS was slow", name)
		}
	}
}
