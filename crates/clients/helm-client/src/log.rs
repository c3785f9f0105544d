//! The last lines of the log of an action, as Helm has it: what events of failures end in.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use serde_json::Value;

/// How many lines are kept.
const LINES: usize = 10;

/// A message, and how often it came in a row.
#[derive(Debug)]
struct Line {
    text: String,
    first: Timestamp,
    last: Timestamp,
    repeated: usize,
}

/// The last lines of a log; one action's, if a [`crate::Helm`] is made for each. Prints as Flux prints Helm's.
#[derive(Debug, Default)]
pub struct ActionLog {
    lines: Mutex<VecDeque<Line>>,
}

impl ActionLog {
    /// Adds a message with attributes, an object.
    pub(crate) fn add(&self, message: &str, attributes: &Value) {
        self.add_at(format!("{message}: {attributes}"), Timestamp::now());
    }

    fn add_at(&self, text: String, now: Timestamp) {
        tracing::debug!("{text}");
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(last) = lines.back_mut().filter(|last| last.text == text) {
            last.repeated += 1;
            last.last = now;
            return;
        }
        if lines.len() == LINES {
            lines.pop_front();
        }
        lines.push_back(Line { text, first: now, last: now, repeated: 0 });
    }
}

impl fmt::Display for ActionLog {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let texts: Vec<String> = lines.iter().map(ToString::to_string).collect();
        formatter.write_str(&texts.join("\n"))
    }
}

impl fmt::Display for Line {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { text, first, last, repeated } = self;
        write!(formatter, "{first}: {text}")?;
        if *repeated > 0 {
            write!(formatter, "\n{last}: {text}")?;
        }
        match repeated.saturating_sub(1) {
            0 => Ok(()),
            1 => formatter.write_str(" (1 duplicate line omitted)"),
            omitted => write!(formatter, " ({omitted} duplicate lines omitted)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    /// The form that helm-controller 1.6.2 gave to the failure of an upgrade, but for the times.
    #[test]
    fn lines_are_messages_with_their_attributes() {
        let log = ActionLog::default();
        log.add("preparing upgrade", &json!({"name": "hr"}));
        log.add("resetting values to the chart's original version", &json!({}));
        let texts: Vec<String> =
            log.to_string().lines().map(|line| line.split_once("Z: ").map_or("no time", |(_, text)| text).to_owned()).collect();
        assert_eq!(texts, [r#"preparing upgrade: {"name":"hr"}"#, "resetting values to the chart's original version: {}"]);
    }

    /// The rule of Flux's buffer: the first and the last of equal lines are shown, and how many were between.
    #[test]
    fn equal_lines_in_a_row_are_counted() {
        let log = ActionLog::default();
        assert_eq!(log.to_string(), "");
        for second in [1, 2, 3, 4] {
            log.add_at("waiting".to_owned(), at(second));
        }
        log.add_at("done".to_owned(), at(5));
        let expected = "1970-01-01T00:00:01Z: waiting\n1970-01-01T00:00:04Z: waiting (2 duplicate lines omitted)\n1970-01-01T00:00:05Z: done";
        assert_eq!(log.to_string(), expected);
    }

    #[test]
    fn the_last_lines_are_kept() {
        let log = ActionLog::default();
        (0..25).for_each(|number| log.add_at(number.to_string(), at(0)));
        assert_eq!(log.to_string().lines().count(), LINES);
        assert!(log.to_string().starts_with("1970-01-01T00:00:00Z: 15\n") && log.to_string().ends_with(": 24"));
    }
}
