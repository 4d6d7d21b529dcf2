//go:build unix

package filelock

import (
	"errors"
	"os"
	"syscall"
)

// Lock takes flock(2)'s exclusive lock on an open file, or fails with ErrLocked. The kernel gives
// it back when the process ends, however it ends.
func Lock(f *os.File) error {
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case errors.Is(err, syscall.EINTR):
			continue
		case errors.Is(err, syscall.EWOULDBLOCK):
			return ErrLocked
		}
		return err
	}
}

// Unlock gives the lock back for everybody who shares the open file: a process that was started
// meanwhile may not have let go of it yet.
func Unlock(f *os.File) error { return syscall.Flock(int(f.Fd()), syscall.LOCK_UN) }
