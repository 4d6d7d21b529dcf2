package config

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// parse turns what a layer gave into the value that the setting's kind calls
// for. A layer gives texts, several where the setting was repeated: all layers
// are read by this one function, so that a value means the same in each.
func (s Setting) parse(texts []string) (any, error) {
	if s.Kind == List {
		return s.parseList(texts)
	}
	if len(texts) == 0 {
		return nil, fmt.Errorf("takes one value, not a list")
	}
	text := texts[len(texts)-1] // of a repeated flag the last one counts
	switch s.Kind {
	case Switch:
		on, err := strconv.ParseBool(text)
		if err != nil {
			return nil, fmt.Errorf("is neither true nor false")
		}
		return on, nil
	case Duration:
		d, err := time.ParseDuration(text)
		if err != nil || d <= 0 {
			return nil, fmt.Errorf("is not a duration above zero, such as 90m or 24h")
		}
		return d, nil
	case Number:
		n, err := strconv.ParseFloat(text, 64)
		if err != nil || n < 0 || math.IsInf(n, 0) || math.IsNaN(n) {
			return nil, fmt.Errorf("is not a number from 0")
		}
		return n, nil
	case Count:
		n, err := strconv.ParseInt(text, 10, 32)
		if err != nil || n < 0 {
			return nil, fmt.Errorf("is not a whole number from 0 to %d", math.MaxInt32)
		}
		return int32(n), nil
	default:
		return text, s.check(text)
	}
}

func (s Setting) parseList(texts []string) (any, error) {
	items := []string{}
	for _, text := range texts {
		for item := range strings.SplitSeq(text, ",") {
			item = strings.TrimSpace(item)
			if item == "" {
				return nil, fmt.Errorf("holds an empty item")
			}
			if err := s.check(item); err != nil {
				return nil, err
			}
			items = append(items, item)
		}
	}
	return items, nil
}

// check applies the setting's list of values and its pattern. An empty text
// that the setting has by default, such as no output file, is fine.
func (s Setting) check(text string) error {
	if text == "" && s.Default == "" {
		return nil
	}
	if len(s.Allowed) > 0 && !slices.Contains(s.Allowed, text) {
		return fmt.Errorf("is not one of %s", strings.Join(s.Allowed, ", "))
	}
	if s.Pattern != "" && !regexp.MustCompile(`\A(?:`+s.Pattern+`)\z`).MatchString(text) {
		return fmt.Errorf("is not %s", s.Form)
	}
	return nil
}

// zero is the setting's default as a value.
func (s Setting) zero() (any, error) {
	if s.Default != "" {
		return s.parse([]string{s.Default})
	}
	switch s.Kind {
	case Switch:
		return false, nil
	case List:
		return []string{}, nil
	case Text:
		return "", nil
	default:
		return nil, fmt.Errorf("a %s needs a default", s.Kind)
	}
}

// show is the value as a program reads it: texts, true or false, lists. A
// duration becomes the text that would have given it.
func show(value any) any {
	d, ok := value.(time.Duration)
	if !ok {
		return value
	}
	text := d.String()
	for _, empty := range []string{"m0s", "h0m"} { // 24h0m0s is 24h
		if strings.HasSuffix(text, empty) {
			text = text[:len(text)-2]
		}
	}
	return text
}
