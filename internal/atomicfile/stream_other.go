//go:build !unix

package atomicfile

import (
	"errors"
	"os"
)

// duplicate is for systems on which streams have names in the file system.
func duplicate(int, string) (*os.File, error) { return nil, errors.ErrUnsupported }

// isUnsupported reports whether a folder cannot be synced: outside Unix it never can.
func isUnsupported(error) bool { return true }
