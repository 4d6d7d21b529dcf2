// Package filelock keeps two processes from writing one file. It locks files that are open, knows
// nothing of what is in them, and never waits.
package filelock

import "errors"

// ErrLocked means that somebody else holds the lock.
var ErrLocked = errors.New("locked")
