// Records what kyaml does with marked files, as Flux's image-automation-controller uses it: which scalars carry a marker, and
// what becomes of them. Usage: go run . ../data > ../data/expected.json
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"sort"
	"strings"

	"k8s.io/kube-openapi/pkg/validation/spec"
	"sigs.k8s.io/kustomize/kyaml/fieldmeta"
	"sigs.k8s.io/kustomize/kyaml/kio"
	"sigs.k8s.io/kustomize/kyaml/openapi"
	"sigs.k8s.io/kustomize/kyaml/yaml"
)

const prefix = fieldmeta.DefinitionsPrefix + fieldmeta.SetterDefinitionPrefix

type policy struct {
	Namespace, Name, Image, Tag, Digest string
}

type change struct {
	Object           string
	Old, New, Setter string
}

type outcome struct {
	// Unreadable is set where kyaml does not parse the file, which is then skipped.
	Unreadable bool     `json:",omitempty"`
	Changes    []change `json:",omitempty"`
	// Output is the whole file as kyaml writes it, where a value changed.
	Output string `json:",omitempty"`
}

// run sets every marked scalar of one file.
func run(text []byte, values map[string]string, schema *spec.Schema) outcome {
	reader := &kio.ByteReader{Reader: bytes.NewReader(text), PreserveSeqIndent: true}
	objects, err := reader.Read()
	if err != nil {
		return outcome{Unreadable: true}
	}
	var result outcome
	for _, object := range objects {
		meta, _ := object.GetMeta()
		id := strings.Join([]string{meta.APIVersion, meta.Kind, meta.Namespace, meta.Name}, "|")
		visit(object, func(scalar *yaml.RNode) {
			marked := fieldmeta.FieldMeta{SettersSchema: schema}
			if marked.Read(scalar) != nil {
				return
			}
			setter, found := strings.CutPrefix(marked.Schema.Ref.String(), prefix)
			if !found {
				return
			}
			node := scalar.YNode()
			old := node.Value
			node.Value = values[setter]
			yaml.FormatNonStringStyle(node, *spec.StringProperty())
			if old != node.Value {
				result.Changes = append(result.Changes, change{id, old, node.Value, setter})
			}
		})
	}
	if len(result.Changes) == 0 {
		return result
	}
	var written bytes.Buffer
	if err := (kio.ByteWriter{Writer: &written}).Write(objects); err != nil {
		panic(err)
	}
	result.Output = written.String()
	return result
}

func visit(node *yaml.RNode, scalar func(*yaml.RNode)) {
	switch node.YNode().Kind {
	case yaml.MappingNode:
		_ = node.VisitFields(func(field *yaml.MapNode) error { visit(field.Value, scalar); return nil })
	case yaml.SequenceNode:
		_ = node.VisitElements(func(item *yaml.RNode) error { visit(item, scalar); return nil })
	case yaml.ScalarNode:
		scalar(node)
	}
}

func kyamlVersion() string {
	info, _ := debug.ReadBuildInfo()
	for _, module := range info.Deps {
		if module.Path == "sigs.k8s.io/kustomize/kyaml" {
			return module.Version
		}
	}
	return "unknown"
}

func main() {
	fieldmeta.SetShortHandRef("$imagepolicy")
	openapi.SuppressBuiltInSchemaUse()
	text, err := os.ReadFile(filepath.Join(os.Args[1], "policies.json"))
	if err != nil {
		panic(err)
	}
	var policies []policy
	if err := json.Unmarshal(text, &policies); err != nil {
		panic(err)
	}
	values := map[string]string{}
	for _, p := range policies {
		key := p.Namespace + ":" + p.Name
		values[key] = p.Image + ":" + p.Tag
		if p.Digest != "" {
			values[key] += "@" + p.Digest
		}
		values[key+":tag"], values[key+":name"], values[key+":digest"] = p.Tag, p.Image, p.Digest
	}
	schema := &spec.Schema{}
	schema.Definitions = map[string]spec.Schema{}
	for name := range values {
		schema.Definitions[fieldmeta.SetterDefinitionPrefix+name] = *spec.StringProperty()
	}
	files, err := filepath.Glob(filepath.Join(os.Args[1], "cases", "*"))
	if err != nil {
		panic(err)
	}
	sort.Strings(files)
	cases := map[string]outcome{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			panic(err)
		}
		cases[filepath.Base(file)] = run(text, values, schema)
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(map[string]any{"kyaml": kyamlVersion(), "cases": cases}); err != nil {
		panic(err)
	}
	fmt.Fprintln(os.Stderr, len(cases), "cases")
}
