//! What to do about the Lease, given what is known. No clock, no network.

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use std::time::{Duration, Instant};

/// What a Lease says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Record {
    /// Who holds it; empty when nobody does.
    pub(super) holder: String,
    /// For how long it was granted, in seconds.
    pub(super) duration_seconds: i32,
    /// Since when this holder has it.
    pub(super) acquired: Option<Timestamp>,
    /// When it was last renewed, by the holder's clock.
    pub(super) renewed: Option<Timestamp>,
    /// How often it changed hands.
    pub(super) transitions: i32,
}

/// A Lease as it was seen, and when we first saw it like this.
///
/// The times inside the record come from another machine's clock and are only compared for change; how old the record is
/// follows from our own monotonic clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Observed {
    pub(super) record: Record,
    pub(super) version: String,
    pub(super) since: Instant,
}

impl Observed {
    /// Takes what the server has now. A record that did not change keeps its age.
    pub(super) fn update(current: Option<Self>, record: Record, version: String, now: Instant) -> Self {
        let since = match current {
            Some(current) if current.record == record => current.since,
            _ => now,
        };
        Self { record, version, since }
    }

    /// Whether the holder still has the Lease.
    fn is_valid(&self, now: Instant) -> bool {
        let granted = Duration::from_secs(u64::try_from(self.record.duration_seconds).unwrap_or(0));
        now.saturating_duration_since(self.since) < granted
    }
}

/// Who asks, and the times.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asking<'a> {
    /// Our identity.
    pub(super) identity: &'a str,
    /// For how long we want the Lease.
    pub(super) duration: Duration,
    /// Our monotonic clock.
    pub(super) now: Instant,
    /// The time that is written into the Lease.
    pub(super) stamp: Timestamp,
}

/// The next request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// There is no Lease: make one with this content.
    Create(Record),
    /// Write this over the given resource version.
    Replace(Record, String),
    /// Another one holds it and is alive.
    Wait,
}

/// Decides what to write after the Lease was read; `None` when there is none.
pub(super) fn step(observed: Option<&Observed>, asking: Asking<'_>) -> Step {
    let fresh = Record {
        holder: asking.identity.to_owned(),
        duration_seconds: i32::try_from(asking.duration.as_secs()).unwrap_or(i32::MAX),
        acquired: Some(asking.stamp),
        renewed: Some(asking.stamp),
        transitions: 0,
    };
    let Some(observed) = observed else { return Step::Create(fresh) };
    let before = &observed.record;
    let version = observed.version.clone();
    if before.holder == asking.identity {
        return Step::Replace(Record { acquired: before.acquired, transitions: before.transitions, ..fresh }, version);
    }
    if !before.holder.is_empty() && observed.is_valid(asking.now) {
        return Step::Wait;
    }
    Step::Replace(Record { transitions: before.transitions.saturating_add(1), ..fresh }, version)
}

/// The record that gives the Lease up: nobody holds it, and whoever reads it need not wait.
pub(super) fn released(held: &Record, stamp: Timestamp) -> Record {
    Record {
        holder: String::new(),
        duration_seconds: 1,
        acquired: Some(stamp),
        renewed: Some(stamp),
        transitions: held.transitions,
    }
}

/// The name of a controller's Lease: `<controller>-leader-election`, with eight digits of the selector's SHA-256 behind it
/// where the controller is one of several shards.
pub fn lease_name(controller: &str, label_selector: &str) -> String {
    let base = format!("{controller}-leader-election");
    if label_selector.is_empty() {
        return base;
    }
    let digest = Sha256::digest(label_selector.as_bytes());
    let short: String = digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    format!("{base}-{short}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEASE: Duration = Duration::from_secs(35);

    fn stamp(second: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + second).unwrap()
    }

    fn record(holder: &str, transitions: i32) -> Record {
        Record { holder: holder.into(), duration_seconds: 35, acquired: Some(stamp(0)), renewed: Some(stamp(10)), transitions }
    }

    /// Decides for `me` about a Lease that has looked like `before` for `age` seconds.
    fn decided(before: Option<Record>, age: u64) -> Step {
        let since = Instant::now();
        let observed = before.map(|record| Observed { record, version: "7".into(), since });
        let now = since + Duration::from_secs(age);
        step(observed.as_ref(), Asking { identity: "me", duration: LEASE, now, stamp: stamp(99) })
    }

    fn mine(acquired: i64, transitions: i32) -> Record {
        Record { acquired: Some(stamp(acquired)), renewed: Some(stamp(99)), ..record("me", transitions) }
    }

    #[test]
    fn the_lease_goes_to_one_at_a_time() {
        let replace = |record| Step::Replace(record, "7".to_owned());
        for (case, before, age, expected) in [
            ("no lease yet", None, 0, Step::Create(mine(99, 0))),
            ("mine, fresh", Some(record("me", 3)), 1, replace(mine(0, 3))),
            ("mine, long expired", Some(record("me", 3)), 500, replace(mine(0, 3))),
            ("another's, fresh", Some(record("other", 3)), 34, Step::Wait),
            ("another's, just expired", Some(record("other", 3)), 35, replace(mine(99, 4))),
            ("released", Some(released(&record("other", 3), stamp(50))), 0, replace(mine(99, 4))),
            ("granted for longer", Some(Record { duration_seconds: 60, ..record("other", 3) }), 59, Step::Wait),
            ("granted for nonsense", Some(Record { duration_seconds: -1, ..record("other", 3) }), 0, replace(mine(99, 4))),
        ] {
            assert_eq!(decided(before, age), expected, "{case}");
        }
    }

    #[test]
    fn only_a_change_makes_a_record_young_again() {
        let start = Instant::now();
        let later = start + Duration::from_secs(20);
        let first = Observed::update(None, record("other", 1), "1".into(), start);
        let same = Observed::update(Some(first.clone()), record("other", 1), "2".into(), later);
        assert_eq!((same.since, same.version.as_str()), (start, "2"));
        let renewed = Record { renewed: Some(stamp(11)), ..record("other", 1) };
        assert_eq!(Observed::update(Some(first), renewed, "3".into(), later).since, later);
    }

    /// A holder whose clock is an hour off is neither thrown out nor kept for ever.
    #[test]
    fn sec_l16_the_clock_of_the_holder_does_not_matter() {
        for skew in [-3600, 3600] {
            let skewed = Record { renewed: Some(stamp(skew)), ..record("other", 0) };
            assert_eq!(decided(Some(skewed.clone()), 10), Step::Wait);
            assert!(matches!(decided(Some(skewed), 36), Step::Replace(..)));
        }
    }

    #[test]
    fn shards_have_leases_of_their_own() {
        assert_eq!(lease_name("source-controller", ""), "source-controller-leader-election");
        // From `printf %s 'sharding.fluxcd.io/key=shard1' | sha256sum`.
        assert_eq!(
            lease_name("source-controller", "sharding.fluxcd.io/key=shard1"),
            "source-controller-leader-election-73fdc1be"
        );
    }
}
