package main

import (
	"context"
	"fmt"
	"strings"
	"text/template"
	"time"

	"helm.sh/helm/v4/pkg/action"
	"helm.sh/helm/v4/pkg/chart"
	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/loader"
	"helm.sh/helm/v4/pkg/cli/values"
	"helm.sh/helm/v4/pkg/getter"
	release "helm.sh/helm/v4/pkg/release/v1"
)

// A chartRequest is what `helm template` is told.
type chartRequest struct {
	// A directory or an archive.
	Path string `json:"path"`
	// The arguments of --values.
	Values      []string `json:"values"`
	Release     string   `json:"release"`
	Namespace   string   `json:"namespace"`
	KubeVersion string   `json:"kubeVersion"`
	// Whether functions with a result of their own in every run have a fixed one.
	FixedRandom bool `json:"fixedRandom"`
	// Whether only the times are wanted.
	Quiet bool `json:"quiet"`
	// Whether the chart that was read for the request before is used again, if it was at the same path.
	Again bool `json:"again"`
	// Whether the templates are only parsed.
	ParseOnly bool `json:"parseOnly"`
}

// A chartAnswer is what `helm template` prints and how long it took, in seconds. Rendering includes parsing; what parsing takes
// is measured by requests that ask for nothing else.
type chartAnswer struct {
	Output string  `json:"output"`
	Error  string  `json:"error,omitempty"`
	Load   float64 `json:"load"`
	Parse  float64 `json:"parse"`
	Render float64 `json:"render"`
}

func (asked *chartRequest) answer() (answer chartAnswer) {
	defer func() {
		if panicked := recover(); panicked != nil {
			answer.Error = fmt.Sprint("panic: ", panicked)
		}
	}()
	start := time.Now()
	loaded, err := asked.load()
	answer.Load = time.Since(start).Seconds()
	if asked.ParseOnly && err == nil {
		answer.Parse = parseSeconds(loaded)
		return answer
	}
	if err == nil {
		start = time.Now()
		answer.Output, err = asked.render(loaded)
		answer.Render = time.Since(start).Seconds()
	}
	if err != nil {
		answer.Error = err.Error()
	}
	if asked.Quiet {
		answer.Output = ""
	}
	return answer
}

// kept is the chart of the request before.
var kept struct {
	path  string
	chart chart.Charter
}

func (asked *chartRequest) load() (chart.Charter, error) {
	if asked.Again && kept.path == asked.Path {
		return kept.chart, nil
	}
	loaded, err := loader.Load(asked.Path)
	if asked.Again && err == nil {
		kept.path, kept.chart = asked.Path, loaded
	}
	return loaded, err
}

func (asked *chartRequest) render(loaded chart.Charter) (string, error) {
	if err := installable(loaded); err != nil {
		return "", err
	}
	given := values.Options{ValueFiles: asked.Values}
	supplied, err := given.MergeValues(getter.Providers{})
	if err != nil {
		return "", err
	}
	version, err := common.ParseKubeVersion(asked.KubeVersion)
	if err != nil {
		return "", err
	}
	configuration := action.NewConfiguration()
	if asked.FixedRandom {
		configuration.CustomTemplateFuncs = fixedRandom()
	}
	install := action.NewInstall(configuration)
	install.DryRunStrategy = action.DryRunClient
	install.Replace = true
	install.ReleaseName = asked.Release
	install.Namespace = asked.Namespace
	install.KubeVersion = version
	made, err := install.RunWithContext(context.Background(), loaded, supplied)
	if err != nil {
		return "", err
	}
	return printed(made.(*release.Release)), nil
}

// installable makes the checks that the command line makes before the action.
func installable(loaded chart.Charter) error {
	accessor, err := chart.NewAccessor(loaded)
	if err != nil {
		return err
	}
	if kind, _ := accessor.MetadataAsMap()["Type"].(string); kind != "" && kind != "application" {
		return fmt.Errorf("%s charts are not installable", kind)
	}
	return action.CheckDependencies(loaded, accessor.MetaDependencies())
}

func printed(made *release.Release) string {
	var text strings.Builder
	fmt.Fprintln(&text, strings.TrimSpace(made.Manifest))
	for _, hook := range made.Hooks {
		fmt.Fprintf(&text, "---\n# Source: %s\n%s\n", hook.Path, hook.Manifest)
	}
	return text.String()
}

// parseSeconds is how long it takes to parse the templates of a chart and its subcharts.
func parseSeconds(loaded chart.Charter) float64 {
	root := newSet()
	start := time.Now()
	parseAll(root, loaded)
	return time.Since(start).Seconds()
}

func parseAll(root *template.Template, loaded chart.Charter) {
	accessor, err := chart.NewAccessor(loaded)
	if err != nil {
		return
	}
	for _, dependency := range accessor.Dependencies() {
		parseAll(root, dependency)
	}
	for _, file := range accessor.Templates() {
		_, _ = root.New(accessor.Name() + "/" + file.Name).Parse(string(file.Data))
	}
}
