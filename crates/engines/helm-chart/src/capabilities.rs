//! What a chart is told about the cluster and about Helm.

use version_select::Version;

/// `.Capabilities.HelmVersion.Version`: what a build of Helm as a library says.
pub(crate) const HELM_VERSION: &str = "v4.3";
/// `.Capabilities.HelmVersion.GoVersion`.
pub(crate) const GO_VERSION: &str = "go1.26.8";
/// `.Capabilities.HelmVersion.KubeClientVersion`.
pub(crate) const KUBERNETES_CLIENT_VERSION: &str = "v1.37";

/// What a chart is rendered for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capabilities {
    /// The version of the cluster.
    pub kube_version: KubeVersion,
    /// `group/version` of all APIs; from a live cluster also `group/version/Kind`.
    pub api_versions: Vec<String>,
}

impl Default for Capabilities {
    /// Without a cluster: the version and the APIs of the Kubernetes client that Helm 4.3 is built with.
    fn default() -> Self {
        let kube_version = KubeVersion {
            full: format!("{KUBERNETES_CLIENT_VERSION}.0"),
            normalized: format!("{KUBERNETES_CLIENT_VERSION}.0"),
            major: "1".to_owned(),
            minor: "37".to_owned(),
        };
        Self { kube_version, api_versions: DEFAULT_API_VERSIONS.map(str::to_owned).to_vec() }
    }
}

/// A version of Kubernetes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KubeVersion {
    full: String,
    normalized: String,
    major: String,
    minor: String,
}

/// Why a text is no version of Kubernetes; worded as apimachinery.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KubeVersionError {
    /// There are no numbers at the beginning.
    #[error("could not parse {0:?} as version")]
    NoNumbers(String),
    /// There is only one number.
    #[error("illegal version string {0:?}")]
    OneNumber(String),
    /// The first number has a zero in front.
    #[error("illegal zero-prefixed version component {component:?} in {text:?}")]
    LeadingZero {
        /// The number.
        component: String,
        /// The whole text.
        text: String,
    },
    /// A number does not fit.
    #[error(
        "illegal non-numeric version component {component:?} in {text:?}: strconv.ParseUint: parsing {component:?}: value out of range"
    )]
    OutOfRange {
        /// The number.
        component: String,
        /// The whole text.
        text: String,
    },
}

impl KubeVersion {
    /// Reads a version: two or more numbers, and whatever follows them.
    ///
    /// # Errors
    /// [`KubeVersionError`] when the text begins with something else.
    pub fn parse(text: &str) -> Result<Self, KubeVersionError> {
        let go_space = |character: char| matches!(character, '\t' | '\n' | '\x0c' | '\r' | ' ');
        let trimmed = text.trim_start_matches(go_space);
        let trimmed = trimmed.strip_prefix('v').unwrap_or(trimmed);
        let mut components = Vec::new();
        let mut rest = Some(trimmed);
        while let Some(here) = rest {
            let digits = here.len() - here.trim_start_matches(|character: char| character.is_ascii_digit()).len();
            if digits == 0 {
                break;
            }
            components.push(&here[..digits]);
            rest = here[digits..].strip_prefix('.');
        }
        match components[..] {
            [] => return Err(KubeVersionError::NoNumbers(text.to_owned())),
            [_] => return Err(KubeVersionError::OneNumber(text.to_owned())),
            _ => {}
        }
        let mut numbers = Vec::new();
        for (index, component) in components.into_iter().enumerate() {
            let (text, component) = (text.to_owned(), component.to_owned());
            if index == 0 && component.starts_with('0') && component != "0" {
                return Err(KubeVersionError::LeadingZero { component, text });
            }
            match component.parse::<u64>() {
                Ok(number) => numbers.push(number.to_string()),
                Err(_) => return Err(KubeVersionError::OutOfRange { component, text }),
            }
        }
        let full = if text.starts_with('v') { text.to_owned() } else { format!("v{text}") };
        Ok(Self { full, normalized: format!("v{}", numbers.join(".")), major: numbers[0].clone(), minor: numbers[1].clone() })
    }

    /// The version as it was given, with a `v` in front.
    pub fn full(&self) -> &str {
        &self.full
    }

    /// The numbers alone, with a `v` in front: what ranges are compared with.
    pub fn normalized(&self) -> &str {
        &self.normalized
    }

    /// The first number.
    pub fn major(&self) -> &str {
        &self.major
    }

    /// The second number.
    pub fn minor(&self) -> &str {
        &self.minor
    }
}

/// Whether a version is in a range; no when either of them cannot be read.
pub(crate) fn is_compatible(range: &str, version: &str) -> bool {
    let (Ok(range), Ok(version)) = (range.parse::<version_select::Constraint>(), version.parse::<Version>()) else {
        return false;
    };
    range.allows(&version)
}

/// The APIs that the Kubernetes client of Helm 4.3 knows, in its order.
const DEFAULT_API_VERSIONS: [&str; 57] = [
    "v1",
    "admissionregistration.k8s.io/v1",
    "admissionregistration.k8s.io/v1alpha1",
    "admissionregistration.k8s.io/v1beta1",
    "internal.apiserver.k8s.io/v1alpha1",
    "apps/v1",
    "apps/v1beta1",
    "apps/v1beta2",
    "authentication.k8s.io/v1",
    "authentication.k8s.io/v1alpha1",
    "authentication.k8s.io/v1beta1",
    "authorization.k8s.io/v1",
    "authorization.k8s.io/v1beta1",
    "autoscaling/v1",
    "autoscaling/v2",
    "batch/v1",
    "batch/v1beta1",
    "certificates.k8s.io/v1",
    "certificates.k8s.io/v1beta1",
    "certificates.k8s.io/v1alpha1",
    "coordination.k8s.io/v1alpha2",
    "coordination.k8s.io/v1beta1",
    "coordination.k8s.io/v1",
    "discovery.k8s.io/v1",
    "discovery.k8s.io/v1beta1",
    "events.k8s.io/v1",
    "events.k8s.io/v1beta1",
    "extensions/v1beta1",
    "flowcontrol.apiserver.k8s.io/v1",
    "flowcontrol.apiserver.k8s.io/v1beta1",
    "flowcontrol.apiserver.k8s.io/v1beta2",
    "flowcontrol.apiserver.k8s.io/v1beta3",
    "lifecycle.k8s.io/v1alpha1",
    "networking.k8s.io/v1",
    "networking.k8s.io/v1beta1",
    "node.k8s.io/v1",
    "node.k8s.io/v1alpha1",
    "node.k8s.io/v1beta1",
    "policy/v1",
    "policy/v1beta1",
    "rbac.authorization.k8s.io/v1",
    "rbac.authorization.k8s.io/v1beta1",
    "rbac.authorization.k8s.io/v1alpha1",
    "resource.k8s.io/v1",
    "resource.k8s.io/v1beta2",
    "resource.k8s.io/v1beta1",
    "resource.k8s.io/v1alpha3",
    "scheduling.k8s.io/v1alpha3",
    "scheduling.k8s.io/v1beta1",
    "scheduling.k8s.io/v1",
    "storage.k8s.io/v1beta1",
    "storage.k8s.io/v1",
    "storage.k8s.io/v1alpha1",
    "storagemigration.k8s.io/v1",
    "storagemigration.k8s.io/v1beta1",
    "apiextensions.k8s.io/v1beta1",
    "apiextensions.k8s.io/v1",
];

#[cfg(test)]
mod tests {
    use super::*;

    /// As `common.ParseKubeVersion` of Helm 4.3 reads.
    #[test]
    fn versions_of_kubernetes_keep_their_text_and_lose_their_suffix() {
        let parts = |text: &str| {
            let version = KubeVersion::parse(text).expect("the version is well formed");
            [version.full().to_owned(), version.normalized().to_owned(), version.major().to_owned(), version.minor().to_owned()]
        };
        assert_eq!(parts("v1.28.3-gke.1200"), ["v1.28.3-gke.1200", "v1.28.3", "1", "28"]);
        assert_eq!(parts("1.29"), ["v1.29", "v1.29", "1", "29"]);
        let message = |text: &str| KubeVersion::parse(text).expect_err("the version is refused").to_string();
        assert_eq!(message("bad"), "could not parse \"bad\" as version");
        assert_eq!(message("1"), "illegal version string \"1\"");
        assert_eq!(message("01.2"), "illegal zero-prefixed version component \"01\" in \"01.2\"");
    }
}
