package main

import (
	"reflect"
	"text/template"
	_ "unsafe" // for go:linkname
)

// A signature is what a function of templates takes: Go's names of the types, the last one as often as wanted if variadic.
type signature struct {
	Parameters []string `json:"parameters"`
	Variadic   bool     `json:"variadic"`
}

// signatures are those of all functions that Helm adds to the language.
func signatures() map[string]signature {
	all := map[string]signature{}
	for name, function := range funcMap() {
		kind := reflect.TypeOf(function)
		found := signature{Parameters: []string{}, Variadic: kind.IsVariadic()}
		for index := range kind.NumIn() {
			parameter := kind.In(index)
			if kind.IsVariadic() && index == kind.NumIn()-1 {
				parameter = parameter.Elem()
			}
			found.Parameters = append(found.Parameters, parameter.String())
		}
		all[name] = found
	}
	return all
}

//go:linkname funcMap helm.sh/helm/v4/pkg/engine.funcMap
func funcMap() template.FuncMap
