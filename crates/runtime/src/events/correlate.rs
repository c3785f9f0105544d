//! Which Kubernetes event a new occurrence becomes: a new object, a higher count on an old one, or nothing.
//!
//! The rules and numbers are those of client-go's event correlator, so that a cluster's events look the same whoever writes
//! them: ten different messages of one reason within ten minutes are combined, an identical event raises a count, and an
//! object that sends more than 25 events gets one more every five minutes. Pure: the caller says what time it is.

use super::Record;
use crate::bounded::BoundedMap;
use crate::token_bucket::TokenBucket;
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

const ENTRIES: u64 = 4096;
const SIMILAR_EVENTS: usize = 10;
const SIMILAR_WITHIN: Duration = Duration::from_secs(600);
const SPAM_BURST: f64 = 25.0;
const SPAM_RATE: f64 = 1.0 / 300.0;

/// What to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Decision {
    /// Nothing: the object sends too much.
    Skip,
    /// A new event.
    Create(Occurrence),
    /// The event of that name happened again.
    Raise(Occurrence),
}

/// An event as it stands after this occurrence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Occurrence {
    /// The name of the Kubernetes event.
    pub(super) name: String,
    /// The text, which says so where several events were combined.
    pub(super) message: String,
    /// Whether several events were combined; such an event has no metadata.
    pub(super) combined: bool,
    /// How often it happened.
    pub(super) count: i32,
    /// When it happened first.
    pub(super) first: Timestamp,
}

/// A short stand-in for a long key, so that memory does not grow with the texts.
type Key = [u8; 16];

#[derive(Debug)]
struct Similar {
    messages: BTreeSet<Key>,
    last: Instant,
}

#[derive(Debug, Clone)]
struct Seen {
    name: String,
    count: i32,
    first: Timestamp,
}

/// What was written before.
#[derive(Debug)]
pub(super) struct Correlator {
    similar: BoundedMap<Key, Similar>,
    seen: BoundedMap<Key, Seen>,
    spam: BoundedMap<Key, TokenBucket>,
}

impl Correlator {
    pub(super) fn new() -> Self {
        Self { similar: BoundedMap::new(ENTRIES), seen: BoundedMap::new(ENTRIES), spam: BoundedMap::new(ENTRIES) }
    }

    /// Takes one occurrence.
    pub(super) fn decide(&mut self, record: &Record, now: Instant) -> Decision {
        let object = &record.object;
        let subject = [&object.kind, &object.namespace, &object.name, &object.uid, &object.api_version].map(String::as_str);
        let kind = record.severity.event_type();
        let by_reason = key(&[subject.as_slice(), &[kind, &record.reason]].concat());
        let combined = self.is_one_of_many(by_reason, key(&[&record.message]), now);
        let (message, group) = match combined {
            true => (format!("(combined from similar events): {}", record.message), by_reason),
            false => (record.message.clone(), key(&[subject.as_slice(), &[kind, &record.reason, &record.message]].concat())),
        };
        let known = self.seen.get_mut(&group).cloned();
        let is_known = known.is_some();
        let before = known.unwrap_or_else(|| Seen { name: event_name(record), count: 0, first: record.at });
        let after = Seen { count: before.count.saturating_add(1), ..before };
        let occurrence = Occurrence { name: after.name.clone(), message, combined, count: after.count, first: after.first };
        self.seen.insert(group, after, 1);
        if self.is_spam(key(&[subject.as_slice(), &[kind]].concat()), now) {
            return Decision::Skip;
        }
        if is_known { Decision::Raise(occurrence) } else { Decision::Create(occurrence) }
    }

    fn is_one_of_many(&mut self, reason: Key, message: Key, now: Instant) -> bool {
        let mut similar = match self.similar.remove(&reason) {
            Some(similar) if now.saturating_duration_since(similar.last) <= SIMILAR_WITHIN => similar,
            _ => Similar { messages: BTreeSet::new(), last: now },
        };
        similar.messages.insert(message);
        similar.last = now;
        let many = similar.messages.len() >= SIMILAR_EVENTS;
        if many {
            similar.messages.pop_first();
        }
        self.similar.insert(reason, similar, 1);
        many
    }

    fn is_spam(&mut self, object: Key, now: Instant) -> bool {
        if let Some(bucket) = self.spam.get_mut(&object) {
            return !bucket.try_take(now);
        }
        let mut bucket = TokenBucket::new(SPAM_RATE, SPAM_BURST, now);
        let spam = !bucket.try_take(now);
        self.spam.insert(object, bucket, 1);
        spam
    }
}

fn key(parts: &[&str]) -> Key {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    let mut short = Key::default();
    short.copy_from_slice(&hash.finalize()[..16]);
    short
}

/// `<object>.<time in hexadecimal nanoseconds>`. The API server takes names of 253 bytes; a longer one would be refused.
fn event_name(record: &Record) -> String {
    let suffix = format!(".{:x}", record.at.as_nanosecond());
    let mut object = record.object.name.as_str();
    if object.len() + suffix.len() > 253 {
        object = object.get(..253 - suffix.len()).unwrap_or("event").trim_end_matches(['.', '-']);
    }
    format!("{object}{suffix}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::{Event, EventObject, Severity};

    fn record(message: &str) -> Record {
        let object =
            EventObject { kind: "Kustomization".into(), namespace: "ns".into(), name: "ks".into(), ..EventObject::default() };
        let event = Event {
            severity: Severity::Info,
            reason: "Progressing".into(),
            message: message.into(),
            metadata: Default::default(),
        };
        Record::new(&object, event, Timestamp::from_second(1_700_000_000).unwrap())
    }

    fn count(decision: &Decision) -> Option<(i32, bool)> {
        match decision {
            Decision::Skip => None,
            Decision::Create(occurrence) | Decision::Raise(occurrence) => Some((occurrence.count, occurrence.combined)),
        }
    }

    #[test]
    fn an_identical_event_raises_the_count_of_the_first() {
        let (mut correlator, now) = (Correlator::new(), Instant::now());
        let Decision::Create(first) = correlator.decide(&record("a"), now) else { panic!("not created") };
        assert_eq!(first.name, format!("ks.{:x}", 1_700_000_000_000_000_000_i64));
        let Decision::Raise(second) = correlator.decide(&record("a"), now) else { panic!("not raised") };
        assert_eq!((second.count, &second.name), (2, &first.name));
        assert!(matches!(correlator.decide(&record("b"), now), Decision::Create(_)));
    }

    // Rows as in client-go's own test of the correlator: the tenth different message is combined, and so on.
    #[test]
    fn many_different_messages_of_one_reason_are_combined() {
        let (mut correlator, now) = (Correlator::new(), Instant::now());
        for index in 0..9 {
            assert_eq!(count(&correlator.decide(&record(&format!("m{index}")), now)), Some((1, false)));
        }
        let Decision::Create(combined) = correlator.decide(&record("m9"), now) else { panic!("not created") };
        assert_eq!(combined.message, "(combined from similar events): m9");
        let Decision::Raise(again) = correlator.decide(&record("m10"), now) else { panic!("not raised") };
        assert_eq!((again.count, again.message.as_str()), (2, "(combined from similar events): m10"));
        // After ten quiet minutes a message stands for itself again.
        let later = now + Duration::from_secs(601);
        assert_eq!(count(&correlator.decide(&record("m11"), later)), Some((1, false)));
    }

    #[test]
    fn an_object_that_sends_too_much_is_slowed_down_but_not_others() {
        let (mut correlator, now) = (Correlator::new(), Instant::now());
        let written = (0..100).filter(|_| correlator.decide(&record("a"), now) != Decision::Skip).count();
        assert_eq!(written, 25);
        let mut other = record("a");
        other.object.name = "other".into();
        assert!(matches!(correlator.decide(&other, now), Decision::Create(_)));
        // What was skipped still counts, as in client-go.
        assert_eq!(count(&correlator.decide(&record("a"), now + Duration::from_secs(300))), Some((101, false)));
    }

    #[test]
    fn a_long_object_name_still_gives_a_valid_event_name() {
        let mut long = record("a");
        long.object.name = "n".repeat(253);
        let name = event_name(&long);
        assert!(name.len() <= 253 && name.starts_with("nnn"), "{name}");
    }
}
