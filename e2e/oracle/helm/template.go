package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"text/template"
	_ "unsafe" // for go:linkname

	"helm.sh/helm/v4/pkg/engine"
)

// A templateRequest is one template and its dot. Numbers of the dot are float64, as those of values files.
type templateRequest struct {
	Text string `json:"text"`
	Data any    `json:"data"`
}

// A templateAnswer holds the output as bytes, which JSON has in base64: functions can cut a character in two.
type templateAnswer struct {
	Output []byte `json:"output"`
	Error  string `json:"error,omitempty"`
}

const (
	templateName = "t"
	// More output than this is an error, so that a loop does not take all memory.
	mostOutput = 1 << 20
)

func (asked *templateRequest) answer() (answer templateAnswer) {
	defer func() {
		if panicked := recover(); panicked != nil {
			answer = templateAnswer{Error: fmt.Sprint("panic: ", panicked)}
		}
	}()
	output, err := asked.execute()
	if err != nil {
		return templateAnswer{Error: err.Error()}
	}
	return templateAnswer{Output: bytes.ReplaceAll(output, []byte("<no value>"), nil)}
}

// newSet is an empty set of templates as Helm's engine makes it.
func newSet() *template.Template {
	root := template.New("gotpl").Option("missingkey=zero")
	initFunMap(engine.Engine{CustomTemplateFuncs: fixedRandom()}, context.Background(), root)
	return root
}

func (asked *templateRequest) execute() ([]byte, error) {
	root := newSet()
	if _, err := root.New(templateName).Parse(asked.Text); err != nil {
		return nil, cleanupParseError(templateName, err)
	}
	var output limited
	if err := root.ExecuteTemplate(&output, templateName, asked.Data); err != nil {
		return nil, reformatExecErrorMsg(templateName, err)
	}
	return output.Bytes(), nil
}

type limited struct{ bytes.Buffer }

func (output *limited) Write(text []byte) (int, error) {
	if output.Len()+len(text) > mostOutput {
		return 0, errors.New("too much output")
	}
	return output.Buffer.Write(text)
}

// What Helm's engine does before and after each template, linked by name: it exports neither.

//go:linkname initFunMap helm.sh/helm/v4/pkg/engine.Engine.initFunMap
func initFunMap(made engine.Engine, ctx context.Context, root *template.Template)

//go:linkname cleanupParseError helm.sh/helm/v4/pkg/engine.cleanupParseError
func cleanupParseError(name string, err error) error

//go:linkname reformatExecErrorMsg helm.sh/helm/v4/pkg/engine.reformatExecErrorMsg
func reformatExecErrorMsg(name string, err error) error
