//! The documents of a compilation: those that were given, json-schema.org's, and those that a [`Loader`] brings.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use crate::document::{Document, Resource};
use crate::draft::{Dialect, Draft};
use crate::error::SchemaError;
use crate::json::{self, Json, Object};
use crate::metaschemas;
use crate::pointer::{self, Lost};
use crate::reference::Reference;
use crate::url::Url;

/// Brings documents that a schema refers to.
pub trait Loader {
    /// The text of the document at an `http` or `https` address, which has no fragment.
    ///
    /// # Errors
    /// Why it cannot be had, for people.
    fn load(&self, url: &str) -> Result<Vec<u8>, String>;
}

/// Brings nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Offline;

impl Loader for Offline {
    fn load(&self, _url: &str) -> Result<Vec<u8>, String> {
        Err("documents are not fetched".to_owned())
    }
}

/// Documents by address.
pub(crate) struct Library<'a> {
    contents: BTreeMap<String, Arc<Json>>,
    documents: BTreeMap<String, Document>,
    loader: &'a dyn Loader,
}

impl<'a> Library<'a> {
    pub(crate) fn new(given: &[(&str, Arc<Json>)], loader: &'a dyn Loader) -> Library<'a> {
        let contents = given.iter().map(|(url, content)| ((*url).to_owned(), content.clone())).collect();
        Library { contents, documents: BTreeMap::new(), loader }
    }

    /// The document at `url`, its schemas known and checked.
    pub(crate) fn document(&mut self, url: &str) -> Result<&Document, SchemaError> {
        if !self.documents.contains_key(url) {
            let content = self.content(url)?;
            let mut document =
                Document { url: url.to_owned(), content: content.clone(), resources: BTreeMap::new(), known: HashSet::new() };
            self.collect(&mut document, &content, url, String::new(), &Dialect::of(Draft::LATEST))?;
            if !metaschemas::is_official(url) {
                crate::check_schema(&document, &content, "")?;
            }
            self.documents.insert(url.to_owned(), document);
        }
        Ok(&self.documents[url])
    }

    /// Makes sure that the schema at a place of a document is known, which it is not if no keyword leads there.
    pub(crate) fn ensure_known(&mut self, url: &str, at: &str) -> Result<(), SchemaError> {
        if self.document(url)?.known.contains(at) {
            return Ok(());
        }
        // Taken out while it changes; after an error nobody uses the library any more.
        let Some(mut document) = self.documents.remove(url) else { return Ok(()) };
        let content = document.content.clone();
        let schema = lookup(&document, &content, at)?;
        if let Some(owner) = document.resource(at).cloned() {
            self.collect(&mut document, schema, &owner.id, at.to_owned(), &owner.dialect)?;
        }
        crate::check_schema(&document, schema, at)?;
        self.documents.insert(url.to_owned(), document);
        Ok(())
    }

    fn content(&mut self, url: &str) -> Result<Arc<Json>, SchemaError> {
        if let Some(content) = self.contents.get(url) {
            return Ok(content.clone());
        }
        let failed = |reason: String| SchemaError::Load { url: url.to_owned(), reason };
        let content = match metaschemas::find(url) {
            Some(text) => json::read(text.as_bytes()),
            None => {
                let address = Url::parse(url).map_err(failed)?;
                match address.scheme.as_str() {
                    "http" | "https" => json::read(&self.loader.load(url).map_err(failed)?),
                    // Nobody registered a document for it, which Helm takes for one that allows everything.
                    "urn" => Ok(Json::Bool(true)),
                    // A chart has no files there.
                    "file" => return Err(failed(format!("open {}: no such file or directory", address.file_path()))),
                    _ => return Err(failed(format!("no URLLoader registered for {}", crate::text::go_quote(url)))),
                }
            }
        };
        let content = Arc::new(content.map_err(|error| failed(error.to_string()))?);
        self.contents.insert(url.to_owned(), content.clone());
        Ok(content)
    }

    /// Finds the resources and anchors of the schema at `at` and of the schemas in it.
    fn collect(
        &mut self,
        document: &mut Document,
        schema: &Json,
        base: &str,
        at: String,
        fallback: &Dialect,
    ) -> Result<(), SchemaError> {
        // Most schemas say only of what type a value is, and hold neither an address nor other schemas.
        match schema.as_object().filter(|object| at.is_empty() || object.only("type").is_none()) {
            Some(object) => {
                if document.known.insert(at.clone()) {
                    self.collect_object(document, schema, object, base, &at, fallback)?;
                }
            }
            None => {
                if at.is_empty() {
                    document.resources.insert(String::new(), Arc::new(resource(&at, base, fallback.clone())));
                }
                document.known.insert(at);
            }
        }
        Ok(())
    }

    fn collect_object(
        &mut self,
        document: &mut Document,
        schema: &Json,
        object: &Object,
        base: &str,
        at: &str,
        fallback: &Dialect,
    ) -> Result<(), SchemaError> {
        let mut names_dialect = object.get("$schema").is_some_and(|name| name.as_str().is_some());
        let mut draft = self.draft_of(document, at, schema, fallback.draft)?;
        if draft.id(object).is_empty() && !at.is_empty() {
            // Only a resource can have a dialect of its own.
            draft = fallback.draft;
            names_dialect = false;
        }
        let id = draft.id(object);
        let mut base = Cow::Borrowed(base);
        if !id.is_empty() {
            base = Reference::join(&base, id).map_err(|_| SchemaError::Id(document.location(at)))?.url.into();
        }
        if !id.is_empty() || at.is_empty() {
            match document.resources.values().find(|resource| resource.id == base) {
                Some(other) if other.pointer != at => {
                    let (first, second) = (at.to_owned(), other.pointer.clone());
                    return Err(SchemaError::DuplicateId { id: base.into_owned(), url: document.url.clone(), first, second });
                }
                Some(_) => {}
                None => {
                    let dialect = if names_dialect {
                        Dialect { draft, vocabularies: self.vocabularies_of(schema, draft)? }
                    } else {
                        fallback.clone()
                    };
                    document.resources.insert(at.to_owned(), Arc::new(resource(at, &base, dialect)));
                }
            }
        }
        let owner = document.resources.values().find(|resource| resource.id == base);
        let Some(owner) = owner.cloned() else { return Ok(()) };
        document.collect_anchors(object, at, &owner)?;
        for (pointer, subschema) in draft.subschemas(object, at) {
            crate::with_stack(|| self.collect(document, subschema, &owner.id, pointer, &owner.dialect))?;
        }
        Ok(())
    }

    /// The draft that `$schema` leads to, maybe by way of metaschemas that are not json-schema.org's.
    fn draft_of(&mut self, document: &Document, at: &str, schema: &Json, default: Draft) -> Result<Draft, SchemaError> {
        let Some(mut name) = schema_name(schema) else { return Ok(default) };
        let mut seen = BTreeSet::new();
        let mut location = document.location(at);
        let mut own_url = at.is_empty().then(|| document.url.clone());
        loop {
            let current = name;
            if let Some(draft) = Draft::from_url(&current) {
                return Ok(draft);
            }
            let current = current.split('#').next().unwrap_or_default().to_owned();
            Url::parse(&current).map_err(|reason| SchemaError::MetaschemaUrl { place: location.clone(), reason })?;
            if own_url.as_ref() == Some(&current) {
                return Err(SchemaError::UnsupportedDraft(current));
            }
            if !seen.insert(current.clone()) {
                return Err(SchemaError::MetaschemaCycle(current));
            }
            let Some(next) = schema_name(&*self.content(&current)?) else { return Ok(default) };
            name = next;
            location = format!("{current}#");
            own_url = Some(current);
        }
    }

    /// The vocabularies that the metaschema of `schema` requires, if it is not json-schema.org's and says so.
    fn vocabularies_of(&mut self, schema: &Json, draft: Draft) -> Result<Option<Vec<String>>, SchemaError> {
        let name = schema_name(schema).unwrap_or_default();
        if Draft::from_url(&name).is_some() {
            return Ok(None);
        }
        let url = name.split('#').next().unwrap_or_default();
        let metaschema = self.content(url)?;
        let (Some(prefix), Some(listed)) =
            (draft.vocabulary_prefix(), metaschema.member("$vocabulary").and_then(Json::as_object))
        else {
            return Ok(None);
        };
        let mut vocabularies = vec!["core".to_owned()];
        for (vocabulary, _) in listed.iter().filter(|(_, required)| **required == Json::Bool(true)) {
            match vocabulary.strip_prefix(prefix).filter(|name| draft.vocabularies().contains(name)) {
                Some(name) => vocabularies.push(name.to_owned()),
                None => return Err(SchemaError::UnsupportedVocabulary(vocabulary.clone(), url.to_owned())),
            }
        }
        Ok(Some(vocabularies))
    }
}

/// What `$schema` says.
fn schema_name(schema: &Json) -> Option<String> {
    schema.member("$schema").and_then(Json::as_str).map(str::to_owned)
}

fn resource(at: &str, id: &str, dialect: Dialect) -> Resource {
    Resource { pointer: at.to_owned(), id: id.to_owned(), dialect, anchors: BTreeMap::new(), dynamic_anchors: BTreeSet::new() }
}

/// The schema at a place of a document.
pub(crate) fn lookup<'a>(document: &Document, content: &'a Json, at: &str) -> Result<&'a Json, SchemaError> {
    pointer::lookup(content, at).map_err(|lost| match lost {
        Lost::Invalid => SchemaError::InvalidPointer(document.location(at)),
        Lost::NotFound => SchemaError::PointerNotFound(document.location(at)),
    })
}
