package awscli_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"unicode"

	"flowproof/internal/inventory"
	"flowproof/internal/source/awscli"
)

// FuzzRead holds the source to a plain decoder of whole documents: without a gap, the file
// must be nothing but whole answers, the last one without a token, and every item must be there.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		"", "{}", `{"Vpcs": []}`, `{"Vpcs": [{"VpcId": "vpc-1"}]}`, `{"Vpcs": [{"VpcId": "vpc-1"}, {"VpcId": "vpc-1"}]}`,
		`{"Vpcs": [], "NextToken": "a"}`, `{"Vpcs": [], "NextToken": "a"}{"Vpcs": [{"VpcId": "vpc-2"}]}`,
		`{"Vpcs": [], "Vpcs": [{"VpcId": "vpc-3", "OwnerId": 5}]}`, `{"Vpcs": [{"VpcId": "vpc-1"`, `{"Vpcs": null}`, `[]`, `{"Vpcs":{}}`,
		`{"a": {"Vpcs": [{"VpcId": "vpc-1"}]}, "Vpcs": []}`, `{"Vpcs" []}`, `{"Vpcs": [,]}`, `{"Vpcs": [{"VpcId": "vpc-1"},]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, vpcs), content, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := awscli.New(dir, []string{account}, []string{"eu-west-1"})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = s.Close() }()
		inv := s.Read(t.Context(), discoverOne(t, s), []inventory.Kind{inventory.VPCs})
		for _, g := range inv.Gaps {
			for _, r := range g.Message {
				if unicode.IsControl(r) {
					t.Errorf("message %q holds the control character %q", g.Message, r)
				}
			}
		}
		if len(inv.Gaps) > 0 || bytes.HasPrefix(content, []byte("\xff\xfe")) || bytes.HasPrefix(content, []byte("\xfe\xff")) {
			return
		}
		want, whole := plainly(bytes.TrimPrefix(content, []byte("\ufeff")))
		if !whole {
			t.Fatal("no gap, and yet the file is not whole")
		}
		for _, v := range inv.VPCs {
			delete(want, v.ID)
		}
		if len(want) > 0 {
			t.Fatalf("no gap, and yet these are lost: %v", want)
		}
	})
}

func discoverOne(t *testing.T, s *awscli.Source) inventory.Target {
	var target inventory.Target
	err := s.Discover(t.Context(), func(found inventory.Target) error {
		target = found
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return target
}

// plainly returns the ids in the list of each document, and whether the file is whole: each document
// but the last goes on.
func plainly(content []byte) (map[string]bool, bool) {
	ids := map[string]bool{}
	in := json.NewDecoder(bytes.NewReader(content))
	documents, next := 0, false
	for {
		var document map[string]json.RawMessage
		err := in.Decode(&document)
		if errors.Is(err, io.EOF) {
			return ids, documents > 0 && !next
		}
		var items []struct {
			ID any `json:"VpcId"`
		}
		if err != nil || document["Vpcs"] == nil || json.Unmarshal(document["Vpcs"], &items) != nil {
			return nil, false
		}
		if documents > 0 && !next {
			return nil, false
		}
		documents++
		for _, item := range items {
			if id, ok := item.ID.(string); ok {
				ids[id] = true
			}
		}
		token := string(document["NextToken"])
		next = token != "" && token != "null" && token != `""`
	}
}
