//! Where a kustomization stands, and what it may name from there.

use crate::error::BuildError;
use crate::options::{LoadRestrictions, Options};
use crate::remote::RemoteResources;
use crate::schema::Schema;
use bytes::Bytes;
use file_tree::{EntryKind, Files, TreePath};
use std::sync::Arc;

/// What all kustomizations of one build share.
pub(crate) struct Session<'b> {
    pub(crate) options: &'b Options,
    pub(crate) remote: &'b dyn RemoteResources,
    pub(crate) schema: Schema,
    pub(crate) schema_is_set: bool,
    /// Whether the built-in facts have been asked for: an own OpenAPI document then adds to them.
    pub(crate) uses_built_in: bool,
    pub(crate) kustomizations: usize,
    pub(crate) bytes: usize,
    /// What kustomize says about deprecated fields.
    pub(crate) warnings: Vec<&'static str>,
}

impl<'b> Session<'b> {
    pub(crate) fn new(options: &'b Options, remote: &'b dyn RemoteResources) -> Self {
        Self {
            options,
            remote,
            schema: Schema::default(),
            schema_is_set: false,
            uses_built_in: options.overlay.is_some(),
            kustomizations: 0,
            bytes: 0,
            warnings: Vec::new(),
        }
    }

    fn count(&mut self, what: &str, bytes: Bytes) -> Result<Bytes, BuildError> {
        let limits = &self.options.limits;
        if bytes.len() > limits.file_bytes {
            return Err(BuildError::Limit { what: format!("'{what}' ({} bytes)", bytes.len()), limit: limits.file_bytes });
        }
        self.bytes = self.bytes.saturating_add(bytes.len());
        if self.bytes > limits.total_bytes {
            return Err(BuildError::Limit { what: "the size of all files".to_owned(), limit: limits.total_bytes });
        }
        Ok(bytes)
    }
}

#[derive(Clone)]
enum Tree<'b> {
    Given(&'b dyn Files),
    Fetched(Arc<dyn Files>),
}

impl Tree<'_> {
    fn files(&self) -> &dyn Files {
        match self {
            Tree::Given(files) => *files,
            Tree::Fetched(files) => &**files,
        }
    }
}

/// A directory in which a kustomization stands, with those that led to it.
#[derive(Clone)]
pub(crate) struct Root<'b> {
    tree: Tree<'b>,
    pub(crate) path: TreePath,
    /// The directories of the same tree that led here.
    visited: Vec<TreePath>,
    /// The addresses that led here.
    addresses: Vec<String>,
    depth: usize,
    restrictions: LoadRestrictions,
}

/// What a path in `resources` stands for.
pub(crate) enum Resource<'b> {
    File(Bytes),
    Directory(Root<'b>),
}

impl<'b> Root<'b> {
    pub(crate) fn new(files: &'b dyn Files, path: TreePath, restrictions: LoadRestrictions) -> Result<Self, BuildError> {
        let root = Self {
            tree: Tree::Given(files),
            path: path.clone(),
            visited: Vec::new(),
            addresses: Vec::new(),
            depth: 0,
            restrictions,
        };
        match files.kind(&path) {
            Ok(Some(EntryKind::Directory)) => Ok(root),
            Ok(_) => Err(root.path_error(path.as_str(), "there is no such directory to build".to_owned())),
            Err(source) => Err(BuildError::Read { path: path.to_string(), root: path, source: source.into() }),
        }
    }

    fn path_error(&self, path: &str, problem: String) -> BuildError {
        BuildError::Path { path: path.to_owned(), root: self.path.clone(), problem }
    }

    /// The place that a path means; it is below the tree's root.
    fn resolve(&self, path: &str) -> Result<TreePath, BuildError> {
        self.path.join(path).map_err(|error| self.path_error(path, error.to_string()))
    }

    fn kind(&self, text: &str, path: &TreePath) -> Result<Option<EntryKind>, BuildError> {
        let failed = |source| BuildError::Read { path: text.to_owned(), root: self.path.clone(), source: Box::new(source) };
        self.tree.files().kind(path).map_err(failed)
    }

    /// The bytes of a file that the kustomization names.
    pub(crate) fn load(&self, session: &mut Session<'b>, path: &str) -> Result<Bytes, BuildError> {
        if is_web_address(path) {
            let fetched = session.remote.file(path);
            let failed =
                |source| BuildError::Read { path: address_text(path), root: self.path.clone(), source: Box::new(source) };
            return session.count(path, fetched.map_err(failed)?);
        }
        let resolved = self.resolve(path)?;
        if self.restrictions == LoadRestrictions::RootOnly && !resolved.starts_with(&self.path) {
            let problem = "security; the file is not in or below the kustomization's directory; move it there, or build without load restrictions";
            return Err(self.path_error(path, problem.to_owned()));
        }
        let read = self.tree.files().read(&resolved);
        let failed = |source| BuildError::Read { path: path.to_owned(), root: self.path.clone(), source: Box::new(source) };
        session.count(path, read.map_err(failed)?)
    }

    /// Whether a path names something in the tree.
    pub(crate) fn exists(&self, path: &str) -> bool {
        self.resolve(path).is_ok_and(|resolved| matches!(self.tree.files().kind(&resolved), Ok(Some(_))))
    }

    /// The kustomization file here: its name and bytes.
    pub(crate) fn kustomization(&self, session: &mut Session<'b>) -> Result<(&'static str, Bytes), BuildError> {
        let mut found = Vec::new();
        for name in crate::kustomization::FILE_NAMES {
            if matches!(self.kind(name, &self.resolve(name)?)?, Some(EntryKind::File { .. })) {
                found.push(name);
            }
        }
        match found.as_slice() {
            [] => Err(BuildError::NoKustomization { directory: self.path.clone() }),
            [name] => Ok((name, self.load(session, name)?)),
            _ => Err(BuildError::ManyKustomizations { directory: self.path.clone(), names: found }),
        }
    }

    /// What an entry of `resources` stands for: a file, or a directory with a kustomization.
    pub(crate) fn resource(&self, session: &mut Session<'b>, path: &str) -> Result<Resource<'b>, BuildError> {
        if is_web_address(path) {
            return match self.load(session, path) {
                Ok(bytes) => Ok(Resource::File(bytes)),
                Err(error) if !is_repository(path) => Err(error),
                Err(_) => self.directory(session, path).map(Resource::Directory),
            };
        }
        if let Ok(resolved) = self.path.join(path)
            && matches!(self.kind(path, &resolved)?, Some(EntryKind::File { .. }))
        {
            return self.load(session, path).map(Resource::File);
        }
        self.directory(session, path).map(Resource::Directory)
    }

    /// The directory that an entry of `resources` or `components` names.
    pub(crate) fn directory(&self, session: &mut Session<'b>, path: &str) -> Result<Self, BuildError> {
        if path.is_empty() {
            return Err(self.path_error(path, "new root cannot be empty; remove the entry".to_owned()));
        }
        if is_repository(path) || is_web_address(path) {
            return self.fetched(session, path);
        }
        if let Some(part) = path.split('/').find(|part| part.contains("..") && *part != "..") {
            let problem = format!("'{part}' is ambiguous; check for an indentation error in the kustomization");
            return Err(self.path_error(path, problem));
        }
        let resolved = self.resolve(path)?;
        match self.kind(path, &resolved)? {
            Some(EntryKind::Directory) => {}
            Some(EntryKind::File { .. }) => return Err(self.path_error(path, "is a file, not a directory".to_owned())),
            None => return Err(self.path_error(path, "there is no such file or directory".to_owned())),
        }
        if let Some(visited) = self.visited.iter().chain([&self.path]).find(|visited| visited.starts_with(&resolved)) {
            let problem = format!("cycle detected: candidate root '{resolved}' contains visited root '{visited}'");
            return Err(self.path_error(path, problem));
        }
        let mut visited = self.visited.clone();
        visited.push(self.path.clone());
        self.deeper(session, Self { path: resolved, visited, ..self.clone() })
    }

    fn fetched(&self, session: &mut Session<'b>, address: &str) -> Result<Self, BuildError> {
        if self.addresses.iter().any(|visited| visited.starts_with(address)) {
            return Err(self.path_error(&address_text(address), "cycle detected: the address leads here".to_owned()));
        }
        let failed = |source| BuildError::Read { path: address_text(address), root: self.path.clone(), source: Box::new(source) };
        let fetched = session.remote.directory(address).map_err(failed)?;
        let mut addresses = self.addresses.clone();
        addresses.push(address.to_owned());
        let root = Self {
            tree: Tree::Fetched(fetched.files),
            path: fetched.directory,
            visited: Vec::new(),
            addresses,
            depth: self.depth,
            restrictions: LoadRestrictions::RootOnly,
        };
        self.deeper(session, root)
    }

    fn deeper(&self, session: &Session<'b>, mut root: Self) -> Result<Self, BuildError> {
        root.depth += 1;
        let limit = session.options.limits.depth;
        if root.depth > limit {
            return Err(BuildError::Limit { what: format!("the depth of kustomizations at '{}'", root.path), limit });
        }
        Ok(root)
    }

    /// The last component of the path, for plugins that take it as their default.
    pub(crate) fn name(&self) -> &str {
        self.path.file_name().unwrap_or("/")
    }
}

/// An address without the parts that may hold secrets.
fn address_text(address: &str) -> String {
    let without_query = address.split('?').next().unwrap_or(address);
    match (without_query.split_once("://"), without_query.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, rest))) => format!("{scheme}://{rest}"),
        _ => without_query.to_owned(),
    }
}

fn is_web_address(path: &str) -> bool {
    let scheme = path.split_once(':').map(|(scheme, _)| scheme);
    let parses = !path.bytes().any(|byte| byte.is_ascii_control());
    parses && scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https"))
}

/// Whether a text is the address of a Git repository, in the syntax that kustomize reads.
fn is_repository(text: &str) -> bool {
    if text.starts_with('/') {
        return false;
    }
    let text = text.split('?').next().unwrap_or(text);
    let text = strip_prefix_any_case(text, "git::").unwrap_or(text);
    let schemes = ["ssh://", "https://", "http://", "file://"];
    let scheme = schemes.into_iter().find(|scheme| strip_prefix_any_case(text, scheme).is_some());
    let rest = scheme.map_or(text, |scheme| &text[scheme.len()..]);
    let user = rest.split_once('@').map(|(user, _)| user).filter(|user| {
        user.starts_with(|first: char| first.is_ascii_alphabetic())
            && user.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    });
    let rest = user.map_or(rest, |user| &rest[user.len() + 1..]);
    let lower = rest.to_ascii_lowercase();
    let is_github = lower.starts_with("github.com/") || lower.starts_with("github.com:");
    let short = scheme.is_none() && (user.is_some() || is_github);
    if scheme.is_none() && !short {
        return false;
    }
    let path = if scheme == Some("file://") {
        rest
    } else {
        let colon = rest.find(':').filter(|_| short);
        let slash = rest.find('/');
        let separator = match (slash, colon) {
            (None, colon) => colon,
            (Some(slash), Some(colon)) if colon > 0 && colon < slash => Some(colon),
            (slash, _) => slash,
        };
        match separator {
            Some(at) => &rest[at + 1..],
            None => return is_github,
        }
    };
    let (repository, directory) = split_repository(path, scheme == Some("file://"));
    let leaves = directory.trim_start_matches('/').split('/').try_fold(0_i32, |depth, part| match part {
        "" | "." => Some(depth),
        ".." if depth == 0 => None,
        ".." => Some(depth - 1),
        _ => Some(depth + 1),
    });
    !repository.is_empty() && leaves.is_some()
}

fn strip_prefix_any_case<'t>(text: &'t str, prefix: &str) -> Option<&'t str> {
    let head = text.get(..prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then(|| &text[prefix.len()..])
}

/// Repository and directory in it; the first is empty where there is no repository.
fn split_repository(path: &str, whole: bool) -> (&str, &str) {
    if let Some(at) = path.find("_git/") {
        let rest = &path[at + 5..];
        let end = rest.find('/').unwrap_or(rest.len());
        return (&path[..at + 5 + end], rest[end..].trim_start_matches('/'));
    }
    if let Some(at) = path.find("//") {
        return (&path[..at], &path[at + 2..]);
    }
    if let Some(at) = path.find(".git") {
        return (&path[..at + 4], &path[at + 4..]);
    }
    if whole {
        return (path, "");
    }
    match path.match_indices('/').nth(1) {
        Some((at, _)) => (&path[..at], &path[at + 1..]),
        None if path.contains('/') => (path, ""),
        None => ("", ""),
    }
}
