package cli

import (
	"bufio"
	"context"
	"errors"
	"strings"

	"flowproof/internal/terminal"
)

// canAsk reports whether somebody sits at both ends: who can be asked, and can answer.
func (a *app) canAsk() bool {
	return terminal.IsTerminal(a.streams.Stdin) && terminal.IsTerminal(a.streams.Stderr)
}

// errNoAnswer means that the terminal was closed (Ctrl-D) in place of an answer.
var errNoAnswer = errors.New("no answer")

// ask puts a question to the person at the terminal and gives the line that they type. Nothing is drawn
// over the question, and there is no deadline but Ctrl-C, which ends the question at once.
func (a *app) ask(ctx context.Context, question string) (string, error) {
	a.asking.Lock()
	defer a.asking.Unlock()
	if a.meter != nil {
		a.meter.Pause()
		defer a.meter.Resume()
	}
	a.sayf("%s", question)
	answers := make(chan string, 1)
	go func() { // it goes on reading after Ctrl-C, which ends the process
		line, err := a.lines().ReadString('\n')
		if err != nil {
			close(answers)
			return
		}
		answers <- strings.TrimSpace(line)
	}()
	select {
	case <-ctx.Done():
		a.sayf("\n")
		return "", ctx.Err()
	case answer, answered := <-answers:
		if !answered {
			a.sayf("\n")
			return "", errNoAnswer
		}
		return answer, nil
	}
}

// lines reads what is typed, across questions.
func (a *app) lines() *bufio.Reader {
	if a.typed == nil {
		a.typed = bufio.NewReader(a.streams.Stdin)
	}
	return a.typed
}

// interruptedError is Ctrl-C where there is no result to show, and says what came of it.
type interruptedError struct{ said string }

func (e interruptedError) Error() string { return "interrupted: " + e.said }

// Is makes it what it is to everybody else: a cancelled context.
func (e interruptedError) Is(target error) bool { return target == context.Canceled }

// nothingSent is Ctrl-C before a plan was carried out or taken back.
func nothingSent() error { return interruptedError{"nothing was sent"} }
