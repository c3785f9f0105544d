//! Answers in XML.

use serde::Deserialize;

/// Reads an answer; in few words why not.
pub(crate) fn read<T: for<'de> Deserialize<'de>>(body: &[u8]) -> Result<T, String> {
    let text = std::str::from_utf8(body).map_err(|_| "it is not UTF-8 text".to_owned())?;
    // Some stores begin with a mark of the order of bytes.
    quick_xml::de::from_str(text.trim_start_matches('\u{feff}')).map_err(|error| error.to_string())
}
