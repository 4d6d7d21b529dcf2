package sandbox

import (
	"encoding/base64"
	"encoding/json"
)

// pageToken is what an opaque NextToken holds: which list it continues, behind which
// row, and the number of the page it asks for.
type pageToken struct {
	List  string `json:"l"`
	After int    `json:"a"`
	Page  int    `json:"p"`
}

func (t pageToken) encode() string {
	b, err := json.Marshal(t)
	if err != nil {
		return "" // a struct of a string and two integers always encodes
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// readToken decodes a token and says whether it continues the named list.
func readToken(list, token string) (pageToken, bool) {
	var t pageToken
	b, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || json.Unmarshal(b, &t) != nil || t.After < 0 || t.Page < 2 {
		return pageToken{}, false
	}
	return t, t.List == list || list == ""
}

// pageOf gives the number of the page that a call asks for.
func pageOf(c *call) int {
	token := c.form.get("NextToken")
	if token == "" {
		token = c.form.get("Marker")
	}
	if token == "" && len(c.body) > 0 {
		var in struct {
			NextToken string `json:"nextToken"`
		}
		if json.Unmarshal(c.body, &in) == nil {
			token = in.NextToken
		}
	}
	if t, ok := readToken("", token); ok {
		return t.Page
	}
	return 1
}

// limit is the size of the page to answer: what the client asked for, bounded by
// the knob.
func (c *call) limit(asked int) int {
	if c.pageSize > 0 && c.pageSize < asked {
		return c.pageSize
	}
	return asked
}

// cut takes one page out of the rows behind start and gives the token of the
// next page, or "" on the last one.
func pageFrom[T any](c *call, rows []row[T], size int) (page []row[T], next string) {
	size = c.limit(size)
	if len(rows) <= size {
		return rows, ""
	}
	page = rows[:size]
	return page, pageToken{List: c.operation, After: page[size-1].seq, Page: c.page + 1}.encode()
}

// offsetPage takes one page out of any sorted list, for services whose lists are
// built by the call. The token holds how many elements were given so far.
func offsetPage[T any](c *call, all []T, token string, size int) (page []T, next string, ok bool) {
	start := 0
	if token != "" {
		t, good := readToken(c.operation, token)
		if !good || t.After > len(all) {
			return nil, "", false
		}
		start = t.After
	}
	size = c.limit(size)
	end := min(start+size, len(all))
	if end < len(all) {
		next = pageToken{List: c.operation, After: end, Page: c.page + 1}.encode()
	}
	return all[start:end], next, true
}
