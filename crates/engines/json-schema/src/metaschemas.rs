//! The schemas of schemas, as json-schema.org publishes them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use crate::compile::{self, Compiled, FormatRule};
use crate::draft::Draft;
use crate::library::Offline;
use crate::node::NodeId;

const DOCUMENTS: &[(&str, &str)] = &[
    ("draft-04/schema", include_str!("metaschemas/draft-04.json")),
    ("draft-06/schema", include_str!("metaschemas/draft-06.json")),
    ("draft-07/schema", include_str!("metaschemas/draft-07.json")),
    ("draft/2019-09/schema", include_str!("metaschemas/2019-09/schema.json")),
    ("draft/2019-09/meta/applicator", include_str!("metaschemas/2019-09/applicator.json")),
    ("draft/2019-09/meta/content", include_str!("metaschemas/2019-09/content.json")),
    ("draft/2019-09/meta/core", include_str!("metaschemas/2019-09/core.json")),
    ("draft/2019-09/meta/format", include_str!("metaschemas/2019-09/format.json")),
    ("draft/2019-09/meta/meta-data", include_str!("metaschemas/2019-09/meta-data.json")),
    ("draft/2019-09/meta/validation", include_str!("metaschemas/2019-09/validation.json")),
    ("draft/2020-12/schema", include_str!("metaschemas/2020-12/schema.json")),
    ("draft/2020-12/meta/applicator", include_str!("metaschemas/2020-12/applicator.json")),
    ("draft/2020-12/meta/content", include_str!("metaschemas/2020-12/content.json")),
    ("draft/2020-12/meta/core", include_str!("metaschemas/2020-12/core.json")),
    ("draft/2020-12/meta/format-annotation", include_str!("metaschemas/2020-12/format-annotation.json")),
    ("draft/2020-12/meta/format-assertion", include_str!("metaschemas/2020-12/format-assertion.json")),
    ("draft/2020-12/meta/meta-data", include_str!("metaschemas/2020-12/meta-data.json")),
    ("draft/2020-12/meta/unevaluated", include_str!("metaschemas/2020-12/unevaluated.json")),
    ("draft/2020-12/meta/validation", include_str!("metaschemas/2020-12/validation.json")),
];

/// Whether an address is json-schema.org's. Documents from there are not checked against a metaschema.
pub(crate) fn is_official(url: &str) -> bool {
    path(url).is_some()
}

fn path(url: &str) -> Option<&str> {
    url.strip_prefix("http://json-schema.org/").or_else(|| url.strip_prefix("https://json-schema.org/"))
}

/// The text of the document at `url`, if it is one of json-schema.org's.
pub(crate) fn find(url: &str) -> Option<&'static str> {
    let path = match path(url)? {
        "schema" => path(Draft::LATEST.url())?,
        path => path,
    };
    DOCUMENTS.iter().find(|(name, _)| *name == path).map(|(_, text)| *text)
}

/// Compiled metaschemas.
pub(crate) struct Metaschemas {
    /// The schemas of all drafts in it.
    pub(crate) compiled: Compiled,
    roots: BTreeMap<Draft, NodeId>,
}

impl Metaschemas {
    /// Those of all these drafts. Nearly all documents are of one, whose metaschema is compiled alone.
    pub(crate) fn of(drafts: &BTreeSet<Draft>) -> &'static Metaschemas {
        static OF_ONE: [OnceLock<Metaschemas>; Draft::ALL.len()] = [const { OnceLock::new() }; Draft::ALL.len()];
        static OF_ALL: OnceLock<Metaschemas> = OnceLock::new();
        match Draft::ALL.iter().position(|draft| drafts.first() == Some(draft)) {
            Some(only) if drafts.len() == 1 => OF_ONE[only].get_or_init(|| Metaschemas::compile(&Draft::ALL[only..=only])),
            _ => OF_ALL.get_or_init(|| Metaschemas::compile(&Draft::ALL)),
        }
    }

    /// Formats count in metaschemas, whatever the draft says.
    fn compile(drafts: &[Draft]) -> Metaschemas {
        let urls: Vec<&str> = drafts.iter().map(|draft| draft.url()).collect();
        let (compiled, roots) =
            compile::compile(&urls, &[], &Offline, FormatRule::Always).expect("because the documents are constant and tested");
        Metaschemas { compiled, roots: drafts.iter().copied().zip(roots).collect() }
    }

    /// The metaschema of one of the drafts.
    pub(crate) fn root(&self, draft: Draft) -> NodeId {
        self.roots[&draft]
    }
}
