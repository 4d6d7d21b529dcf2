//go:build unix

package remediate

import (
	"errors"
	"os"
	"syscall"
)

// errLocked means that somebody else holds the lock.
var errLocked = errors.New("locked")

// unlockFile gives the lock back for everybody who shares the open file.
func unlockFile(f *os.File) error { return syscall.Flock(int(f.Fd()), syscall.LOCK_UN) }

// lockFile takes flock(2)'s exclusive lock, which the kernel gives back when the process ends,
// however it ends.
func lockFile(f *os.File) error {
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case errors.Is(err, syscall.EINTR):
			continue
		case errors.Is(err, syscall.EWOULDBLOCK):
			return errLocked
		}
		return err
	}
}
