//go:build unix

package atomicfile

import (
	"errors"
	"os"
	"syscall"
)

// duplicate gives a stream of the process once more, so that closing it leaves the process its own.
func duplicate(fd int, name string) (*os.File, error) {
	flags, err := flagsOf(fd)
	if err != nil {
		return nil, err
	}
	if flags&(syscall.O_WRONLY|syscall.O_RDWR) == 0 {
		return nil, errors.New("it is open for reading only")
	}
	again, err := syscall.Dup(fd)
	if err != nil {
		return nil, err
	}
	syscall.CloseOnExec(again)
	return os.NewFile(uintptr(again), name), nil
}

func flagsOf(fd int) (int, error) {
	flags, _, failed := syscall.Syscall(syscall.SYS_FCNTL, uintptr(fd), uintptr(syscall.F_GETFL), 0)
	if failed != 0 {
		return 0, failed
	}
	return int(flags), nil
}

// isUnsupported reports whether a folder cannot be synced, rather than was not.
func isUnsupported(err error) bool {
	return errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOTSUP) || errors.Is(err, syscall.EBADF)
}
