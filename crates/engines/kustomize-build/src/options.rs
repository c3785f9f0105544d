//! What a caller decides about a build: ordering, load restrictions, limits, and the overlay a controller lays over the root.
//! Nothing here reads a file.

/// In which order the objects are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reorder {
    /// The order in which they were accumulated: what the library of the original does.
    #[default]
    None,
    /// Namespaces and other prerequisites first, webhooks last: what the original's command line does.
    Legacy,
}

/// Which files a kustomization may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LoadRestrictions {
    /// Only files in or below the directory of the kustomization that names them.
    #[default]
    RootOnly,
    /// Every file of the tree. Nothing outside of the tree can be named in any case.
    None,
}

/// Bounds on untrusted input. Reaching one is an error that names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// How deep kustomizations may refer to further kustomizations.
    pub depth: usize,
    /// How many kustomizations one build may visit; a base that is referred to twice counts twice.
    pub kustomizations: usize,
    /// Bytes of one file.
    pub file_bytes: usize,
    /// Bytes of all files together, each counted as often as it is read.
    pub total_bytes: usize,
    /// Objects at any time in the build.
    pub objects: usize,
    /// Bytes to which a patch or replacement may grow one object.
    pub object_bytes: usize,
    /// Operations of one JSON patch.
    pub patch_operations: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            depth: 50,
            kustomizations: 10_000,
            file_bytes: 64 << 20,
            total_bytes: 512 << 20,
            objects: 500_000,
            object_bytes: 64 << 20,
            patch_operations: 100_000,
        }
    }
}

/// Options of a build. The default is that of the original's library.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The order of the result, unless the root's `sortOptions` says otherwise.
    pub reorder: Reorder,
    /// Which files may be named.
    pub load_restrictions: LoadRestrictions,
    /// Whether every object gets the label `app.kubernetes.io/managed-by`.
    pub managed_by_label: bool,
    /// Bounds on the input.
    pub limits: Limits,
    /// What a controller lays over the root kustomization; `None` builds the directory as it is.
    pub overlay: Option<Overlay>,
}

/// Changes to the root kustomization, as the controllers of Flux write them into its file before a build. With an overlay the
/// root is read leniently (unknown fields are ignored), a directory without a kustomization gets a generated one, and a root
/// without `resources` gets origin annotations, all as there (fluxcd/pkg `kustomize`, `GenerateManifest`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overlay {
    /// Replaces `namespace`.
    pub namespace: Option<String>,
    /// Replaces `namePrefix`.
    pub name_prefix: Option<String>,
    /// Replaces `nameSuffix`.
    pub name_suffix: Option<String>,
    /// Appended to `patches`.
    pub patches: Vec<OverlayPatch>,
    /// Appended to `patchesStrategicMerge`: each the text of a patch, JSON or YAML.
    pub patches_strategic_merge: Vec<String>,
    /// Appended to `patchesJson6902`.
    pub patches_json6902: Vec<OverlayPatch>,
    /// Appended to `components`; must be local and relative.
    pub components: Vec<String>,
    /// What to do with a component that is not there.
    pub missing_components: MissingComponents,
    /// Merged into `images` by name.
    pub images: Vec<OverlayImage>,
    /// Replaces `buildMetadata` where not empty.
    pub build_metadata: Vec<String>,
}

/// What an overlay does with a component whose directory does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MissingComponents {
    /// The build fails.
    #[default]
    Fail,
    /// The component is left out (`ignoreMissingComponents`).
    Ignore,
}

/// A patch of an [`Overlay`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OverlayPatch {
    /// The text: a strategic merge patch or JSON 6902 operations, in YAML or JSON.
    pub patch: String,
    /// Which objects; without it the patch names its own target.
    pub target: Option<OverlaySelector>,
}

/// Which objects a patch applies to. Empty fields match everything; the first five are anchored regular expressions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OverlaySelector {
    /// API group.
    pub group: String,
    /// API version.
    pub version: String,
    /// Kind.
    pub kind: String,
    /// Name.
    pub name: String,
    /// Namespace.
    pub namespace: String,
    /// Annotation selector in Kubernetes' syntax.
    pub annotation_selector: String,
    /// Label selector in Kubernetes' syntax.
    pub label_selector: String,
}

/// An image of an [`Overlay`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OverlayImage {
    /// The image's name without tag.
    pub name: String,
    /// Its new name; empty keeps it.
    pub new_name: String,
    /// Its new tag; empty keeps it.
    pub new_tag: String,
    /// Its digest; empty keeps it.
    pub digest: String,
}
