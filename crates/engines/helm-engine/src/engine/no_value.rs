//! The words with which Go prints a missing value. Helm takes them out of everything it renders.

const NO_VALUE: &[u8] = b"<no value>";

/// The output without the words, even where a template wrote them itself.
pub(crate) fn without_no_value(output: Vec<u8>) -> Vec<u8> {
    let Some(mut start) = find(&output, 0) else { return output };
    let mut kept = Vec::with_capacity(output.len());
    let mut copied = 0;
    loop {
        kept.extend_from_slice(&output[copied..start]);
        copied = start + NO_VALUE.len();
        match find(&output, copied) {
            Some(next) => start = next,
            None => break,
        }
    }
    kept.extend_from_slice(&output[copied..]);
    kept
}

fn find(output: &[u8], from: usize) -> Option<usize> {
    output[from..].windows(NO_VALUE.len()).position(|window| window == NO_VALUE).map(|index| from + index)
}
