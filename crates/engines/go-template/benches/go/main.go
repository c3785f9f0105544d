// Command bench does with Go's text/template what the benchmark render.rs does with ours: `bench <chart> parse|execute <rounds>`.
// Without rounds it prints what the templates write.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"text/template"
)

var files = []string{"_helpers.tpl", "deployment.yaml", "service.yaml", "configmap.yaml"}

func functions(set *template.Template) template.FuncMap {
	execute := func(set *template.Template, name string, data any) (string, error) {
		var output strings.Builder
		err := set.ExecuteTemplate(&output, name, data)
		return output.String(), err
	}
	return template.FuncMap{
		"include": func(name string, data any) (string, error) { return execute(set, name, data) },
		"tpl": func(text string, data any) (string, error) {
			clone, err := set.Clone()
			if err != nil {
				return "", err
			}
			if _, err := clone.New("tpl").Parse(text); err != nil {
				return "", err
			}
			return execute(clone, "tpl", data)
		},
		"default": func(fallback any, given ...any) any {
			if len(given) > 0 {
				if truth, _ := template.IsTrue(given[0]); truth {
					return given[0]
				}
			}
			return fallback
		},
		"quote":    func(value any) string { return strconv.Quote(text(value)) },
		"toString": text,
		"nindent": func(spaces int, text string) string {
			padding := "\n" + strings.Repeat(" ", spaces)
			return padding + strings.ReplaceAll(text, "\n", padding)
		},
		"trunc":      func(length int, text string) string { return text[:min(length, len(text))] },
		"trimSuffix": func(suffix, text string) string { return strings.TrimSuffix(text, suffix) },
		"contains":   func(part, text string) bool { return strings.Contains(text, part) },
		"replace":    func(from, to, text string) string { return strings.ReplaceAll(text, from, to) },
		"hasKey": func(entries map[string]any, key string) bool {
			_, found := entries[key]
			return found
		},
		"dict": func(items ...any) map[string]any {
			entries := map[string]any{}
			for index := 0; index+1 < len(items); index += 2 {
				entries[items[index].(string)] = items[index+1]
			}
			return entries
		},
		"kindIsString": func(value any) bool {
			_, is := value.(string)
			return is
		},
	}
}

func text(value any) string {
	if text, is := value.(string); is {
		return text
	}
	return fmt.Sprint(value)
}

func parse(sources map[string]string) *template.Template {
	set := template.New("shop").Option("missingkey=zero")
	set.Funcs(functions(set))
	for _, name := range files {
		template.Must(set.New(name).Parse(sources[name]))
	}
	return set
}

func render(set *template.Template, data any) []byte {
	var output bytes.Buffer
	for _, name := range files[1:] {
		if err := set.ExecuteTemplate(&output, name, data); err != nil {
			panic(err)
		}
	}
	return output.Bytes()
}

func main() {
	chart, sources := os.Args[1], map[string]string{}
	read := func(name string) []byte {
		content, err := os.ReadFile(filepath.Join(chart, name))
		if err != nil {
			panic(err)
		}
		return content
	}
	for _, name := range files {
		sources[name] = string(read(name))
	}
	var data any
	if err := json.Unmarshal(read("values.json"), &data); err != nil {
		panic(err)
	}
	set := parse(sources)
	if len(os.Args) < 4 {
		os.Stdout.Write(render(set, data))
		return
	}
	rounds, err := strconv.Atoi(os.Args[3])
	if err != nil {
		panic(err)
	}
	for range rounds {
		if os.Args[2] == "parse" {
			parse(sources)
		} else {
			render(set, data)
		}
	}
}
