//! One kustomization: what it accumulates, generates and transforms, after those it refers to.

use crate::config::FieldConfig;
use crate::error::BuildError;
use crate::generate::{Generated, generate, merged_options};
use crate::identity::Gvk;
use crate::kustomization::{COMPONENT_KIND, Kustomization};
use crate::loader::{Resource, Root, Session};
use crate::object::Object;
use crate::objects::Objects;
use crate::origin::{self, Origin};
use crate::plugin::{self, Plugin};
use crate::transform::Transformer;
use crate::variable::Variables;
use crate::written::Written;
use bytes::Bytes;
use std::sync::Arc;

/// What a kustomization and those below it have brought together.
#[derive(Debug, Default)]
pub(crate) struct Accumulator {
    pub(crate) objects: Objects,
    pub(crate) config: Arc<FieldConfig>,
    pub(crate) variables: Variables,
}

/// A transformer or generator and where it comes from.
type WithOrigin<T> = (T, Option<Origin>);

/// A kustomization that has been read.
pub(crate) struct Target<'b> {
    root: Root<'b>,
    file: &'static str,
    written: Written,
    pub(crate) kustomization: Box<Kustomization>,
    origin: Option<Origin>,
}

/// What a directory is referred to as.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Role {
    Base,
    Component,
}

impl<'b> Target<'b> {
    /// A kustomization that is not written in these words anywhere.
    pub(crate) fn new(root: Root<'b>, file: &'static str, kustomization: Box<Kustomization>) -> Self {
        let written = Written { file: root.path.join(file).unwrap_or_default(), bytes: Bytes::new() };
        Self { root, file, written, kustomization, origin: None }
    }

    /// Reads the kustomization of a directory.
    pub(crate) fn read(session: &mut Session<'b>, root: Root<'b>, origin: Option<Origin>) -> Result<Self, BuildError> {
        let (file, bytes) = root.kustomization(session)?;
        let written = Written { file: root.path.join(file).unwrap_or_default(), bytes };
        let kustomization = crate::read::strict(session, &written)?;
        Ok(Self { root, file, written, kustomization, origin })
    }

    /// Takes over the OpenAPI document that the kustomization names, unless another one is set.
    pub(crate) fn set_schema(&self, session: &mut Session<'b>) -> Result<(), BuildError> {
        let openapi = &self.kustomization.openapi;
        let document = openapi.get("path").map(|path| self.root.load(session, path)).transpose();
        let document = document.map_err(self.written.field("openapi"))?;
        if session.schema_is_set {
            return Ok(());
        }
        let version = openapi.get("version").map(String::as_str);
        let step = |problem: String| BuildError::step(format!("read 'openapi' of '{}'", self.root.path), problem);
        match (document, version) {
            (Some(_), Some(_)) => Err(step("builtin version and custom schema provided, cannot use both".to_owned())),
            (Some(document), None) => {
                let without_built_in = !session.uses_built_in;
                session.schema_is_set = true;
                session.schema.set_custom(&document, without_built_in).map_err(|error| {
                    BuildError::content(openapi.get("path").cloned().unwrap_or_default(), "an OpenAPI document", error)
                })
            }
            (None, None | Some("")) => Ok(()),
            (None, Some(crate::schema::BUILT_IN_VERSION)) => {
                session.schema_is_set = true;
                Ok(())
            }
            (None, Some(version)) => {
                let known = crate::schema::BUILT_IN_VERSION;
                Err(step(format!("the OpenAPI version '{version}' is not built in; use {known} or a path")))
            }
        }
    }

    /// Accumulates, generates and transforms.
    pub(crate) fn accumulate(&mut self, session: &mut Session<'b>, into: Accumulator) -> Result<Accumulator, BuildError> {
        session.kustomizations += 1;
        let limit = session.options.limits.kustomizations;
        if session.kustomizations > limit {
            return Err(BuildError::Limit { what: "the number of kustomizations".to_owned(), limit });
        }
        let resources = std::mem::take(&mut self.kustomization.resources);
        let mut all = self.accumulate_resources(session, into, ("resources", &resources))?;
        let mut config = FieldConfig::default_fields();
        if !self.kustomization.configurations.is_empty() {
            let own = crate::read::configurations(session, &self.root, &self.kustomization.configurations);
            let own = own.map_err(self.written.field("configurations"))?;
            config = config.merged(&Arc::new(own)).map_err(|error| self.conflict(&error))?;
        }
        all.config = all.config.merged(&config).map_err(|error| self.conflict(&error))?;
        if !self.kustomization.crds.is_empty() {
            let own = crate::crds::read(session, &self.root, &self.kustomization.crds);
            let own = own.map_err(self.written.field("crds"))?;
            all.config = all.config.merged(&Arc::new(own)).map_err(|error| self.conflict(&error))?;
        }
        self.generate(session, &mut all.objects)?;
        let components = std::mem::take(&mut self.kustomization.components);
        for (at, path) in components.iter().enumerate() {
            let accumulated = match self.root.directory(session, path) {
                Ok(root) => self.accumulate_directory(session, all, root, (path, Role::Component)),
                Err(error) => Err(error),
            };
            all = accumulated.map_err(self.written.entry("components", at))?;
        }
        self.transform(session, &mut all)?;
        self.validate(session, &mut all)?;
        let vars = std::mem::take(&mut self.kustomization.vars);
        all.variables.add(session, &mut all.objects, &vars).map_err(self.written.field("vars"))?;
        Ok(all)
    }

    fn conflict(&self, error: &crate::config::Conflict) -> BuildError {
        BuildError::step(format!("merge the configurations of '{}'", self.root.path), error.to_string())
    }

    fn accumulate_resources(
        &mut self,
        session: &mut Session<'b>,
        mut into: Accumulator,
        (field, paths): (&str, &[String]),
    ) -> Result<Accumulator, BuildError> {
        for (at, path) in paths.iter().enumerate() {
            into = self.accumulate_resource(session, into, path).map_err(self.written.entry(field, at))?;
        }
        Ok(into)
    }

    fn accumulate_resource(
        &mut self,
        session: &mut Session<'b>,
        mut into: Accumulator,
        path: &str,
    ) -> Result<Accumulator, BuildError> {
        let bytes = match self.root.resource(session, path)? {
            Resource::File(bytes) => bytes,
            Resource::Directory(root) => return self.accumulate_directory(session, into, root, (path, Role::Base)),
        };
        let mut objects = self.read_objects(session, path, &bytes)?;
        if let Some(own) = &self.origin {
            let origin = own.append(path);
            for object in &mut objects {
                set_origin_field(object, &origin)
                    .map_err(|fault| BuildError::object("note the origin", &object.id(&session.schema), fault))?;
            }
        }
        let added = into.objects.append_all(objects, &session.schema);
        added.map_err(|error| error.within(format!("merging resources from '{path}' in '{}'", self.root.path)))?;
        self.check_count(session, &into)?;
        Ok(into)
    }

    fn check_count(&self, session: &Session<'b>, all: &Accumulator) -> Result<(), BuildError> {
        let limit = session.options.limits.objects;
        if all.objects.list().len() > limit {
            return Err(BuildError::Limit { what: format!("the number of objects in '{}'", self.root.path), limit });
        }
        Ok(())
    }

    /// The objects of a file of resources.
    fn read_objects(&self, session: &mut Session<'b>, path: &str, bytes: &[u8]) -> Result<Vec<Object>, BuildError> {
        let file = origin::clean_join(self.root.path.as_str(), path);
        let objects = crate::read::objects(bytes).map_err(|error| BuildError::content(file, "resources", error))?;
        session.uses_built_in |= objects.iter().any(|object| !session.schema.is_known(object.api_version(), object.kind()));
        Ok(objects)
    }

    fn accumulate_directory(
        &mut self,
        session: &mut Session<'b>,
        into: Accumulator,
        root: Root<'b>,
        (path, role): (&str, Role),
    ) -> Result<Accumulator, BuildError> {
        let place = root.path.clone();
        let within = |error: BuildError| error.within(format!("in '{place}', which '{}' names", self.root.path));
        let origin = self.origin.as_ref().map(|origin| origin.append(path));
        let mut target = Self::read(session, root, origin).map_err(within)?;
        target.kustomization.build_metadata.clone_from(&self.kustomization.build_metadata);
        target.set_schema(session).map_err(within)?;
        let is_component = target.kustomization.kind == COMPONENT_KIND;
        if is_component != (role == Role::Component) {
            let problem = match role {
                Role::Component => format!("expected kind '{COMPONENT_KIND}'; list '{path}' under `resources` instead"),
                Role::Base => format!("is a {COMPONENT_KIND}; list '{path}' under `components` instead"),
            };
            return Err(BuildError::Path { path: path.to_owned(), root: self.root.path.clone(), problem });
        }
        match role {
            // A component works on what there is so far.
            Role::Component => {
                let mut all = target.accumulate(session, into).map_err(within)?;
                all.objects.check_distinct(&session.schema)?;
                Ok(all)
            }
            Role::Base => {
                let below = target.accumulate(session, Accumulator::default()).map_err(within)?;
                self.merge(session, into, below)
            }
        }
    }

    fn merge(&self, session: &Session<'b>, mut into: Accumulator, below: Accumulator) -> Result<Accumulator, BuildError> {
        if into.objects.list().is_empty() {
            into.objects = below.objects;
            into.objects.check_distinct(&session.schema)?;
        } else {
            into.objects.append_all(below.objects.into_list(), &session.schema)?;
        }
        self.check_count(session, &into)?;
        into.config = into.config.merged(&below.config).map_err(|error| self.conflict(&error))?;
        into.variables.absorb(below.variables)?;
        Ok(into)
    }

    fn generate(&mut self, session: &mut Session<'b>, objects: &mut Objects) -> Result<(), BuildError> {
        let kustomization = &self.kustomization;
        if !kustomization.helm_charts.is_empty() {
            return Err(BuildError::Refused {
                what: format!("'helmCharts' in '{}'", self.root.path),
                advice: "charts are not inflated here; use a HelmRelease, or commit the output of `helm template` as a resource",
            });
        }
        let mut generated: Vec<WithOrigin<Object>> = Vec::new();
        let lists = [
            (Generated::ConfigMap, &kustomization.config_map_generator, "ConfigMapGenerator", "configMapGenerator"),
            (Generated::Secret, &kustomization.secret_generator, "SecretGenerator", "secretGenerator"),
        ];
        for (kind, arguments, name, field) in lists {
            let origin = self.origin.as_ref().map(|origin| origin.built_in(self.file, name));
            for (at, arguments) in arguments.iter().enumerate() {
                let mut arguments = arguments.clone();
                arguments.options = merged_options(arguments.options.as_ref(), kustomization.generator_options.as_ref());
                let made = generate(session, &self.root, kind, &arguments).map_err(self.written.entry(field, at))?;
                generated.push((made, origin.clone()));
            }
        }
        let entries = std::mem::take(&mut self.kustomization.generators);
        for (config, origin) in self.plugin_configs(session, ("generators", &entries))? {
            match plugin::configure(session, &self.root, &config).map_err(self.written.field("generators"))? {
                Plugin::Generator(object) => generated.push((*object, origin)),
                Plugin::Transformer(_) => return Err(plugin::wrong_kind(&config, "generator")),
            }
        }
        for (mut object, origin) in generated {
            if let Some(origin) = origin
                && object.annotation(origin::ANNOTATION).is_none()
            {
                origin::set(&mut object, &origin)
                    .map_err(|fault| BuildError::object("note the origin", &object.id(&session.schema), fault))?;
            }
            objects.absorb(object, &session.schema)?;
        }
        Ok(())
    }

    /// The configurations that the entries of `generators`, `transformers` or `validators` hold or name, with their origins.
    fn plugin_configs(
        &mut self,
        session: &mut Session<'b>,
        (field, entries): (&str, &[String]),
    ) -> Result<Vec<WithOrigin<Object>>, BuildError> {
        let mut all = Accumulator::default();
        let mut paths = Vec::new();
        for (at, entry) in entries.iter().enumerate() {
            let Ok(mut objects) = crate::read::objects(entry.as_bytes()) else {
                paths.push((at, entry));
                continue;
            };
            if let Some(own) = &self.origin {
                let origin = own.append(self.file);
                for object in &mut objects {
                    origin::set(object, &origin)
                        .map_err(|fault| BuildError::object("note the origin", &object.id(&session.schema), fault))?;
                }
            }
            all.objects.append_all(objects, &session.schema)?;
        }
        for (at, path) in paths {
            all = self.accumulate_resource(session, all, path).map_err(self.written.entry(field, at))?;
        }
        let with_origin = |config: Object| {
            let text = config.annotation(origin::ANNOTATION).map(str::to_owned);
            let origin = text.map(|text| plugin::origin_of(&config, &text));
            (config, origin)
        };
        Ok(all.objects.into_list().into_iter().map(with_origin).collect())
    }

    fn transform(&mut self, session: &mut Session<'b>, all: &mut Accumulator) -> Result<(), BuildError> {
        let mut transformers = self.built_in_transformers(session, &all.config)?;
        let entries = std::mem::take(&mut self.kustomization.transformers);
        let own = self.plugin_transformers(session, ("transformers", &entries))?;
        transformers.extend(own.into_iter().map(|own| (own, ("transformers", None))));
        for ((transformer, origin), (field, at)) in transformers {
            let applied = transformer.apply(session, &mut all.objects);
            match at {
                Some(at) => applied.map_err(self.written.entry(field, at))?,
                None => applied.map_err(self.written.field(field))?,
            }
            if matches!(transformer, Transformer::StrategicPatches(_) | Transformer::Patch(_)) {
                session.uses_built_in = true;
            }
            all.objects.drop_gone();
            if let Some(origin) = origin {
                for object in all.objects.list_mut() {
                    origin::add_transformation(object, &origin)
                        .map_err(|fault| BuildError::object("note the transformation", &object.id(&session.schema), fault))?;
                }
            }
        }
        Ok(())
    }

    fn plugin_transformers(
        &mut self,
        session: &mut Session<'b>,
        (field, entries): (&str, &[String]),
    ) -> Result<Vec<WithOrigin<Transformer>>, BuildError> {
        let mut transformers = Vec::new();
        for (config, origin) in self.plugin_configs(session, (field, entries))? {
            match plugin::configure(session, &self.root, &config).map_err(self.written.field(field))? {
                Plugin::Transformer(list) => {
                    transformers.extend(list.into_iter().map(|transformer| (transformer, origin.clone())))
                }
                Plugin::Generator(_) => return Err(plugin::wrong_kind(&config, "transformer")),
            }
        }
        Ok(transformers)
    }

    fn built_in_transformers(
        &mut self,
        session: &mut Session<'b>,
        config: &FieldConfig,
    ) -> Result<Vec<(WithOrigin<Transformer>, plugin::Place)>, BuildError> {
        let made = plugin::of_kustomization(session, (&self.root, &self.written), &self.kustomization, config)?;
        let origin = |name: &str| self.origin.as_ref().map(|origin| origin.built_in(self.file, name));
        Ok(made.into_iter().map(|(name, place, transformer)| ((transformer, origin(name)), place)).collect())
    }

    fn validate(&mut self, session: &mut Session<'b>, all: &mut Accumulator) -> Result<(), BuildError> {
        let entries = std::mem::take(&mut self.kustomization.validators);
        for (validator, _) in self.plugin_transformers(session, ("validators", &entries))? {
            let before: Vec<Object> = all.objects.list().to_vec();
            validator.apply(session, &mut all.objects).map_err(self.written.field("validators"))?;
            let mut after: Vec<Object> = all.objects.list().to_vec();
            for object in &mut after {
                if object.metadata_map("labels").any(|(key, _)| key == "validated-by") {
                    object
                        .rewrite_metadata_map("labels", &[("validated-by", None)])
                        .map_err(|fault| BuildError::object("validate", &object.id(&session.schema), fault))?;
                }
            }
            let is_same = before.len() == after.len()
                && before.iter().zip(&after).all(|(old, new)| old.node == new.node && old.notes == new.notes);
            if !is_same {
                return Err(BuildError::step(
                    "validate",
                    "validator shouldn't modify the resource map; list it under `transformers`",
                ));
            }
        }
        Ok(())
    }
}

/// Notes the origin of an object from a file. Unlike elsewhere the other annotations stay as they are.
fn set_origin_field(object: &mut Object, origin: &Origin) -> Result<(), crate::tree::Fault> {
    use crate::fields::{Creation, FieldPath};
    use crate::tree::{Kind, Node, Tag};
    let field = FieldPath::new(Gvk::default(), "metadata/annotations", true);
    let creation = Some(Creation { kind: Kind::Mapping, tag: Tag::Map });
    field.apply(&mut object.node, creation, &mut |node| node.set_field(origin::ANNOTATION, Node::tagged(origin.text(), Tag::Str)))
}

impl Target<'_> {
    /// Begins to note origins.
    pub(crate) fn set_origin(&mut self, origin: Origin) {
        self.origin = Some(origin);
    }
}
