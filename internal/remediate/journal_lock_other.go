//go:build !unix

package remediate

import (
	"errors"
	"os"
)

var errLocked = errors.New("locked")

func unlockFile(*os.File) error { return nil }

// lockFile refuses: without a lock two runs could write one journal.
func lockFile(*os.File) error {
	return errors.New("this system has no flock; run apply and rollback on Linux, macOS or another Unix")
}
