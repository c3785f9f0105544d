//! Literal blocks: `|`, `|-` and `|+`.

use serde_json::Value;

use super::super::Part;
use super::Reader;

impl Reader<'_> {
    /// The block whose header is the rest of the line before, in a block with that indentation.
    pub(super) fn literal(&mut self, header: &str, indent: usize, part: Part) -> Option<Value> {
        let header = header.trim_end_matches(' ');
        if !matches!(header, "|" | "|-" | "|+") {
            return None;
        }
        let wanted = part.is_any();
        let mut text = String::new();
        let mut own_indent = None;
        let mut widest_blank = 0;
        while self.at < self.text.len() {
            let line = self.line_at(self.at);
            let content = self.slice(line);
            if content.is_empty() {
                widest_blank = widest_blank.max(line.indent);
            } else {
                let own = *own_indent.get_or_insert(line.indent);
                if line.indent < own || line.indent <= indent {
                    break;
                }
                if wanted {
                    text.push_str(&self.text[self.at + own..line.end]);
                }
            }
            if line.end == self.text.len() && header != "|-" {
                return None;
            }
            if wanted {
                text.push('\n');
            }
            self.at = line.end + 1;
        }
        // Blank lines that are longer than the indentation count, and there must be others.
        if own_indent.is_none_or(|own| own <= indent || widest_blank > own) {
            return None;
        }
        let content = text.trim_end_matches('\n').len();
        match header {
            "|-" => text.truncate(content),
            "|" => text.truncate(content + 1),
            _ => {}
        }
        // A line between the two indentations is a fault.
        self.peek()?.is_none_or(|next| next.indent <= indent).then(|| part.text(text.into()))
    }
}
