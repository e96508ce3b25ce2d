// Package tap writes test results in the Test Anything Protocol. It has the functions of
// github.com/mndrix/tap-go that the validation programs call: Debian does not package that library.
package tap

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
)

// T counts the results of one program.
type T struct {
	n    int
	todo bool
}

// New begins without results.
func New() *T {
	return &T{}
}

// Header announces the number of tests; 0: AutoPlan does that at the end.
func (t *T) Header(tests int) {
	fmt.Println("TAP version 13")
	if tests > 0 {
		fmt.Printf("1..%d\n", tests)
	}
}

// AutoPlan announces the number of results so far.
func (t *T) AutoPlan() {
	fmt.Printf("1..%d\n", t.n)
}

// Ok reports a result.
func (t *T) Ok(passed bool, what string) {
	t.n++
	result, todo := "ok", "-"
	if !passed {
		result = "not ok"
	}
	if t.todo {
		todo = "# TO" + "DO"
	}
	t.todo = false
	fmt.Printf("%s %d %s %s\n", result, t.n, todo, what)
}

// Todo marks the next result: nobody expects it to be a success yet.
func (t *T) Todo() *T {
	t.todo = true
	return t
}

// Pass reports a success.
func (t *T) Pass(what string) {
	t.Ok(true, what)
}

// Fail reports a failure.
func (t *T) Fail(what string) {
	t.Ok(false, what)
}

// Skip reports tests that are left out.
func (t *T) Skip(tests int, why string) {
	for ; tests > 0; tests-- {
		t.n++
		fmt.Printf("ok %d # SKIP %s\n", t.n, why)
	}
}

// Diagnostic writes lines of comments.
func (t *T) Diagnostic(text string) {
	for _, line := range strings.Split(text, "\n") {
		fmt.Println("# " + line)
	}
}

// Diagnosticf writes formatted comments.
func (t *T) Diagnosticf(format string, args ...interface{}) {
	t.Diagnostic(fmt.Sprintf(format, args...))
}

// YAML writes details of the last result; JSON is YAML.
func (t *T) YAML(details interface{}) error {
	text, err := json.MarshalIndent(details, "  ", "  ")
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stdout, "  ---\n  %s\n  ...\n", text)
	return nil
}
