package main

import (
	"encoding/base64"
	"maps"
	"slices"
	"strings"
	"text/template"
	"time"
)

// A certificate stands for one and its key.
type certificate struct{ Cert, Key string }

// fixedRandom is what stands for the functions whose results differ from run to run, so that charts with them can be compared.
// Ours has the same.
func fixedRandom() template.FuncMap {
	return template.FuncMap{
		"randAlphaNum":  repeated("a"),
		"randAlpha":     repeated("b"),
		"randNumeric":   repeated("1"),
		"randAscii":     repeated("c"),
		"randBytes":     func(count int) string { return base64.StdEncoding.EncodeToString(make([]byte, max(count, 0))) },
		"randInt":       func(least, _ int) int { return least },
		"shuffle":       func(text string) string { return text },
		"uuidv4":        func() string { return "00000000-0000-4000-8000-000000000000" },
		"now":           func() time.Time { return time.Date(2020, time.January, 1, 0, 0, 0, 0, time.UTC) },
		"bcrypt":        func(string) string { return "{bcrypt}" },
		"htpasswd":      func(user, _ string) string { return user + ":{htpasswd}" },
		"genPrivateKey": func(kind string) string { return "{private-key:" + kind + "}" },
		"encryptAES":    func(_, text string) string { return "{aes:" + text + "}" },

		"genCA":                    func(name string, _ int) certificate { return named("ca-", name) },
		"genCAWithKey":             func(name string, _ int, _ string) certificate { return named("ca-", name) },
		"genSelfSignedCert":        func(name string, _, _ []any, _ int) certificate { return named("", name) },
		"genSelfSignedCertWithKey": func(name string, _, _ []any, _ int, _ string) certificate { return named("", name) },
		"genSignedCert":            func(name string, _, _ []any, _ int, _ any) certificate { return named("", name) },
		"genSignedCertWithKey":     func(name string, _, _ []any, _ int, _ any, _ string) certificate { return named("", name) },
		"buildCustomCert":          func(cert, key string) certificate { return certificate{decoded(cert), decoded(key)} },

		"keys":   sortedKeys,
		"values": sortedValues,
	}
}

func repeated(letter string) func(int) string {
	return func(count int) string { return strings.Repeat(letter, max(count, 0)) }
}

func named(kind, name string) certificate {
	return certificate{"{" + kind + "cert:" + name + "}", "{" + kind + "key:" + name + "}"}
}

func decoded(text string) string {
	bytes, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return ""
	}
	return string(bytes)
}

func sortedKeys(tables ...map[string]any) []string {
	keys := []string{}
	for _, table := range tables {
		keys = append(keys, slices.Sorted(maps.Keys(table))...)
	}
	return keys
}

func sortedValues(table map[string]any) []any {
	values := []any{}
	for _, key := range sortedKeys(table) {
		values = append(values, table[key])
	}
	return values
}
