//! How Go walks over bytes that are usually, but not always, UTF-8.

use super::letter;

/// The runes of a text with the bytes each is written in. A byte that is not UTF-8 is one U+FFFD.
pub(crate) fn runes(text: &[u8]) -> impl Iterator<Item = (char, &[u8])> {
    text.utf8_chunks().flat_map(|chunk| {
        let (valid, invalid) = (chunk.valid(), chunk.invalid());
        let valid = valid.char_indices().map(move |(index, rune)| (rune, &valid.as_bytes()[index..index + rune.len_utf8()]));
        valid.chain(invalid.chunks(1).map(|byte| (char::REPLACEMENT_CHARACTER, byte)))
    })
}

/// The text as Go's `[]rune` has it and gives it back: UTF-8, whatever it was.
pub(crate) fn lossy(text: &[u8]) -> String {
    runes(text).map(|(rune, _)| rune).collect()
}

/// The text with each rune replaced by another: Go's `strings.Map`.
pub(crate) fn map(text: &[u8], mut change: impl FnMut(char) -> char) -> Vec<u8> {
    runes(text).map(|(rune, _)| change(rune)).collect::<String>().into_bytes()
}

/// The text without the runes at both ends for which `leave_out` holds.
pub(crate) fn trim(text: &[u8], mut leave_out: impl FnMut(char) -> bool) -> &[u8] {
    let mut kept = None;
    let mut offset = 0;
    for (rune, bytes) in runes(text) {
        let start = offset;
        offset += bytes.len();
        if !leave_out(rune) {
            kept = Some((kept.map_or(start, |(first, _)| first), offset));
        }
    }
    kept.map_or(&[], |(start, end)| &text[start..end])
}

/// The text without white space at both ends.
pub(crate) fn trim_space(text: &[u8]) -> &[u8] {
    trim(text, letter::is_space)
}

/// Where `needle` first stands in `text`, at or after an offset.
pub(crate) fn find(text: &[u8], needle: &[u8], from: usize) -> Option<usize> {
    if needle.is_empty() {
        return Some(from);
    }
    text[from..].windows(needle.len()).position(|window| window == needle).map(|index| from + index)
}
