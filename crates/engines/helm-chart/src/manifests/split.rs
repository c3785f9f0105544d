//! Cutting a text into documents.

/// The documents of a text, without the white space in front of each; blank ones are left out.
///
/// A line that begins with `---` separates, whatever follows it: spaces and tabs after it belong to it, all else to the document.
pub fn split(text: &[u8]) -> Vec<&[u8]> {
    let text = trim_start(text);
    let mut documents = Vec::new();
    let mut start = 0;
    for at in separators(text) {
        documents.push(&text[start..at]);
        let blanks = text[at + 3..].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        start = at + 3 + blanks;
    }
    documents.push(&text[start..]);
    documents.into_iter().map(trim_start).filter(|document| !document.is_empty()).collect()
}

/// Where lines begin with `---`.
pub(crate) fn separators(text: &[u8]) -> impl Iterator<Item = usize> {
    let first = text.starts_with(b"---").then_some(0);
    first.into_iter().chain(memchr::memmem::find_iter(text, b"\n---").map(|line_break| line_break + 1))
}

/// Without the white space that Unicode knows at the beginning.
pub(crate) fn trim_start(text: &[u8]) -> &[u8] {
    let text = text.trim_ascii_start();
    // Spaces beyond ASCII are rare, and the text may be long.
    if text.first().is_none_or(|first| first.is_ascii() && !is_rare_space(*first)) {
        return text;
    }
    let Some(chunk) = text.utf8_chunks().next() else { return text };
    &text[chunk.valid().len() - chunk.valid().trim_start().len()..]
}

/// The vertical tab, which is a space to Unicode only.
fn is_rare_space(byte: u8) -> bool {
    byte == b'\x0b'
}

/// Whether there is nothing but white space.
pub(crate) fn is_blank(text: &[u8]) -> bool {
    trim_start(text).is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: &[&str]) {
        let found: Vec<&str> =
            split(text.as_bytes()).into_iter().map(|document| std::str::from_utf8(document).unwrap_or_default()).collect();
        assert_eq!(found, expect, "{text:?}");
    }

    /// As `releaseutil.SplitManifests` of Helm 4.3 cuts.
    #[test]
    fn documents_are_cut_where_a_line_begins_with_dashes() {
        check("a: 1\n---\nb: 2\n", &["a: 1\n", "b: 2\n"]);
        check("\n\n---\n  \n---\na: 1", &["a: 1"]);
        check("---apiVersion: v1\n", &["apiVersion: v1\n"]);
        check("a\n--- # c\nb", &["a\n", "# c\nb"]);
        check("a: |\n  x\n  ---\n  y\n", &["a: |\n  x\n  ---\n  y\n"]);
        check("------\na", &["---\na"]);
        check("", &[]);
    }
}
