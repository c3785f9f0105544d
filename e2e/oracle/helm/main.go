// Command helm is Helm itself, for comparison with ours: given arguments it is Helm's own command line; without any it serves
// requests, one JSON object a line on standard input, each answered by a line on standard output. Tests of conformance and
// benchmarks start it; nothing that ships contains it.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"os"
	"time"

	"helm.sh/helm/v4/pkg/cmd"
	"helm.sh/helm/v4/pkg/kube"
)

func main() {
	if len(os.Args) > 1 {
		os.Exit(commandLine(os.Args[1:]))
	}
	// Dates are printed in the zone of the process.
	time.Local = time.UTC
	log.SetOutput(io.Discard)
	slog.SetDefault(slog.New(slog.DiscardHandler))
	if err := serve(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "Error:", err)
		os.Exit(1)
	}
}

// commandLine is what the program `helm` does, but for the plug-ins that log in to clouds.
func commandLine(arguments []string) int {
	kube.ManagedFieldsManager = "helm"
	root, err := cmd.NewRootCmd(os.Stdout, arguments, cmd.SetupLogging)
	if err == nil {
		err = root.Execute()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "Error:", err)
		return 1
	}
	return 0
}

// A request names a chart or a template, or asks what functions there are.
type request struct {
	Chart     *chartRequest    `json:"chart"`
	Template  *templateRequest `json:"template"`
	Functions bool             `json:"functions"`
}

func serve(input io.Reader, output io.Writer) error {
	requests := json.NewDecoder(input)
	writer := bufio.NewWriterSize(output, 1<<20)
	answers := json.NewEncoder(writer)
	answers.SetEscapeHTML(false)
	for {
		var next request
		if err := requests.Decode(&next); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		var answer any
		switch {
		case next.Chart != nil:
			answer = next.Chart.answer()
		case next.Template != nil:
			answer = next.Template.answer()
		case next.Functions:
			answer = signatures()
		default:
			return errors.New("a request is for a chart, a template or the functions")
		}
		if err := answers.Encode(answer); err != nil {
			return err
		}
		if err := writer.Flush(); err != nil {
			return err
		}
	}
}
