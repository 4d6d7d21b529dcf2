package remediate

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
)

// setDocument writes a policy document as jsonencode of its parts, so that it can be read and reviewed
// line by line.
func setDocument(body *hclwrite.Body, name string, document any) error {
	text, ok := document.(string)
	if !ok {
		return fmt.Errorf("%s is no text", name)
	}
	value, err := generic([]byte(text))
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	tokens, err := expression(value)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	body.SetAttributeRaw(name, hclwrite.TokensForFunctionCall("jsonencode", tokens))
	return nil
}

// expression is a JSON value in HCL, with a line for each member of an object, and for each item of a
// list of several.
func expression(value any) (hclwrite.Tokens, error) {
	switch v := value.(type) {
	case map[string]any:
		return object(v)
	case []any:
		return tuple(v)
	case string:
		return hclwrite.TokensForValue(cty.StringVal(v)), nil
	case bool:
		return hclwrite.TokensForValue(cty.BoolVal(v)), nil
	case json.Number:
		n, err := cty.ParseNumberVal(v.String())
		return hclwrite.TokensForValue(n), err
	case nil:
		return hclwrite.TokensForValue(cty.NullVal(cty.DynamicPseudoType)), nil
	}
	return nil, fmt.Errorf("a value of %T is none of JSON", value)
}

func object(members map[string]any) (hclwrite.Tokens, error) {
	tokens := hclwrite.Tokens{punctuation(hclsyntax.TokenOBrace), punctuation(hclsyntax.TokenNewline)}
	for _, key := range slices.SortedFunc(maps.Keys(members), compareMembers) {
		value, err := expression(members[key])
		if err != nil {
			return nil, err
		}
		if hclsyntax.ValidIdentifier(key) && key != "for" { // which would begin an expression
			tokens = append(tokens, hclwrite.TokensForIdentifier(key)...)
		} else {
			tokens = append(tokens, hclwrite.TokensForValue(cty.StringVal(key))...)
		}
		tokens = append(tokens, punctuation(hclsyntax.TokenEqual))
		tokens = append(append(tokens, value...), punctuation(hclsyntax.TokenNewline))
	}
	return append(tokens, punctuation(hclsyntax.TokenCBrace)), nil
}

func tuple(items []any) (hclwrite.Tokens, error) {
	tokens := hclwrite.Tokens{punctuation(hclsyntax.TokenOBrack)}
	for _, item := range items {
		value, err := expression(item)
		if err != nil {
			return nil, err
		}
		if len(items) > 1 {
			tokens = append(tokens, punctuation(hclsyntax.TokenNewline))
		}
		tokens = append(tokens, value...)
		if len(items) > 1 {
			tokens = append(tokens, punctuation(hclsyntax.TokenComma))
		}
	}
	if len(items) > 1 {
		tokens = append(tokens, punctuation(hclsyntax.TokenNewline))
	}
	return append(tokens, punctuation(hclsyntax.TokenCBrack)), nil
}

// punctuation is a token that is always written the same.
func punctuation(kind hclsyntax.TokenType) *hclwrite.Token {
	text := string(rune(kind)) // of most kinds, their character
	if kind == hclsyntax.TokenNewline {
		text = "\n"
	}
	return &hclwrite.Token{Type: kind, Bytes: []byte(text)}
}

// memberOrder is how people write a policy; what is not in it comes after, sorted.
var memberOrder = []string{
	"Version", "Id", "Statement", "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition",
}

func compareMembers(a, b string) int {
	place := func(key string) int {
		if i := slices.Index(memberOrder, key); i >= 0 {
			return i
		}
		return len(memberOrder)
	}
	return cmp.Or(place(a)-place(b), strings.Compare(a, b))
}
