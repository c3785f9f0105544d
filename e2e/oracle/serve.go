package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"strings"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/kustomize/kyaml/openapi"
)

// request is a case of the conformance corpus: files of text by path, the directory to build, and how.
type request struct {
	Files   map[string]string `json:"files"`
	Build   string            `json:"build"`
	Options struct {
		Reorder           string `json:"reorder"`
		LoadRestrictions  string `json:"loadRestrictions"`
		AddManagedbyLabel bool   `json:"addManagedbyLabel"`
	} `json:"options"`
}

// response holds exactly one of its two.
type response struct {
	Output *string `json:"output,omitempty"`
	Error  *string `json:"error,omitempty"`
}

// serve answers every line of a reader with a line.
func serve(from io.Reader, to io.Writer) error {
	log.SetOutput(io.Discard)
	lines := bufio.NewReader(from)
	answers := json.NewEncoder(to)
	for {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		var asked request
		if err := json.Unmarshal(line, &asked); err != nil {
			return err
		}
		if err := answers.Encode(asked.answer()); err != nil {
			return err
		}
	}
}

func (asked *request) answer() (answer response) {
	failed := func(text string) response { return response{Error: &text} }
	defer func() {
		if crash := recover(); crash != nil {
			answer = failed(fmt.Sprint("panic: ", crash))
		}
	}()
	// A schema of a kustomization's own stays for the builds that follow in the same process.
	if asked.namesSchema() {
		openapi.ResetOpenAPI()
		defer openapi.ResetOpenAPI()
	}
	files := filesys.MakeFsInMemory()
	if err := files.MkdirAll(asked.Build); err != nil {
		return failed(err.Error())
	}
	for path, text := range asked.Files {
		if err := files.WriteFile(path, []byte(text)); err != nil {
			return failed(err.Error())
		}
	}
	options := krusty.MakeDefaultOptions()
	if asked.Options.Reorder != "" {
		options.Reorder = krusty.ReorderOption(asked.Options.Reorder)
	}
	if asked.Options.LoadRestrictions == "none" {
		options.LoadRestrictions = types.LoadRestrictionsNone
	}
	options.AddManagedbyLabel = asked.Options.AddManagedbyLabel
	objects, err := krusty.MakeKustomizer(options).Run(files, asked.Build)
	if err != nil {
		return failed(err.Error())
	}
	text, err := objects.AsYaml()
	if err != nil {
		return failed(err.Error())
	}
	output := string(text)
	return response{Output: &output}
}

func (asked *request) namesSchema() bool {
	for _, text := range asked.Files {
		if strings.Contains(text, "openapi") {
			return true
		}
	}
	return false
}
