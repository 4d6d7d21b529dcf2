//go:build !unix

package filelock

import (
	"errors"
	"os"
)

// Lock refuses: without a lock two processes could write one file.
func Lock(*os.File) error {
	return errors.New("this system has no flock; run on Linux, macOS or another Unix what writes a journal or a checkpoint")
}

// Unlock has nothing to give back.
func Unlock(*os.File) error { return nil }
