package awslive

import "strings"

// wayOut is what to do about an error on the way to AWS where its text says what is wrong; empty where it
// does not.
func wayOut(err error) string {
	text := err.Error()
	for _, w := range []struct{ said, todo string }{
		{"x509: ", "where a proxy, or an emulator, has certificates of its own, name the file with its CA in AWS_CA_BUNDLE or ca_bundle of the profile"},
		{"CA bundle", "AWS_CA_BUNDLE, or ca_bundle of the profile, must name a file of certificates in PEM"},
		{"role ARN is not set", "AWS_WEB_IDENTITY_TOKEN_FILE goes with AWS_ROLE_ARN, and web_identity_token_file with role_arn"},
		{"FIPS and custom endpoint", "AWS_USE_FIPS_ENDPOINT, or use_fips_endpoint of the profile, does not go with an endpoint of one's own: turn it off, or leave out --endpoint-url, AWS_ENDPOINT_URL and endpoint_url"},
		{"Dualstack and custom endpoint", "AWS_USE_DUALSTACK_ENDPOINT, or use_dualstack_endpoint of the profile, does not go with an endpoint of one's own: turn it off, or leave out --endpoint-url, AWS_ENDPOINT_URL and endpoint_url"},
		{"FIPS is enabled but", "turn off AWS_USE_FIPS_ENDPOINT, or use_fips_endpoint of the profile"},
		{"FIPS and DualStack are enabled", "turn off AWS_USE_FIPS_ENDPOINT or AWS_USE_DUALSTACK_ENDPOINT, or use_fips_endpoint or use_dualstack_endpoint of the profile"},
		{"DualStack is enabled but", "turn off AWS_USE_DUALSTACK_ENDPOINT, or use_dualstack_endpoint of the profile"},
		{"-fips.", "few Regions have FIPS endpoints: turn off AWS_USE_FIPS_ENDPOINT, or use_fips_endpoint of the profile"},
	} {
		if strings.Contains(text, w.said) {
			return w.todo
		}
	}
	return ""
}

// withWayOut is a message with what to do about its error.
func withWayOut(message string, err error) string {
	if todo := wayOut(err); todo != "" {
		return message + "; " + todo
	}
	return message
}
