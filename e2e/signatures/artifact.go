package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
)

// artifact is what is signed: a manifest as it lies in a registry, and its blobs by digest.
type artifact struct {
	Manifest string            `json:"manifest"`
	Digest   string            `json:"digest"`
	Blobs    map[string][]byte `json:"blobs"`
}

func digestOf(content []byte) string {
	sum := sha256.Sum256(content)
	return "sha256:" + hex.EncodeToString(sum[:])
}

func newArtifact(config, layer string, files ...[2]string) artifact {
	var packed bytes.Buffer
	zipped := gzip.NewWriter(&packed)
	archive := tar.NewWriter(zipped)
	for _, file := range files {
		check(archive.WriteHeader(&tar.Header{Name: file[0], Mode: 0o644, Size: int64(len(file[1]))}))
		must(archive.Write([]byte(file[1])))
	}
	check(archive.Close())
	check(zipped.Close())
	empty := []byte("{}")
	blobs := map[string][]byte{digestOf(empty): empty, digestOf(packed.Bytes()): packed.Bytes()}
	descriptor := func(kind string, content []byte) map[string]any {
		return map[string]any{"mediaType": kind, "digest": digestOf(content), "size": len(content)}
	}
	manifest := must(json.Marshal(map[string]any{
		"schemaVersion": 2,
		"mediaType":     "application/vnd.oci.image.manifest.v1+json",
		"config":        descriptor(config, empty),
		"layers":        []any{descriptor(layer, packed.Bytes())},
	}))
	return artifact{Manifest: string(manifest), Digest: digestOf(manifest), Blobs: blobs}
}

// artifacts has what the scenarios publish: files, and a chart.
func artifacts() map[string]artifact {
	return map[string]artifact{
		"files": newArtifact("application/vnd.cncf.flux.config.v1+json", "application/vnd.cncf.flux.content.v1.tar+gzip",
			[2]string{"signed.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: signed\n"}),
		"chart": newArtifact("application/vnd.cncf.helm.config.v1+json", "application/vnd.cncf.helm.chart.content.v1.tar+gzip",
			[2]string{"signed/Chart.yaml", "apiVersion: v2\nname: signed\nversion: 1.0.0\n"},
			[2]string{"signed/values.yaml", "{}\n"}),
	}
}
