//! What kyaml makes of a folded scalar (`>`).
//!
//! kyaml converts a node to JSON by printing it and reading it again, and go-yaml v3 prints folded scalars so that lines with
//! leading white space come back with one more line break than they had. `kustomize build` therefore changes such texts, and so
//! must we.

use super::Dialect;
use super::scalar_style::analyze;

/// The text after being printed as a folded scalar and read back.
pub(super) fn reprint(text: &str) -> String {
    let without_breaks = text.trim_start_matches('\n');
    if without_breaks.is_empty() || !analyze(text, Dialect::V3).allows_block() {
        return text.to_owned();
    }
    let body = read_back(&printed_lines(text));
    let trailing = text.len() - text.trim_end_matches('\n').len();
    let content = body.trim_end_matches('\n');
    match trailing {
        0 => content.to_owned(),
        1 => format!("{content}\n"),
        _ => body,
    }
}

/// The lines of the block, without their indentation.
fn printed_lines(text: &str) -> String {
    // The emitter means to look at the line after the break, but looks at the text's first line.
    let starts_blank = text.trim_start_matches('\n').starts_with([' ', '\t']);
    let mut printed = String::with_capacity(text.len() + 16);
    let mut after_break = true;
    let mut line_starts_blank = true;
    for character in text.chars() {
        if character == '\n' {
            if !after_break && !line_starts_blank && !starts_blank {
                printed.push('\n');
            }
            after_break = true;
        } else {
            if after_break {
                line_starts_blank = matches!(character, ' ' | '\t');
            }
            after_break = false;
        }
        printed.push(character);
    }
    printed
}

/// Folds lines as a reader does.
fn read_back(printed: &str) -> String {
    let mut text = String::with_capacity(printed.len());
    let mut breaks = 0;
    let mut previous_blank = true;
    for line in printed.split_inclusive('\n') {
        let content = line.strip_suffix('\n').unwrap_or(line);
        if !content.is_empty() {
            let blank = content.starts_with([' ', '\t']);
            match breaks {
                1 if !previous_blank && !blank => text.push(' '),
                _ => {
                    let dropped = usize::from(breaks > 0 && !previous_blank && !blank);
                    text.extend(std::iter::repeat_n('\n', breaks - dropped));
                }
            }
            text.push_str(content);
            previous_blank = blank;
            breaks = 0;
        }
        breaks += usize::from(line.ends_with('\n'));
    }
    text.extend(std::iter::repeat_n('\n', breaks));
    text
}
