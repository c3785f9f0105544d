//! The words with which Go prints a missing value. Helm takes them out of everything it renders.

use std::borrow::Borrow;

const NO_VALUE: &[u8] = b"<no value>";

/// The output without the words, even where a template wrote them itself.
pub(crate) fn without_no_value<T: Borrow<[u8]> + From<Vec<u8>>>(output: T) -> T {
    let text = output.borrow();
    let Some(mut start) = find(text, 0) else { return output };
    let mut kept = Vec::with_capacity(text.len());
    let mut copied = 0;
    loop {
        kept.extend_from_slice(&text[copied..start]);
        copied = start + NO_VALUE.len();
        match find(text, copied) {
            Some(next) => start = next,
            None => break,
        }
    }
    kept.extend_from_slice(&text[copied..]);
    T::from(kept)
}

fn find(text: &[u8], from: usize) -> Option<usize> {
    memchr::memmem::find(&text[from..], NO_VALUE).map(|found| from + found)
}
