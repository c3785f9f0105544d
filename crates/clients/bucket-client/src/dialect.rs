//! What differs between stores: how questions are asked, and how answers read.

use crate::bucket::Object;
use crate::error::Cause;
use reqwest::header::HeaderMap;
use reqwest::{Client, RequestBuilder, StatusCode};
use std::fmt::Debug;

/// What is asked of a bucket.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Question<'q> {
    /// Whether it is there.
    Bucket,
    /// A page of the objects whose key begins with a prefix.
    Page {
        /// The prefix.
        prefix: &'q str,
        /// Where the page before ended; empty for the first one.
        token: &'q str,
    },
    /// What is known of an object.
    Attributes(&'q str),
    /// The content of an object.
    Object {
        /// Its key.
        key: &'q str,
        /// Which version of it; any where absent.
        version: Option<&'q str>,
    },
}

impl<'q> Question<'q> {
    /// The key of the object that it is about; empty where it is about none.
    pub(crate) fn key(&self) -> &'q str {
        match self {
            Self::Bucket | Self::Page { .. } => "",
            Self::Attributes(key) | Self::Object { key, .. } => key,
        }
    }
}

/// One page of objects.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) objects: Vec<Object>,
    /// Where the next one begins.
    pub(crate) next: Option<String>,
}

/// What is known of an object.
#[derive(Debug)]
pub(crate) struct Attributes {
    pub(crate) etag: String,
    pub(crate) version: String,
}

/// An answer that is none.
#[derive(Debug)]
pub(crate) struct Refusal<'r> {
    pub(crate) status: StatusCode,
    pub(crate) headers: &'r HeaderMap,
    pub(crate) body: &'r [u8],
}

/// What a refusal says, not cleaned yet.
#[derive(Debug, Default)]
pub(crate) struct Explained {
    pub(crate) code: String,
    /// Empty where the store gives none.
    pub(crate) message: String,
    /// Whether something was learnt, so that the same question may be answered now.
    pub(crate) learnt: bool,
}

/// How a kind of store is spoken to. Sends nothing itself.
pub(crate) trait Dialect: Debug + Send + Sync {
    /// The method by which a question is asked.
    fn method(&self, question: &Question<'_>) -> &'static str {
        let _ = question;
        "GET"
    }

    /// The request of a question, but for the name of who asks.
    ///
    /// # Errors
    /// When it cannot be made.
    fn request(&self, client: &Client, question: &Question<'_>) -> Result<RequestBuilder, Cause>;

    /// Reads a page of objects; in few words why not.
    fn page(&self, body: &[u8]) -> Result<Page, String>;

    /// Reads what is known of an object, for stores whose content does not come with it; in few words why not.
    fn attributes(&self, body: &[u8]) -> Option<Result<Attributes, String>> {
        let _ = body;
        None
    }

    /// Whether the attributes of an object have to be asked for before its content.
    fn asks_for_attributes(&self) -> bool {
        false
    }

    /// What a store sent with an object as that which changes with its content, as the pages of objects write it.
    fn etag(&self, sent: &str) -> String;

    /// What a refusal says.
    fn explain(&self, question: &Question<'_>, refusal: &Refusal<'_>) -> Explained;
}
