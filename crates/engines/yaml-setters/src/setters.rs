//! Which values the markers stand for.

use std::collections::BTreeMap;

/// The latest image of a policy: `status.latestRef` of an ImagePolicy, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// The namespace of the policy.
    pub policy_namespace: String,
    /// The name of the policy.
    pub policy_name: String,
    /// The repository, as the ImageRepository has it: `ghcr.io/acme/web`.
    pub name: String,
    /// The tag.
    pub tag: String,
    /// The digest; empty where the policy does not reflect it.
    pub digest: String,
}

impl Image {
    /// `name:tag`, and `@digest` where there is one.
    pub fn reference(&self) -> String {
        let Self { name, tag, digest, .. } = self;
        if digest.is_empty() { format!("{name}:{tag}") } else { format!("{name}:{tag}@{digest}") }
    }
}

/// What to write where: the text of a marker to the value it stands for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Setters(BTreeMap<String, String>);

impl Setters {
    /// Four markers an image: `namespace:name`, and the same followed by `:tag`, `:name` and `:digest`.
    pub fn new<'a>(images: impl IntoIterator<Item = &'a Image>) -> Self {
        let mut values = BTreeMap::new();
        for image in images {
            let marker = format!("{}:{}", image.policy_namespace, image.policy_name);
            values.insert(format!("{marker}:tag"), image.tag.clone());
            values.insert(format!("{marker}:name"), image.name.clone());
            values.insert(format!("{marker}:digest"), image.digest.clone());
            values.insert(marker, image.reference());
        }
        Self(values)
    }

    /// The value for a marker; `None` where no selected policy has it, and the scalar stays as it is.
    pub(crate) fn value(&self, marker: &str) -> Option<&str> {
        self.0.get(marker).map(String::as_str)
    }
}

/// Whether a marker is `namespace:name`, or that with one of the three parts.
pub(crate) fn is_well_formed(marker: &str) -> bool {
    let parts: Vec<&str> = marker.split(':').collect();
    let named = parts.iter().take(2).all(|part| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte))
    });
    named && matches!(parts[..], [_, _] | [_, _, "tag" | "name" | "digest"])
}
