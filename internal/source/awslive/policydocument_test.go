package awslive

import (
	"net/url"
	"testing"
)

// TestPolicyDocumentReadsWhatIAMEncodes holds decoding to the encoding of RFC 3986, in which a space is
// %20 and a plus sign is itself or %2B.
func TestPolicyDocumentReadsWhatIAMEncodes(t *testing.T) {
	t.Parallel()
	for _, document := range []string{
		"", `{"Version":"2012-10-17"}`, `{"Resource":"arn:aws:logs:*:*:log-group:a+b"}`, `{"Sid":"two words, 100% ümlaut"}`,
	} {
		encoded := url.PathEscape(document)
		if got, err := PolicyDocument(&encoded); err != nil || got != document {
			t.Errorf("%q was read as %q, %v", encoded, got, err)
		}
	}
	plus := "a+b"
	if got, err := PolicyDocument(&plus); err != nil || got != plus {
		t.Errorf("%q was read as %q, %v", plus, got, err)
	}
	broken := "100%"
	if got, err := PolicyDocument(&broken); err == nil {
		t.Errorf("%q was read as %q", broken, got)
	}
}
