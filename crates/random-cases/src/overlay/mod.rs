//! Small trees of kustomizations: bases, components, overlays over random objects.

mod kustomization;
mod patch;
mod plugin;
mod replacement;
mod resource;
mod scalar;
mod workload;

use crate::yaml::{Item, list, map, raw, text, write};
use crate::{Case, CaseOptions, Choices};
use std::collections::BTreeMap;

/// An object that some file holds, for what refers to it.
#[derive(Debug, Clone)]
struct Known {
    /// The directory whose kustomization brings it.
    directory: &'static str,
    version: &'static str,
    kind: &'static str,
    name: String,
    namespace: String,
    item: Item,
}

/// What has been made so far.
struct Maker<'c, 'b> {
    choices: &'c mut Choices<'b>,
    files: BTreeMap<String, String>,
    known: Vec<Known>,
    /// Names of generators, with whether they make Secrets, and their directories.
    generated: Vec<(bool, String, &'static str)>,
    /// The directories whose objects each directory sees.
    views: BTreeMap<&'static str, Vec<&'static str>>,
    /// What the present directory sees.
    visible: Vec<&'static str>,
    /// The variables that are defined already.
    variables: Vec<&'static str>,
    /// Whether mistakes are made as well. Most overlays are made without, so that most can be built.
    careless: bool,
}

/// The case that bytes stand for.
pub fn case(bytes: &[u8]) -> Case {
    let mut choices = Choices::new(bytes);
    let careless = choices.once_in(5);
    let mut maker = Maker {
        choices: &mut choices,
        files: BTreeMap::new(),
        known: Vec::new(),
        generated: Vec::new(),
        views: BTreeMap::new(),
        visible: Vec::new(),
        variables: Vec::new(),
        careless,
    };
    let build = maker.layout();
    let files = std::mem::take(&mut maker.files);
    let options = CaseOptions {
        reorder: if choices.once_in(4) { "legacy".to_owned() } else { String::new() },
        load_restrictions: if choices.once_in(8) { "none".to_owned() } else { String::new() },
        managed_by_label: choices.once_in(20),
    };
    Case { files, build, options }
}

/// The case that bytes stand for, with damage: the last bytes are written over one of its files.
pub fn torn(bytes: &[u8]) -> Case {
    let mut case = case(bytes);
    let damage = String::from_utf8_lossy(&bytes[bytes.len().saturating_sub(16)..]).into_owned();
    let at = bytes.first().map_or(0, |byte| usize::from(*byte));
    if let Some(text) = case.files.values_mut().nth(at % 3) {
        let from = text.char_indices().map(|(at, _)| at).nth(at).unwrap_or(0);
        text.insert_str(from, &damage);
    }
    case
}

/// A kustomization to be written.
struct Layer {
    directory: &'static str,
    /// Directories under `resources`.
    bases: Vec<&'static str>,
    components: Vec<&'static str>,
    is_component: bool,
}

impl Maker<'_, '_> {
    /// A mistake: yes once in `times`, but only in careless overlays.
    fn slips(&mut self, times: usize) -> bool {
        self.careless && self.choices.once_in(times)
    }

    /// Writes some directories; the last one is to be built.
    fn layout(&mut self) -> String {
        let layer = |directory, bases, components| Layer { directory, bases, components, is_component: false };
        let component = |directory| Layer { directory, bases: Vec::new(), components: Vec::new(), is_component: true };
        let layers = match self.choices.below(8) {
            0 => vec![layer("app", Vec::new(), Vec::new())],
            1..=3 => vec![layer("base", Vec::new(), Vec::new()), layer("overlay", vec!["base"], Vec::new())],
            4 => vec![
                layer("base", Vec::new(), Vec::new()),
                layer("other", Vec::new(), Vec::new()),
                layer("overlay", vec!["base", "other"], Vec::new()),
            ],
            5 => vec![
                layer("base", Vec::new(), Vec::new()),
                layer("middle", vec!["base"], Vec::new()),
                layer("overlay", vec!["middle"], Vec::new()),
            ],
            6 => vec![layer("base", Vec::new(), Vec::new()), component("part"), layer("overlay", vec!["base"], vec!["part"])],
            _ => vec![
                layer("base", Vec::new(), Vec::new()),
                layer("left", vec!["base"], Vec::new()),
                layer("right", vec!["base"], Vec::new()),
                layer("overlay", vec!["left", "right"], Vec::new()),
            ],
        };
        let mut last = String::new();
        for layer in &layers {
            self.layer(layer);
            layer.directory.clone_into(&mut last);
        }
        last
    }

    /// Finds out which objects a directory sees.
    fn look(&mut self, layer: &Layer) {
        let mut visible = vec![layer.directory];
        for base in &layer.bases {
            visible.extend(self.views.get(base).into_iter().flatten());
        }
        if layer.is_component {
            visible.push("base");
        }
        if layer.bases.contains(&"right") && !self.careless {
            // Two copies of these have the names by which they could be found.
            visible.retain(|directory| *directory != "base");
        }
        self.views.insert(layer.directory, visible.clone());
        self.visible = visible;
    }

    /// The objects that the present directory sees.
    fn seen(&self) -> Vec<Known> {
        self.known.iter().filter(|known| self.careless || self.visible.contains(&known.directory)).cloned().collect()
    }

    /// Writes one directory.
    fn layer(&mut self, layer: &Layer) {
        let directory = layer.directory;
        self.look(layer);
        let mut resources: Vec<Item> = layer.bases.iter().map(|base| text(format!("../{base}"))).collect();
        let objects = if layer.bases.is_empty() { 1 + self.choices.below(4) } else { self.choices.below(2) };
        let mut documents: Vec<Item> = Vec::new();
        for _ in 0..objects {
            if let Some(known) = self.object(directory) {
                documents.push(known.item.clone());
                self.known.push(known);
            }
        }
        if self.choices.once_in(3) {
            for (at, item) in documents.iter().enumerate() {
                let name = format!("r{at}.yaml");
                let written = write(item, self.choices);
                self.files.insert(format!("{directory}/{name}"), written);
                resources.push(text(name));
            }
        } else if !documents.is_empty() {
            let stream = self.stream(&documents);
            self.files.insert(format!("{directory}/resources.yaml"), stream);
            resources.push(text("resources.yaml"));
        }
        let components = layer.components.iter().map(|path| text(format!("../{path}"))).collect::<Vec<_>>();
        let mut file = if layer.is_component {
            map([("apiVersion", text("kustomize.config.k8s.io/v1alpha1")), ("kind", text("Component"))])
        } else if self.choices.once_in(2) {
            map([("apiVersion", text("kustomize.config.k8s.io/v1beta1")), ("kind", text("Kustomization"))])
        } else {
            Item::Map(Vec::new())
        };
        if !resources.is_empty() {
            file.put("resources", list(resources));
        }
        if !components.is_empty() {
            file.put("components", list(components));
        }
        // What two directories have in common needs names of its own in each.
        if matches!(directory, "left" | "right") && !self.slips(4) {
            file.put("nameSuffix", text(format!("-{directory}")));
        }
        self.fields(directory, &mut file);
        let written = write(&file, self.choices);
        self.files.insert(format!("{directory}/kustomization.yaml"), written);
    }

    /// Several documents, now and then as a list.
    fn stream(&mut self, documents: &[Item]) -> String {
        if self.choices.once_in(20) {
            let all = map([("apiVersion", text("v1")), ("kind", text("List")), ("items", list(documents.to_vec()))]);
            return write(&all, self.choices);
        }
        let mut out = String::new();
        for (at, item) in documents.iter().enumerate() {
            if at > 0 || self.choices.once_in(6) {
                out.push_str(self.choices.of(&[
                    "---\n",
                    "---\n",
                    "---\n",
                    "--- # next\n",
                    "---\n---\n",
                    "---\n# only a comment\n---\n",
                ]));
            }
            out.push_str(&write(item, self.choices));
        }
        out
    }

    /// An object under a name that is not taken, as a rule.
    fn object(&mut self, directory: &'static str) -> Option<Known> {
        let choice = if self.choices.once_in(2) { self.choices.below(6) } else { self.choices.below(resource::KINDS.len()) };
        let (version, kind, body) = resource::KINDS[choice];
        for _ in 0..6 {
            let name = self.choices.of(&scalar::NAMES).to_owned();
            let namespace = self.choices.of(&["", "", "", "default", "prod", "dev"]).to_owned();
            let is_generated =
                |of: &str, secret| kind == of && self.generated.iter().any(|(made, other, _)| *made == secret && *other == name);
            let taken = self.known.iter().any(|known| known.kind == kind && known.name == name)
                || is_generated("ConfigMap", false)
                || is_generated("Secret", true);
            if !taken || self.slips(10) {
                let item = self.whole(version, kind, (&name, &namespace), body);
                return Some(Known { directory, version, kind, name, namespace, item });
            }
        }
        None
    }

    fn whole(&mut self, version: &str, kind: &str, (name, namespace): (&str, &str), body: fn(&mut Choices<'_>) -> Item) -> Item {
        let mut metadata = map([("name", text(name))]);
        if !namespace.is_empty() {
            metadata.put("namespace", text(namespace));
        }
        let shared = self.choices.once_in(16);
        if shared || self.choices.once_in(2) {
            let labels = scalar::labels(self.choices);
            metadata.put("labels", if shared { Item::Anchored("labels", Box::new(labels)) } else { labels });
        }
        if self.choices.once_in(3) {
            metadata.put("annotations", scalar::labels(self.choices));
        } else if self.choices.once_in(30) {
            let (key, value) = self.choices.of(&[
                ("config.kubernetes.io/local-config", "true"),
                ("config.kubernetes.io/function", "none"),
                ("kustomize.config.k8s.io/behavior", "merge"),
                ("config.kubernetes.io/index", "3"),
            ]);
            metadata.put("annotations", map([(key, text(value))]));
        }
        let mut item = map([("apiVersion", text(version)), ("kind", text(kind)), ("metadata", metadata)]);
        if let Item::Map(entries) = body(self.choices) {
            for (key, value) in entries {
                item.put(&key, value);
            }
        }
        if shared {
            item.put(
                "extra",
                if self.choices.once_in(2) { raw("*labels") } else { map([("<<", raw("*labels")), ("own", text("x"))]) },
            );
        }
        if self.choices.once_in(40) {
            let (key, value) = (self.choices.of(&["1", "y", "null", "status", "extra"]), scalar::any(self.choices, 2));
            item.put(key, value);
        }
        item
    }
}
