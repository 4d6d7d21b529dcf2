package awslive

// ahead hands on what comes in without making it wait: what is small, and is needed early to know
// how much there is.
func ahead[T any](in <-chan T) <-chan T {
	out := make(chan T)
	go func() {
		defer close(out)
		var waiting []T
		for in != nil || len(waiting) > 0 {
			var next chan<- T
			var first T
			if len(waiting) > 0 {
				next, first = out, waiting[0]
			}
			select {
			case v, more := <-in:
				if !more {
					in = nil
					continue
				}
				waiting = append(waiting, v)
			case next <- first:
				waiting = waiting[1:]
			}
		}
	}()
	return out
}
