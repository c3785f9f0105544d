//! The flags of `helm template`.

use clap::Args;
use std::path::PathBuf;

/// Arguments of `template`.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the original")]
pub(crate) struct TemplateArguments {
    /// The name of the release, which may be left out, and the directory or archive of the chart.
    #[arg(required = true, value_names = ["NAME", "CHART"])]
    pub(crate) name_and_chart: Vec<String>,
    /// The namespace of the release; `HELM_NAMESPACE` or `default` if it is not given.
    #[arg(short, long)]
    pub(crate) namespace: Option<String>,
    #[command(flatten)]
    pub(crate) values: ValueArguments,
    /// Generate the name of the release; it cannot be given then.
    #[arg(short, long)]
    pub(crate) generate_name: bool,
    /// A template for the name of the release.
    #[arg(long)]
    pub(crate) name_template: Option<String>,
    /// The version of Kubernetes that the chart sees.
    #[arg(long)]
    pub(crate) kube_version: Option<String>,
    /// Further APIs that the chart sees.
    #[arg(short, long, value_delimiter = ',')]
    pub(crate) api_versions: Vec<String>,
    /// Tell the chart that the release is upgraded, not installed.
    #[arg(long)]
    pub(crate) is_upgrade: bool,
    /// Print the files of `crds/` too.
    #[arg(long)]
    pub(crate) include_crds: bool,
    /// Leave out hooks.
    #[arg(long)]
    pub(crate) no_hooks: bool,
    /// Leave out hooks for tests.
    #[arg(long)]
    pub(crate) skip_tests: bool,
    /// Do not check values against the schemas of the charts.
    #[arg(long)]
    pub(crate) skip_schema_validation: bool,
    /// Print only what came of these templates; a pattern with `*` names several.
    #[arg(short, long)]
    pub(crate) show_only: Vec<String>,
    /// Write files below this directory instead of printing.
    #[arg(long)]
    pub(crate) output_dir: Option<PathBuf>,
    /// Put the files into a directory with the name of the release.
    #[arg(long)]
    pub(crate) release_name: bool,
    /// Let templates look up addresses of hosts.
    #[arg(long)]
    pub(crate) enable_dns: bool,
    /// Print what was rendered even if it is not valid.
    #[arg(long)]
    pub(crate) debug: bool,
    /// No effect if all dependencies are there; they are not fetched.
    #[arg(long)]
    pub(crate) dependency_update: bool,
    #[command(flatten)]
    pub(crate) refused: RefusedArguments,
    #[command(flatten)]
    pub(crate) ignored: IgnoredArguments,
}

/// Where values come from.
#[derive(Debug, Args)]
pub(crate) struct ValueArguments {
    /// Files with values; `-` is standard input.
    #[arg(short = 'f', long = "values", value_delimiter = ',', value_name = "FILE")]
    pub(crate) files: Vec<String>,
    /// Values: `a.b=1,c={x,y}`.
    #[arg(long, value_name = "VALUES")]
    pub(crate) set: Vec<String>,
    /// Values that are texts.
    #[arg(long, value_name = "VALUES")]
    pub(crate) set_string: Vec<String>,
    /// Values in JSON: `a=[1]`, or an object.
    #[arg(long, value_name = "VALUES")]
    pub(crate) set_json: Vec<String>,
    /// Values that are the content of files.
    #[arg(long, value_name = "VALUES")]
    pub(crate) set_file: Vec<String>,
    /// A value that is a text up to its end.
    #[arg(long, value_name = "VALUE")]
    pub(crate) set_literal: Vec<String>,
}

/// What is refused: it talks to a cluster or a repository, or runs programs.
#[derive(Debug, Args)]
pub(crate) struct RefusedArguments {
    /// Not supported: ask a cluster.
    #[arg(long)]
    pub(crate) validate: bool,
    /// `client`; to ask a cluster is not supported.
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "client")]
    pub(crate) dry_run: Option<String>,
    /// Not supported: run a program.
    #[arg(long)]
    pub(crate) post_renderer: Option<String>,
    /// Not supported: fetch a chart.
    #[arg(long)]
    pub(crate) repo: Option<String>,
    /// Not supported: check the signature of a chart.
    #[arg(long)]
    pub(crate) verify: bool,
}

/// What has no effect on a rendering.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the original")]
pub(crate) struct IgnoredArguments {
    /// No effect: CRDs are not printed unless `--include-crds` is given.
    #[arg(long)]
    skip_crds: bool,
    /// No effect.
    #[arg(long)]
    create_namespace: bool,
    /// No effect.
    #[arg(long)]
    description: Option<String>,
    /// No effect.
    #[arg(long)]
    devel: bool,
    /// No effect.
    #[arg(long)]
    disable_openapi_validation: bool,
    /// No effect.
    #[arg(long)]
    timeout: Option<String>,
    /// No effect.
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "watcher")]
    wait: Option<String>,
    /// No effect.
    #[arg(long)]
    force_conflicts: bool,
    /// No effect.
    #[arg(long)]
    force_replace: bool,
    /// No effect.
    #[arg(short, long)]
    labels: Vec<String>,
    /// No effect.
    #[arg(long)]
    post_renderer_args: Vec<String>,
    /// No effect.
    #[arg(long)]
    replace: bool,
    /// No effect.
    #[arg(long)]
    rollback_on_failure: bool,
    /// No effect.
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    server_side: Option<String>,
    /// No effect.
    #[arg(long)]
    take_ownership: bool,
    /// No effect.
    #[arg(long)]
    wait_for_jobs: bool,
    /// No effect on charts of the disk.
    #[arg(long)]
    version: Option<String>,
    #[command(flatten)]
    repository: RepositoryArguments,
    #[command(flatten)]
    cluster: ClusterArguments,
}

/// How charts are fetched, which they are not.
#[derive(Debug, Args)]
struct RepositoryArguments {
    /// No effect on charts of the disk.
    #[arg(long)]
    ca_file: Option<PathBuf>,
    /// No effect on charts of the disk.
    #[arg(long)]
    cert_file: Option<PathBuf>,
    /// No effect on charts of the disk.
    #[arg(long)]
    content_cache: Option<PathBuf>,
    /// No effect on charts of the disk.
    #[arg(long)]
    insecure_skip_tls_verify: bool,
    /// No effect on charts of the disk.
    #[arg(long)]
    key_file: Option<PathBuf>,
    /// No effect on charts of the disk.
    #[arg(long)]
    keyring: Option<PathBuf>,
    /// No effect on charts of the disk.
    #[arg(long)]
    pass_credentials: bool,
    /// No effect on charts of the disk.
    #[arg(long)]
    password: Option<String>,
    /// No effect on charts of the disk.
    #[arg(long)]
    plain_http: bool,
    /// No effect on charts of the disk.
    #[arg(long)]
    registry_config: Option<PathBuf>,
    /// No effect on charts of the disk.
    #[arg(long)]
    repository_cache: Option<PathBuf>,
    /// No effect on charts of the disk.
    #[arg(long)]
    repository_config: Option<PathBuf>,
    /// No effect on charts of the disk.
    #[arg(long)]
    username: Option<String>,
}

/// How clusters are asked, which they are not.
#[derive(Debug, Args)]
struct ClusterArguments {
    /// No effect.
    #[arg(long)]
    burst_limit: Option<String>,
    /// No effect.
    #[arg(long, alias = "colour")]
    color: Option<String>,
    /// No effect.
    #[arg(long)]
    kube_apiserver: Option<String>,
    /// No effect.
    #[arg(long)]
    kube_as_group: Vec<String>,
    /// No effect.
    #[arg(long)]
    kube_as_user: Option<String>,
    /// No effect.
    #[arg(long)]
    kube_ca_file: Option<PathBuf>,
    /// No effect.
    #[arg(long)]
    kube_context: Option<String>,
    /// No effect.
    #[arg(long)]
    kube_insecure_skip_tls_verify: bool,
    /// No effect.
    #[arg(long)]
    kube_tls_server_name: Option<String>,
    /// No effect.
    #[arg(long)]
    kube_token: Option<String>,
    /// No effect.
    #[arg(long)]
    kubeconfig: Option<PathBuf>,
    /// No effect.
    #[arg(long)]
    qps: Option<String>,
}
