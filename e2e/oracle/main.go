// Command oracle is kustomize itself, for comparison with ours: it builds a directory as `kustomize build` does and prints the
// objects, or with -serve answers one request after the other. Tests of conformance and benchmarks start it; nothing that ships
// contains it. It reaches no network.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"syscall"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// The command line's words and what the library calls them.
var (
	restrictions = map[string]types.LoadRestrictions{
		"LoadRestrictionsRootOnly": types.LoadRestrictionsRootOnly,
		"LoadRestrictionsNone":     types.LoadRestrictionsNone,
	}
	orders = map[string]krusty.ReorderOption{
		"unspecified": krusty.ReorderOptionUnspecified,
		"legacy":      krusty.ReorderOptionLegacy,
		"none":        krusty.ReorderOptionNone,
	}
)

func main() {
	restrictor := flag.String("load-restrictor", "LoadRestrictionsRootOnly", "or LoadRestrictionsNone")
	reorder := flag.String("reorder", "unspecified", "or legacy, none")
	report := flag.Bool("usage", false, "write what the build cost to standard error, as JSON")
	answer := flag.Bool("serve", false, "build what standard input asks for, a case of JSON a line")
	flag.Parse()
	http.DefaultTransport = unreachable{}
	if *answer {
		if err := serve(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, "Error:", err)
			os.Exit(1)
		}
		return
	}
	err := build(flag.Args(), *restrictor, *reorder)
	if err == nil && *report {
		err = usage()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "Error:", err)
		os.Exit(1)
	}
}

func build(directories []string, restrictor, reorder string) error {
	if len(directories) != 1 {
		return errors.New("one directory is needed")
	}
	restriction, known := restrictions[restrictor]
	if !known {
		return fmt.Errorf("unknown load restrictor %q", restrictor)
	}
	order, known := orders[reorder]
	if !known {
		return fmt.Errorf("unknown order %q", reorder)
	}
	options := krusty.MakeDefaultOptions()
	options.LoadRestrictions = restriction
	options.Reorder = order
	objects, err := krusty.MakeKustomizer(options).Run(filesys.MakeFsOnDisk(), directories[0])
	if err != nil {
		return err
	}
	text, err := objects.AsYaml()
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(text)
	return err
}

// usage reports the whole process: all of its processor time, and the most memory that was resident at once.
func usage() error {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return err
	}
	seconds := func(time syscall.Timeval) float64 { return float64(time.Sec) + float64(time.Usec)/1e6 }
	return json.NewEncoder(os.Stderr).Encode(map[string]any{
		"cpu_seconds": seconds(used.Utime) + seconds(used.Stime),
		"peak_bytes":  used.Maxrss * 1024,
	})
}

// unreachable is a network on which nothing answers.
type unreachable struct{}

func (unreachable) RoundTrip(request *http.Request) (*http.Response, error) {
	return nil, fmt.Errorf("%s: there is no network here", request.URL.Host)
}
