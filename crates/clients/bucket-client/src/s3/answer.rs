//! The answers of an object store, which are XML.

use serde::Deserialize;

/// One page of objects.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Entries {
    #[serde(default)]
    pub(super) is_truncated: bool,
    #[serde(default)]
    pub(super) next_continuation_token: Option<String>,
    #[serde(default)]
    pub(super) contents: Vec<Entry>,
}

/// One object of a page.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Entry {
    pub(super) key: String,
    #[serde(default, rename = "ETag")]
    pub(super) etag: String,
}

/// What went wrong.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Explanation {
    pub(super) code: String,
    pub(super) message: String,
    pub(super) region: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::read;

    /// An answer of Amazon's documentation of ListObjectsV2, shortened.
    #[test]
    fn a_page_of_objects_is_read() {
        let page: Entries = read(
            br#"<?xml version="1.0" encoding="UTF-8"?>
            <ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
              <Name>bucket</Name><Prefix/><KeyCount>2</KeyCount><MaxKeys>1000</MaxKeys><IsTruncated>true</IsTruncated>
              <NextContinuationToken>1ueG=</NextContinuationToken>
              <Contents><Key>my-image.jpg</Key><LastModified>2009-10-12T17:50:30.000Z</LastModified>
                <ETag>"fba9dede5f27731c9771645a39863328"</ETag><Size>434234</Size></Contents>
              <Contents><Key>a &amp; b/&#252;.yaml</Key><ETag>&quot;1&quot;</ETag></Contents>
            </ListBucketResult>"#,
        )
        .expect("the page is well formed");
        assert!(page.is_truncated);
        assert_eq!(page.next_continuation_token.as_deref(), Some("1ueG="));
        let entries: Vec<(&str, &str)> = page.contents.iter().map(|entry| (entry.key.as_str(), entry.etag.as_str())).collect();
        assert_eq!(entries, [("my-image.jpg", "\"fba9dede5f27731c9771645a39863328\""), ("a & b/ü.yaml", "\"1\"")]);
    }

    #[test]
    fn sec_c3_what_is_no_answer_is_an_error() {
        let laughs = br#"<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><ListBucketResult><Contents><Key>&b;</Key></Contents></ListBucketResult>"#;
        let deep = "<a>".repeat(100_000);
        for body in [&b""[..], b"<html>", b"\xff", b"{}", laughs, deep.as_bytes()] {
            assert!(read::<Entries>(body).map(|page| page.contents.len()).unwrap_or_default() == 0, "{body:?}");
        }
    }
}
