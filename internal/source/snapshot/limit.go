package snapshot

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// limits bound what a file may make a reader hold. A line takes memory several times its length, and
// what is unpacked takes disk.
type limits struct {
	line     int64
	unpacked int64
}

// defaultLimits are far above what there is to save: a Region's line of 64 MiB holds about
// 150,000 network interfaces, of which an account has 5,000 unless AWS raises its quota ("Network
// interfaces per Region", VPC quotas).
var defaultLimits = limits{line: 64 << 20, unpacked: 4 << 30}

func (l limits) lineError(number int) error {
	return fmt.Errorf("line %d is longer than %s, which no Region needs: it is no snapshot of flowproof; save it again", number, size(l.line))
}

// size writes a limit as people do.
func size(n int64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%d GiB", n>>30)
	case n >= 1<<20:
		return fmt.Sprintf("%d MiB", n>>20)
	}
	return fmt.Sprintf("%d bytes", n)
}

// readLine reads up to and with the next newline into buf, as far as the limit lets it. The last
// line comes with [io.EOF].
func (l limits) readLine(in *bufio.Reader, buf []byte, number int) ([]byte, error) {
	buf = buf[:0]
	for {
		part, err := in.ReadSlice('\n')
		buf = append(buf, part...)
		if int64(len(buf)) > l.line {
			return nil, l.lineError(number)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return buf, err
		}
	}
}

// bounded is where a packed file is unpacked to. It stops at the limits, so that a small file cannot
// fill the disk.
type bounded struct {
	to     io.Writer
	limits limits
	size   int64
	number int   // of lines that ended
	line   int64 // the length of the one that has not
}

func (b *bounded) Write(p []byte) (int, error) {
	if b.size += int64(len(p)); b.size > b.limits.unpacked {
		return 0, limitError{fmt.Errorf("it unpacks to more than %s: unpack it with gunzip, where there is room, and name the plain file", size(b.limits.unpacked))}
	}
	if last := bytes.LastIndexByte(p, '\n'); last >= 0 {
		b.number += bytes.Count(p, []byte("\n"))
		b.line = int64(len(p) - last - 1)
	} else {
		b.line += int64(len(p))
	}
	if b.line > b.limits.line {
		return 0, limitError{b.limits.lineError(b.number + 1)}
	}
	return b.to.Write(p)
}

// limitError tells what stopped unpacking from damage of the packing.
type limitError struct{ error }
