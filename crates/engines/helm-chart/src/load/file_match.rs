//! Patterns of file names as Go's `filepath.Match` reads them: `*`, `?`, `[a-z]` and `\`, none of which matches a slash.

/// A pattern that is malformed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("syntax error in pattern")]
pub struct PatternError;

/// Whether a path matches a pattern with `*`, `?` and `[a-z]`, none of which stands for a slash. A malformed pattern matches nothing.
pub fn match_file_name(pattern: &str, path: &str) -> bool {
    matches(pattern, path).unwrap_or(false)
}

/// A pattern that is compared with many names, hardly any of which it matches.
#[derive(Debug)]
pub(super) struct Pattern {
    text: String,
    /// How many bytes at the beginning stand for themselves.
    prefix: usize,
    /// How many bytes at the end do so.
    suffix: usize,
}

impl Pattern {
    pub(super) fn new(text: &str) -> Self {
        let prefix = text.find(['*', '?', '[', '\\']).unwrap_or(text.len());
        // What follows a class or a backslash may belong to it.
        let suffix = if text.contains(['[', '\\']) { 0 } else { text.len() - text.rfind(['*', '?']).map_or(0, |last| last + 1) };
        Self { text: text.to_owned(), prefix, suffix }
    }

    /// As [`match_file_name`].
    pub(super) fn matches(&self, name: &str) -> bool {
        if self.prefix == self.text.len() {
            return self.text == name;
        }
        let (prefix, suffix) = (&self.text[..self.prefix], &self.text[self.text.len() - self.suffix..]);
        name.starts_with(prefix) && name.ends_with(suffix) && match_file_name(&self.text, name)
    }
}

/// Whether the whole name matches. Of a malformed pattern a name may be found not to match before the fault is seen, as in Go.
pub(crate) fn matches(pattern: &str, name: &str) -> Result<bool, PatternError> {
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    let (mut pattern, mut name) = (&pattern[..], &name[..]);
    'chunks: while !pattern.is_empty() {
        let (star, chunk, rest) = scan_chunk(pattern);
        pattern = rest;
        if star && chunk.is_empty() {
            return Ok(!name.contains(&'/'));
        }
        if let Some(left) = match_chunk(chunk, name)?
            && (left.is_empty() || !pattern.is_empty())
        {
            name = left;
            continue;
        }
        if star {
            for start in 0..name.len() {
                if name[start] == '/' {
                    break;
                }
                if let Some(left) = match_chunk(chunk, &name[start + 1..])? {
                    if pattern.is_empty() && !left.is_empty() {
                        continue;
                    }
                    name = left;
                    continue 'chunks;
                }
            }
        }
        // What is left of the pattern is only looked at for faults.
        while !pattern.is_empty() {
            let (_, chunk, rest) = scan_chunk(pattern);
            pattern = rest;
            match_chunk(chunk, &[])?;
        }
        return Ok(false);
    }
    Ok(name.is_empty())
}

/// Whether the pattern begins with stars, what stands up to the next star, and what follows.
fn scan_chunk(pattern: &[char]) -> (bool, &[char], &[char]) {
    let stars = pattern.iter().take_while(|character| **character == '*').count();
    let pattern = &pattern[stars..];
    let (mut at, mut in_range) = (0, false);
    while at < pattern.len() {
        match pattern[at] {
            '\\' if at + 1 < pattern.len() => at += 1,
            '[' => in_range = true,
            ']' => in_range = false,
            '*' if !in_range => break,
            _ => {}
        }
        at += 1;
    }
    (stars > 0, &pattern[..at], &pattern[at..])
}

/// What is left of the name when the chunk matches its beginning.
fn match_chunk<'n>(chunk: &[char], name: &'n [char]) -> Result<Option<&'n [char]>, PatternError> {
    let (mut chunk, mut name) = (chunk, name);
    let mut failed = false;
    while let Some((&first, rest)) = chunk.split_first() {
        failed = failed || name.is_empty();
        let character = if failed { None } else { name.first().copied() };
        match first {
            '[' => {
                let (matched, after) = match_range(rest, character)?;
                failed = failed || !matched;
                chunk = after;
            }
            '?' => {
                failed = failed || character == Some('/');
                chunk = rest;
            }
            '\\' => {
                let (&literal, after) = rest.split_first().ok_or(PatternError)?;
                failed = failed || character != Some(literal);
                chunk = after;
            }
            literal => {
                failed = failed || character != Some(literal);
                chunk = rest;
            }
        }
        if !failed {
            name = &name[1..];
        }
    }
    Ok((!failed).then_some(name))
}

/// Whether a character is in the class whose text begins after `[`, and what follows the class.
fn match_range(text: &[char], character: Option<char>) -> Result<(bool, &[char]), PatternError> {
    let (negated, mut text) = match text.split_first() {
        Some(('^', rest)) => (true, rest),
        _ => (false, text),
    };
    let (mut matched, mut ranges) = (false, 0);
    loop {
        if let Some((']', rest)) = text.split_first()
            && ranges > 0
        {
            return Ok((matched != negated, rest));
        }
        let (low, rest) = range_end(text)?;
        let (high, rest) = match rest.split_first() {
            Some(('-', rest)) => range_end(rest)?,
            _ => (low, rest),
        };
        matched = matched || character.is_some_and(|character| low <= character && character <= high);
        ranges += 1;
        text = rest;
    }
}

/// One end of a range; something must follow it.
fn range_end(text: &[char]) -> Result<(char, &[char]), PatternError> {
    let (first, rest) = match text.split_first() {
        None | Some(('-' | ']', _)) => return Err(PatternError),
        Some(('\\', rest)) => rest.split_first().ok_or(PatternError)?,
        Some(split) => split,
    };
    if rest.is_empty() { Err(PatternError) } else { Ok((*first, rest)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From the table of Go's `path/filepath/match_test.go`.
    #[test]
    fn patterns_match_as_in_go() {
        for (pattern, name, expect) in [
            ("abc", "abc", Ok(true)),
            ("*", "abc", Ok(true)),
            ("*c", "abc", Ok(true)),
            ("a*", "ab/c", Ok(false)),
            ("a*/b", "abc/b", Ok(true)),
            ("a*/b", "a/c/b", Ok(false)),
            ("a*b*c*d*e*/f", "axbxcxdxe/f", Ok(true)),
            ("a*b*c*d*e*/f", "axbxcxdxe/xxx/f", Ok(false)),
            ("a*b?c*x", "abxbbxdbxebxczzx", Ok(true)),
            ("ab[c]", "abc", Ok(true)),
            ("ab[b-d]", "abc", Ok(true)),
            ("ab[^c]", "abc", Ok(false)),
            ("a\\*b", "a*b", Ok(true)),
            ("a[^a]b", "a☺b", Ok(true)),
            ("[\\]a]", "]", Ok(true)),
            ("[]a]", "]", Err(PatternError)),
            ("[x-]", "x", Err(PatternError)),
            ("[a-b-c]", "a", Err(PatternError)),
            ("[", "a", Err(PatternError)),
            ("[^bc", "a", Err(PatternError)),
            ("a[", "a", Err(PatternError)),
            ("a[", "ab", Err(PatternError)),
            ("*x", "xxx", Ok(true)),
        ] {
            assert_eq!(matches(pattern, name), expect, "{pattern} on {name}");
            assert_eq!(Pattern::new(pattern).matches(name), expect == Ok(true), "{pattern} on {name}");
        }
    }
}
