package remediate

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
)

// hashPrefix says which digest Hash and DocumentDigest are.
const hashPrefix = "sha256:"

// Encode writes the plan as a file for people to read: indented, one form for one plan.
func (p Plan) Encode(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(p); err != nil {
		return fmt.Errorf("write the plan: %w", err)
	}
	return nil
}

// HashOf is the plan's hash: SHA-256 of the canonical encoding of everything but "hash" itself.
// The canonical encoding is that of `jq -cS 'del(.hash)'`: keys sorted, no spaces, one
// newline at the end.
func HashOf(p Plan) (string, error) {
	raw, err := json.Marshal(p)
	if err != nil {
		return "", fmt.Errorf("encode the plan: %w", err)
	}
	fields, err := generic(raw)
	if err != nil {
		return "", fmt.Errorf("encode the plan: %w", err)
	}
	return digestWithout(fields, "hash")
}

// digestWithout is the digest of a JSON object less some of its keys.
func digestWithout(value any, keys ...string) (string, error) {
	object, ok := value.(map[string]any)
	if !ok {
		return "", fmt.Errorf("encode the plan: not a JSON object")
	}
	for _, k := range keys {
		delete(object, k)
	}
	raw, err := encodeGeneric(object)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(raw)
	return hashPrefix + hex.EncodeToString(sum[:]), nil
}

// seal finishes a plan: build is called with an empty id, its result gives the id, and the
// plan built with that id gives the hash. So the id can stand in the tags inside the steps
// that the hash covers.
func seal(build func(id string) (Plan, error)) (Plan, error) {
	draft, err := build("")
	if err != nil {
		return Plan{}, err
	}
	draft.ID, draft.Hash = "", ""
	digest, err := HashOf(draft)
	if err != nil {
		return Plan{}, err
	}
	id := digest[len(hashPrefix) : len(hashPrefix)+16]
	p, err := build(id)
	if err != nil {
		return Plan{}, err
	}
	p.ID = id
	p.Hash, err = HashOf(p)
	return p, err
}

// ClientToken makes a call idempotent: the same plan and call always send the same one. EC2
// takes up to 64 characters.
func (p Plan) ClientToken(call string) string {
	sum := sha256.Sum256([]byte(p.Hash + "\n" + call))
	return hex.EncodeToString(sum[:])
}

// DocumentDigest identifies an IAM or bucket policy document whatever its spacing and order
// of keys, as AWS gives documents back in another form than it took them.
func DocumentDigest(document string) (string, error) {
	if document == "" {
		return NoFact, nil
	}
	canonical, err := canonicalJSON([]byte(document))
	if err != nil {
		return "", fmt.Errorf("policy document: %w", err)
	}
	sum := sha256.Sum256(canonical)
	return hashPrefix + hex.EncodeToString(sum[:]), nil
}

// canonicalJSON is the one form of a JSON text: keys sorted, no spaces, no newline.
func canonicalJSON(raw []byte) ([]byte, error) {
	value, err := generic(raw)
	if err != nil {
		return nil, err
	}
	out, err := encodeGeneric(value)
	return bytes.TrimSuffix(out, []byte("\n")), err
}

// generic reads one JSON text without losing digits of numbers.
func generic(raw []byte) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var value any
	if err := dec.Decode(&value); err != nil {
		return nil, err
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, fmt.Errorf("more follows after its end")
	}
	return value, nil
}

// encodeGeneric writes keys sorted, without spaces, and ends with a newline.
func encodeGeneric(value any) ([]byte, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(value); err != nil {
		return nil, fmt.Errorf("encode JSON: %w", err)
	}
	return out.Bytes(), nil
}

// shortDigest is eight hex digits that tell one text from another in a name.
func shortDigest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:4])
}
