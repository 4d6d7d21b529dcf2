package awscall

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// begins checks what can be told before the SDK reads an answer.
func (a answer) begins(resp *smithyhttp.Response, b *body) error {
	if !a.has(resp.StatusCode) {
		return b.noAnswer("AWS answers this operation with another status")
	}
	switch a.form {
	case headForm:
		return fromS3(resp, b)
	case streamForm:
		return nil
	}
	b.xml = a.form == xmlForm
	head, err := b.peek()
	if err != nil {
		return err
	}
	if why := a.wrongBeginning(head); why != "" {
		return b.noAnswer(why)
	}
	if a.form == anyForm || a.form == xmlForm && !a.metadata {
		return nil // the SDK reads it as it comes
	}
	whole, err := b.all()
	if err != nil {
		return err
	}
	if why := a.wrong(whole); why != "" {
		return b.noAnswer(why)
	}
	return nil
}

// limit is the most bytes that an answer can have.
func (a answer) limit() int64 {
	switch {
	case a.long:
		return maxPage
	case a.form == jsonForm, a.form == policyForm, a.form == xmlForm && !a.metadata:
		return maxOther
	}
	return maxError
}

// has reports whether a status of success is one of the operation's.
func (a answer) has(status int) bool {
	return status == http.StatusOK ||
		a.form == anyForm && status == http.StatusNoContent ||
		a.form == streamForm && status == http.StatusPartialContent
}

// wrongBeginning says what is wrong with how a body begins; empty where nothing is.
func (a answer) wrongBeginning(head []byte) string {
	text := bytes.TrimSpace(head)
	switch {
	case a.form == xmlForm && string(rootElement(head)) != a.root:
		return "its root element is not " + a.root
	case (a.form == jsonForm || a.form == policyForm) && !bytes.HasPrefix(text, []byte("{")):
		return "it is not a JSON object"
	case a.form == emptyForm && len(text) > 0 && text[0] != '{':
		return "AWS answers this operation with an empty body"
	}
	return ""
}

// wrong says what is wrong with the whole of a body; empty where nothing is.
func (a answer) wrong(whole []byte) string {
	switch {
	case a.metadata && !hasMetadata(whole):
		return "it has no ResponseMetadata"
	case (a.form == jsonForm || a.form == policyForm) && !json.Valid(whole):
		return "it is not valid JSON"
	case a.form == policyForm && !isPolicy(whole):
		return "it is not a policy document"
	case a.form == emptyForm && !isNothing(whole):
		return "AWS answers this operation with an empty body"
	}
	return ""
}

// rootElement is the local name of the first element; empty where none comes. What may stand before
// it, a declaration, comments and a document type, is passed over.
func rootElement(head []byte) []byte {
	head = bytes.TrimPrefix(head, []byte("\ufeff"))
	for {
		head = bytes.TrimLeft(head, " \t\r\n")
		end := ""
		switch {
		case bytes.HasPrefix(head, []byte("<?")):
			end = "?>"
		case bytes.HasPrefix(head, []byte("<!--")):
			end = "-->"
		case bytes.HasPrefix(head, []byte("<!")):
			end = ">"
		case bytes.HasPrefix(head, []byte("<")):
			return localName(head[1:])
		default:
			return nil
		}
		_, after, found := bytes.Cut(head, []byte(end))
		if !found {
			return nil
		}
		head = after
	}
}

// localName is the name that a start tag begins with, without the prefix of a namespace.
func localName(tag []byte) []byte {
	end := bytes.IndexAny(tag, " \t\r\n/>")
	if end < 0 {
		return nil
	}
	return tag[bytes.IndexByte(tag[:end], ':')+1 : end]
}

// hasMetadata reports whether a document is well-formed and its root holds ResponseMetadata, which
// is all that a write of IAM answers.
func hasMetadata(whole []byte) bool {
	var root struct {
		Metadata *struct{} `xml:"ResponseMetadata"`
	}
	return xml.Unmarshal(whole, &root) == nil && root.Metadata != nil
}

// isPolicy looks for what every policy has. The SDK hands a bucket's policy on as it is, and a plan
// would write it back with a statement more.
func isPolicy(text []byte) bool {
	var members map[string]json.RawMessage
	if json.Unmarshal(text, &members) != nil {
		return false
	}
	statement, found := members["Statement"]
	return found && string(statement) != "null"
}

// isNothing reports whether a body is what a write of CloudWatch Logs answers: nothing, or an object
// without members.
func isNothing(whole []byte) bool {
	text := bytes.TrimSpace(whole)
	var members map[string]json.RawMessage
	return len(text) == 0 || json.Unmarshal(text, &members) == nil && len(members) == 0
}

// fromS3 looks at the headers of an answer without a body: each of S3 names its request.
func fromS3(resp *smithyhttp.Response, b *body) error {
	for name := range resp.Header {
		if strings.HasPrefix(name, "X-Amz") {
			return nil
		}
	}
	return b.noAnswer("it has none of the headers of S3")
}

// beginning says how a body begins: the name of its root element, or its first words. Of JSON it says
// no more than that, since an answer may hold secrets.
func beginning(head []byte) string {
	switch text := bytes.TrimSpace(head); {
	case len(text) == 0:
		return "no body"
	case text[0] == '<':
		if root := rootElement(text); len(root) > 0 && utf8.Valid(root) {
			return "root element " + strconv.Quote(shortened(string(root)))
		}
		return "no XML that can be read"
	case text[0] == '{', text[0] == '[':
		return "JSON"
	case !utf8.Valid(text[:min(len(text), shown)]):
		return "binary data"
	default:
		return "text that begins " + strconv.Quote(shortened(string(text)))
	}
}

// shown is how much of a body is shown.
const shown = 40

func shortened(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	for i := range text {
		if i >= shown {
			return text[:i] + "…"
		}
	}
	return text
}
