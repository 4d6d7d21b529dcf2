package awslive

import (
	"slices"
	"testing"
)

func TestAheadTakesEverythingBeforeAnythingIsTaken(t *testing.T) {
	t.Parallel()
	in := make(chan int)
	out := ahead(in)
	var want []int
	for i := range 100 {
		in <- i // would wait for ever if it had to be taken first
		want = append(want, i)
	}
	close(in)
	var got []int
	for i := range out {
		got = append(got, i)
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v", got)
	}
}
