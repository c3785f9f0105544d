//! The fields of a kustomization.

use super::plugin::Holds;
use super::scalar::{NAMES, labels, string};
use super::workload::some;
use super::{Known, Maker};
use crate::yaml::{Item, list, map, raw, text, write};

impl Maker<'_, '_> {
    /// Adds fields, most of them seldom.
    pub(super) fn fields(&mut self, directory: &str, file: &mut Item) {
        self.plain_fields(file);
        self.generators(directory, file);
        if self.choices.once_in(2) {
            let count = 1 + self.choices.below(3);
            let patches: Vec<Item> = (0..count).filter_map(|_| self.patch_entry(directory)).collect();
            file.put("patches", list(patches));
        }
        if self.choices.once_in(8)
            && let Some(target) = self.target()
        {
            let patch = self.strategic(&target);
            let body = write(&patch, self.choices);
            let entry = if self.choices.once_in(2) { text(body) } else { text(self.file(directory, "merge", body)) };
            file.put("patchesStrategicMerge", list([entry]));
        }
        if self.choices.once_in(10)
            && let Some(target) = self.target()
        {
            let (group, version) = target.version.split_once('/').unwrap_or(("", target.version));
            let selector = map([
                ("group", text(group)),
                ("version", text(version)),
                ("kind", text(target.kind)),
                ("name", text(target.name.as_str())),
            ]);
            let body = self.json_patch(&target);
            file.put("patchesJson6902", list([map([("target", selector), ("patch", text(body))])]));
        }
        if self.choices.once_in(4) {
            let count = 1 + self.choices.below(2);
            let entries: Vec<Item> = (0..count).filter_map(|_| self.replacement()).collect();
            file.put("replacements", list(entries));
        }
        if self.choices.once_in(8) {
            let names = self.choices.of(&[&["VAR_A"][..], &["VAR_B"], &["VAR_A", "VAR_B"]]);
            let names: Vec<&str> = names.iter().copied().filter(|name| self.careless || !self.variables.contains(name)).collect();
            self.variables.extend(&names);
            let entries: Vec<Item> = names.iter().filter_map(|name| self.variable(name)).collect();
            file.put("vars", list(entries));
        }
        if self.choices.once_in(6) {
            let entries: Vec<Item> = (0..=self.choices.below(2)).filter_map(|at| self.transformer(directory, at)).collect();
            file.put("transformers", list(entries));
        }
        if self.choices.once_in(20) {
            file.put("generators", list([self.generator(directory)]));
        }
        if self.slips(10)
            && let Some(validator) = self.transformer(directory, 0)
        {
            file.put("validators", list([validator]));
        }
        if self.choices.once_in(10) {
            file.put("configurations", list([self.configuration(directory)]));
        }
        if self.choices.once_in(16) {
            file.put("crds", list([self.crds(directory)]));
        }
        if self.choices.once_in(20) {
            file.put("openapi", map([("path", self.openapi(directory))]));
        }
    }

    fn plain_fields(&mut self, file: &mut Item) {
        if self.choices.once_in(4) {
            file.put("namespace", text(self.choices.of(&["prod", "dev", "default", "new-space"])));
        }
        if self.choices.once_in(4) {
            file.put("namePrefix", text(self.choices.of(&["pre-", "a.", "x"])));
        }
        if file.get("nameSuffix").is_none() && self.choices.once_in(6) {
            file.put("nameSuffix", text(self.choices.of(&["-suf", ".b", "-1"])));
        }
        if self.choices.once_in(6) {
            file.put("commonLabels", self.strings());
        }
        if self.choices.once_in(6) {
            file.put("commonAnnotations", self.strings());
        }
        if self.choices.once_in(4) {
            let mut entry = map([("pairs", self.strings())]);
            for option in ["includeSelectors", "includeTemplates", "includeVolumeClaimTemplates"] {
                if self.choices.once_in(3) {
                    entry.put(option, raw(self.choices.of(&["true", "false"])));
                }
            }
            if self.choices.once_in(6) {
                entry.put("fields", list([self.field(Holds::Entries)]));
            }
            file.put("labels", list([entry]));
        }
        if self.choices.once_in(5) {
            file.put("images", list([self.image()]));
        }
        if self.choices.once_in(10) {
            let scaled = |known: &&Known| matches!(known.kind, "Deployment" | "StatefulSet" | "ReplicationController");
            if let Some(name) = self.seen().iter().find(scaled).map(|known| known.name.clone()) {
                file.put("replicas", list([map([("name", text(name)), ("count", raw(self.choices.of(&["0", "5"])))])]));
            }
        }
        if self.choices.once_in(16) {
            let options = ["originAnnotations", "transformerAnnotations", "managedByLabel"];
            file.put("buildMetadata", some(self.choices, 3, &mut |choices| text(choices.of(&options))));
        }
        if self.choices.once_in(20) {
            let mut options = map([("order", text(self.choices.of(&["fifo", "legacy"])))]);
            if self.choices.once_in(3) {
                options = map([("order", text("legacy"))]);
                let mut orders = map([("orderFirst", list([text("ConfigMap"), text("Widget")]))]);
                orders.put("orderLast", list([text(self.choices.of(&["Deployment", "Service"]))]));
                options.put("legacySortOptions", orders);
            }
            file.put("sortOptions", options);
        }
    }

    /// Entries whose values are strings, as these fields demand.
    fn strings(&mut self) -> Item {
        match labels(self.choices) {
            Item::Map(entries) => Item::Map(
                entries.into_iter().map(|(key, value)| (key, text(value.words().trim_start_matches(['!', '*', '&'])))).collect(),
            ),
            other => other,
        }
    }

    /// An entry of `images`.
    pub(super) fn image(&mut self) -> Item {
        let names = ["nginx", "busybox", "app", "registry.example.com:5000/team/app", "docker.io/library/postgres", ".*"];
        let mut image = map([("name", text(self.choices.of(&names)))]);
        if self.choices.once_in(2) {
            image.put("newName", text(self.choices.of(&["mirror/nginx", "other", "localhost:5000/x"])));
        }
        if self.choices.once_in(2) {
            image.put("newTag", text(self.choices.of(&["v2", "1.25", "2001-01-01"])));
        }
        if self.choices.once_in(6) {
            image.put("digest", text("sha256:0000000000000000000000000000000000000000000000000000000000000000"));
        }
        if self.choices.once_in(10) {
            image.put("tagSuffix", text("-arm"));
        }
        image
    }

    fn generators(&mut self, directory: &str, file: &mut Item) {
        for (field, secret) in [("configMapGenerator", false), ("secretGenerator", true)] {
            if self.choices.once_in(4) {
                let count = 1 + self.choices.below(2);
                let entries: Vec<Item> = (0..count).filter_map(|_| self.generator_entry(directory, secret)).collect();
                file.put(field, list(entries));
            }
        }
        if self.choices.once_in(10) {
            let mut options = Item::Map(Vec::new());
            if self.choices.once_in(2) {
                options.put("disableNameSuffixHash", raw(self.choices.of(&["true", "false"])));
            }
            if self.choices.once_in(2) {
                options.put("labels", self.strings());
            }
            if self.choices.once_in(4) {
                options.put("immutable", raw("true"));
            }
            file.put("generatorOptions", options);
        }
    }

    fn generator_entry(&mut self, directory: &str, secret: bool) -> Option<Item> {
        let is_seen = |directory: &str| self.careless || self.visible.contains(&directory);
        let known = self.generated.iter().filter(|(of, _, from)| *of == secret && is_seen(from));
        let known: Vec<String> = known.map(|(_, name, _)| name.clone()).collect();
        let mut entry = Item::Map(Vec::new());
        if !known.is_empty() && self.choices.once_in(2) {
            entry.put("name", text(self.choices.pick(&known)?.as_str()));
            let behavior = if self.slips(6) { "create" } else { self.choices.of(&["merge", "merge", "replace"]) };
            entry.put("behavior", text(behavior));
        } else {
            let kind = if secret { "Secret" } else { "ConfigMap" };
            let free = |name: &&str| {
                !self.generated.iter().any(|(of, known, _)| *of == secret && known == name)
                    && !self.known.iter().any(|known| known.kind == kind && known.name == **name)
            };
            let names: Vec<&str> = NAMES.iter().copied().filter(|name| free(name)).collect();
            let name = *self.choices.pick(&names)?;
            entry.put("name", text(name));
            let from = self.visible.first().copied().unwrap_or_default();
            self.generated.push((secret, name.to_owned(), from));
        }
        if self.choices.once_in(8) {
            entry.put("namespace", text(self.choices.of(&["prod", "default"])));
        }
        if !self.choices.once_in(4) {
            let first = self.choices.below(4);
            let mut keys = ["a", "b.c", "k9", "k10", "B", "a"].into_iter().skip(first);
            entry.put(
                "literals",
                some(self.choices, 3, &mut |choices| {
                    let key = keys.next().unwrap_or("last");
                    let value = string(choices);
                    let value = match choices.below(8) {
                        0 => format!("'{}'", value.words()),
                        1 => format!("\"{}\"", value.words()),
                        _ => value.words().to_owned(),
                    };
                    text(format!("{key}={value}"))
                }),
            );
        }
        if self.choices.once_in(4) {
            let body =
                self.choices.of(&["x=1\ny=\"2\"\n", "# c\n\n  z=a=b\n", "export J=1\nNOVALUE\n", "\u{feff}e=1\r\nc=2\r\n"]);
            let path = self.file(directory, "env", body.to_owned());
            if self.choices.once_in(3) { entry.put("env", text(path)) } else { entry.put("envs", list([text(path)])) }
        }
        if self.choices.once_in(4) {
            let body = self.choices.of(&["text\n", "", "a: b\n", "trailing \nlines\n\n", "tab\there", "\u{1}"]);
            let path = self.file(directory, "content", body.to_owned());
            let source = if self.choices.once_in(2) { format!("key={path}") } else { path };
            entry.put("files", list([text(source)]));
        }
        if secret && self.choices.once_in(4) {
            entry.put("type", text("kubernetes.io/tls"));
        }
        if self.choices.once_in(5) {
            let mut options = map([("annotations", self.strings())]);
            if self.choices.once_in(2) {
                options.put("disableNameSuffixHash", raw("true"));
            }
            entry.put("options", options);
        }
        Some(entry)
    }
}
