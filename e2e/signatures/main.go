// Command signatures makes the signatures that the tests of cosign-signature and notation-signature verify, and asks the originals
// whether they count: `go run . cosign` and `go run . notation` print one JSON document each. All keys are made anew and thrown away.
package main

import (
	"encoding/json"
	"fmt"
	"os"
)

func main() {
	makers := map[string]func() any{"cosign": func() any { return cosignCases() }, "notation": func() any { return notationCases() }}
	if len(os.Args) != 2 || makers[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: signatures cosign|notation")
		os.Exit(2)
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	check(encoder.Encode(makers[os.Args[1]]()))
}

// check ends the program: nothing here is worth going on with after a failure.
func check(err error) {
	if err != nil {
		panic(err)
	}
}

func must[T any](value T, err error) T {
	check(err)
	return value
}
