{{/* Labels of everything. Dictionary: root, component. */}}
{{- define "weir.labels" -}}
app.kubernetes.io/name: weir
app.kubernetes.io/part-of: flux
app.kubernetes.io/instance: {{ .root.Release.Namespace }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
{{- with .component }}
app.kubernetes.io/component: {{ . }}
{{- end }}
{{- end }}

{{/* The name of a controller's shard: the controller's own without a key. Dictionary: name, key. */}}
{{- define "weir.shard" -}}
{{ .name }}{{ with .key }}-{{ . }}{{ end }}
{{- end }}

{{/* Whether a controller keeps files. */}}
{{- define "weir.stores" -}}
{{ ternary "yes" "no" (has . (list "source-controller" "image-reflector-controller")) }}
{{- end }}

{{/* Whether a controller changes objects of others, for tenants. */}}
{{- define "weir.acts" -}}
{{ ternary "yes" "no" (has . (list "kustomize-controller" "helm-controller")) }}
{{- end }}

{{/* The command line of a controller. Dictionary: root, name, key. */}}
{{- define "weir.args" -}}
{{- $values := .root.Values -}}
- --events-addr={{ $values.eventsAddress }}
- --watch-all-namespaces={{ $values.watchAllNamespaces }}
- --log-level={{ $values.logLevel }}
- --log-encoding=json
{{- if $values.leaderElection }}
- --enable-leader-election
{{- end }}
{{- if .key }}
- --watch-label-selector=sharding.fluxcd.io/key={{ .key }}
{{- else if $values.sharding.keys }}
- --watch-label-selector=!sharding.fluxcd.io/key
{{- end }}
{{- if eq (include "weir.stores" .name) "yes" }}
- --storage-path=/data
{{- end }}
{{- if eq .name "source-controller" }}
- --storage-adv-addr={{ include "weir.shard" . }}.{{ .root.Release.Namespace }}.svc.{{ $values.clusterDomain }}.
{{- else if $values.tenancy.strict }}
- --no-cross-namespace-refs=true
{{- if eq (include "weir.acts" .name) "yes" }}
- --default-service-account={{ $values.tenancy.defaultServiceAccount }}
{{- end }}
{{- if eq .name "kustomize-controller" }}
- --no-remote-bases=true
{{- end }}
{{- end }}
{{- range (index $values.controllers .name).extraArgs }}
- {{ . | quote }}
{{- end }}
{{- end }}
