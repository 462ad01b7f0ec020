package host

import (
	"bufio"
	"errors"
	"io"
)

// pieceMax is the longest line taken in one piece.
const pieceMax = 64 << 10

// pump gives every line of a plugin's stream to take, without the line's end; longer lines come in pieces. It reads
// until the stream ends, whatever take does, because a plugin that writes into a full pipe stops working.
func pump(r io.Reader, take func(line []byte)) {
	buf := bufio.NewReaderSize(r, pieceMax)
	for {
		line, err := buf.ReadSlice('\n')
		if n := len(line); n > 0 {
			if line[n-1] == '\n' {
				line = line[:n-1]
			}
			take(line)
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return
		}
	}
}

// lineWriter turns the pieces go-plugin hands over from the plugin's os.Stdout and os.Stderr into lines.
type lineWriter struct {
	take func(line []byte)
	rest []byte
}

// Write takes every complete line. Calls must not overlap.
func (w *lineWriter) Write(p []byte) (int, error) {
	for _, b := range p {
		if b != '\n' {
			w.rest = append(w.rest, b)
		}
		if b == '\n' || len(w.rest) == pieceMax {
			w.take(w.rest)
			w.rest = w.rest[:0]
		}
	}
	return len(p), nil
}
