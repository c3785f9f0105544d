//! The work of `bench helm`'s growth: a chart of as many Deployments as wanted, made as charts make them.

use anyhow::Context;
use std::path::Path;

const METADATA: &str = "apiVersion: v2\nname: growth\nversion: 1.0.0\nappVersion: \"7\"\n";

const HELPERS: &str = r#"{{- define "growth.labels" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name | quote }}
app.kubernetes.io/component: {{ printf "part-%d" (int .number) | trunc 63 | trimSuffix "-" }}
{{- end }}
"#;

const DEPLOYMENTS: &str = r#"{{- range $number := until (int .Values.count) }}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ $.Release.Name }}-{{ $number }}
  labels:
    {{- include "growth.labels" (dict "root" $ "number" $number) | nindent 4 }}
spec:
  replicas: {{ $.Values.replicas | default 1 }}
  template:
    metadata:
      labels:
        {{- include "growth.labels" (dict "root" $ "number" $number) | nindent 8 }}
    spec:
      {{- with $.Values.tolerations }}
      tolerations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      containers:
        - name: main
          image: "{{ $.Values.image.repository }}:{{ $.Values.image.tag | default $.Chart.AppVersion }}"
          {{- if $.Values.env }}
          env:
            {{- range $name, $value := $.Values.env }}
            - name: {{ $name | upper }}
              value: {{ $value | quote }}
            {{- end }}
          {{- end }}
          resources:
            {{- toYaml $.Values.resources | nindent 12 }}
{{- end }}
"#;

const VALUES: &str = "\
replicas: 2
image:
  repository: registry.example.com/app
env:
  level: info
  region: eu
  listen: :8080
resources:
  requests: {cpu: 10m, memory: 32Mi}
  limits: {memory: 128Mi}
tolerations:
- key: dedicated
  operator: Equal
  value: apps
  effect: NoSchedule
";

/// Writes a chart of that many documents into a directory.
pub(super) fn write(directory: &Path, documents: usize) -> anyhow::Result<()> {
    let files = [
        ("Chart.yaml", METADATA.to_owned()),
        ("values.yaml", format!("count: {documents}\n{VALUES}")),
        ("templates/_helpers.tpl", HELPERS.to_owned()),
        ("templates/deployments.yaml", DEPLOYMENTS.to_owned()),
    ];
    std::fs::create_dir_all(directory.join("templates")).context("make the folder of templates")?;
    files.iter().try_for_each(|(path, text)| std::fs::write(directory.join(path), text).with_context(|| format!("write {path}")))
}
