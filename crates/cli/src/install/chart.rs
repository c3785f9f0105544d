//! The install chart, as it was when this program was compiled.

/// The files of `charts/weir` by their paths in it; `definitions` is a link to `crds`.
macro_rules! files {
    ($($path:literal)*) => {
        &[$(($path, include_bytes!(concat!("../../../../charts/weir/", $path)))),*]
    };
}

/// Path and content of every file.
pub(super) const FILES: &[(&str, &[u8])] = files! {
    ".helmignore"
    "Chart.yaml"
    "definitions/helm.toolkit.fluxcd.io_helmreleases.yaml"
    "definitions/image.toolkit.fluxcd.io_imagepolicies.yaml"
    "definitions/image.toolkit.fluxcd.io_imagerepositories.yaml"
    "definitions/image.toolkit.fluxcd.io_imageupdateautomations.yaml"
    "definitions/kustomize.toolkit.fluxcd.io_kustomizations.yaml"
    "definitions/source.toolkit.fluxcd.io_buckets.yaml"
    "definitions/source.toolkit.fluxcd.io_gitrepositories.yaml"
    "definitions/source.toolkit.fluxcd.io_helmcharts.yaml"
    "definitions/source.toolkit.fluxcd.io_helmrepositories.yaml"
    "definitions/source.toolkit.fluxcd.io_ocirepositories.yaml"
    "templates/NOTES.txt"
    "templates/_weir.tpl"
    "templates/crds.yaml"
    "templates/deployments.yaml"
    "templates/network-policies.yaml"
    "templates/pod-monitors.yaml"
    "templates/quota.yaml"
    "templates/rbac.yaml"
    "templates/service-accounts.yaml"
    "templates/services.yaml"
    "values.schema.json"
    "values.yaml"
};

#[cfg(test)]
mod tests {
    use super::FILES;
    use std::path::Path;

    fn collect(directory: &Path, prefix: &str, into: &mut Vec<String>) {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            let name = format!("{prefix}{}", path.file_name().unwrap().to_str().unwrap());
            if path.is_dir() { collect(&path, &format!("{name}/"), into) } else { into.push(name) }
        }
    }

    #[test]
    fn every_file_of_the_chart_is_there() {
        let mut files = Vec::new();
        collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../charts/weir"), "", &mut files);
        files.sort();
        assert_eq!(FILES.iter().map(|(path, _)| *path).collect::<Vec<_>>(), files);
    }
}
