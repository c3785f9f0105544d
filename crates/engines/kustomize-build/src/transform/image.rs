//! Images: names, tags and digests of containers, at the configured fields and in every list of containers.

use crate::error::BuildError;
use crate::fields::{Creation, FieldPath};
use crate::kustomization::Image;
use crate::loader::Session;
use crate::objects::Objects;
use crate::transform::failed;
use crate::tree::{Body, Fault, Kind, Node, Tag};
use regex::Regex;

/// Applies one entry of `images`.
pub(crate) fn apply(session: &Session<'_>, objects: &mut Objects, image: &Image, fields: &[FieldPath]) -> Result<(), BuildError> {
    let updater = Updater { image, pattern: pattern(&image.name) };
    // Created images are empty scalars, which match no name.
    let creation: Option<Creation> = None;
    for object in objects.list_mut().iter_mut().filter(|object| object.kind() != "CustomResourceDefinition") {
        let found = updater.walk(&mut object.node);
        found.map_err(|fault| failed(session, "set images", object, fault))?;
    }
    for object in objects.list_mut().iter_mut().filter(|object| object.kind() != "CustomResourceDefinition") {
        let mut set = |node: &mut Node| updater.update(node);
        let applied = fields.iter().try_for_each(|field| field.apply(&mut object.node, creation, &mut set));
        applied.map_err(|fault| failed(session, "set images", object, fault))?;
    }
    Ok(())
}

/// The name is an expression over the whole repository; one that is none matches nothing.
fn pattern(name: &str) -> Option<Regex> {
    let pattern = format!("^{name}(:[a-zA-Z0-9_.{{}}-]*)?(@[a-zA-Z0-9]+([.+_-][a-zA-Z0-9]+)*:[a-zA-Z0-9_.{{}}-]*)?$");
    crate::selector::compile(&pattern).ok()
}

struct Updater<'i> {
    image: &'i Image,
    pattern: Option<Regex>,
}

impl Updater<'_> {
    /// Visits every list of containers at any depth.
    fn walk(&self, node: &mut Node) -> Result<(), Fault> {
        match &mut node.body {
            Body::Mapping(entries) => {
                for at in 0..entries.len() {
                    let name = entries[at].key.text.clone();
                    // Of equal keys the first is the field.
                    let Some(first) = entries.iter_mut().find(|entry| entry.key.text == name) else { continue };
                    self.walk(&mut first.value)?;
                    if matches!(&*name, "containers" | "initContainers")
                        && let Body::Sequence(containers) = &mut first.value.body
                    {
                        for container in containers {
                            if let Some(image) = container.get_mut("image")? {
                                self.update(image)?;
                            }
                        }
                    }
                }
                Ok(())
            }
            Body::Sequence(items) => items.iter_mut().try_for_each(|item| self.walk(item)),
            Body::Nothing | Body::Scalar(_) => Ok(()),
        }
    }

    fn update(&self, node: &mut Node) -> Result<(), Fault> {
        node.demand(Kind::Scalar)?;
        if !self.pattern.as_ref().is_some_and(|pattern| pattern.is_match(node.text())) {
            return Ok(());
        }
        let (mut name, mut tag, mut digest) = split(node.text());
        let image = self.image;
        if !image.new_name.is_empty() {
            name = &image.new_name;
        }
        let suffixed;
        if !image.new_tag.is_empty() {
            tag = &image.new_tag;
            digest = &image.digest;
        } else if !image.digest.is_empty() {
            tag = "";
            digest = &image.digest;
        } else if !image.tag_suffix.is_empty() {
            suffixed = format!("{tag}{}", image.tag_suffix);
            tag = &suffixed;
            digest = "";
        }
        let mut text = name.to_owned();
        for (separator, part) in [(':', tag), ('@', digest)] {
            if !part.is_empty() {
                text.push(separator);
                text.push_str(part);
            }
        }
        if node.is_null() {
            return Ok(());
        }
        node.set_scalar(Node { tag: Tag::Unset, ..Node::plain(text) })
    }
}

/// Name, tag and digest of an image.
fn split(image: &str) -> (&str, &str, &str) {
    let start = image.find('/').filter(|at| *at > 0).unwrap_or(0);
    let searched = &image[start..];
    let digest = searched.find('@').map(|at| at + start);
    let tag = searched.find(':').map(|at| at + start);
    match (tag, digest) {
        (None, None) => (image, "", ""),
        (Some(tag), Some(digest)) if tag < digest => (&image[..tag], &image[tag + 1..digest], &image[digest + 1..]),
        (_, Some(digest)) => (&image[..digest], "", &image[digest + 1..]),
        (Some(tag), None) => (&image[..tag], &image[tag + 1..], ""),
    }
}
