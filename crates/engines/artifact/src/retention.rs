//! Which artifacts of an object to delete.

use std::time::{Duration, SystemTime};

/// The most files that are looked at in one pass.
pub const FILE_LIMIT: usize = 1000;

/// A regular file in the directory of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFile {
    /// Its name in the directory.
    pub name: String,
    /// When it was last written.
    pub modified: SystemTime,
    /// Its size in bytes.
    pub size: u64,
}

/// How long and how many old artifacts are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Older files are deleted: `--artifact-retention-ttl`.
    pub ttl: Duration,
    /// No more files than this are kept: `--artifact-retention-records`.
    pub records: usize,
}

impl Default for Retention {
    fn default() -> Self {
        Self { ttl: Duration::from_secs(60), records: 2 }
    }
}

/// The names of the files to delete, in the order of their names.
///
/// `current`, the file that status names, is never one of them. Files older than the time to live go; if `records` or more are
/// left, the oldest go until that many are left. The `.lock` file of a deleted file goes with it and counts for nothing. Links
/// are not to be passed in. A bounded number of files is looked at; the next pass sees the rest.
pub fn garbage(files: &[StoredFile], current: &str, retention: &Retention, now: SystemTime) -> Vec<String> {
    let is_lock = |file: &StoredFile| file.name.ends_with(".lock");
    let mut artifacts: Vec<&StoredFile> = files.iter().filter(|file| !is_lock(file)).collect();
    artifacts.sort_by(|left, right| left.name.cmp(&right.name));
    artifacts.truncate(FILE_LIMIT);
    artifacts.sort_by_key(|file| file.modified);

    let expired = |file: &StoredFile| now.duration_since(file.modified).is_ok_and(|age| age > retention.ttl);
    let (mut delete, keep): (Vec<_>, Vec<_>) = artifacts.into_iter().partition(|file| file.name != current && expired(file));
    let excess = keep.len().saturating_sub(retention.records);
    delete.extend(keep.into_iter().filter(|file| file.name != current).take(excess));

    let locks: Vec<String> = delete.iter().map(|file| format!("{}.lock", file.name)).collect();
    let present = locks.into_iter().filter(|lock| files.iter().any(|file| file.name == *lock));
    let mut names: Vec<String> = delete.iter().map(|file| file.name.clone()).chain(present).collect();
    names.sort();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Files by their ages in milliseconds.
    fn check(files: &[(&str, u64)], current: &str, retention: Retention, expect: &[&str]) {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(10_000);
        let stored = |(name, age): &(&str, u64)| StoredFile {
            name: (*name).to_owned(),
            modified: now - Duration::from_millis(*age),
            size: 1,
        };
        let files: Vec<StoredFile> = files.iter().map(stored).collect();
        assert_eq!(garbage(&files, current, &retention, now), expect, "{files:?}");
    }

    /// Time to live in milliseconds, and records.
    fn keep(ttl: u64, records: usize) -> Retention {
        Retention { ttl: Duration::from_millis(ttl), records }
    }

    /// The cases of fluxcd/pkg `artifact/storage` `TestStorage_GetGarbageFiles` that do not depend on the number of files looked
    /// at. There the last file is the current one.
    #[test]
    fn the_cases_of_flux() {
        let young = [("1", 50), ("2", 40), ("3", 30), ("4", 20), ("5", 10)];
        check(&young, "5", keep(120_000, 2), &["1", "2", "3"]);
        let old = [("1", 5000), ("2", 4000), ("3", 3000), ("4", 2000), ("5", 1000)];
        check(&old, "5", keep(3500, 4), &["1", "2"]);
        let six = [("1", 6000), ("2", 5000), ("3", 4000), ("4", 3000), ("5", 2000), ("6", 1000)];
        check(&six, "6", keep(5500, 4), &["1", "2"]);
        let locked = [("1", 80), ("1.lock", 70), ("2", 60), ("2.lock", 50), ("3", 40), ("3.lock", 30), ("4", 20), ("5", 10)];
        check(&locked, "5", keep(120_000, 2), &["1", "1.lock", "2", "2.lock", "3", "3.lock"]);
    }

    #[test]
    fn the_current_file_stays_however_old() {
        check(&[("1", 900_000)], "1", keep(60_000, 2), &[]);
        check(&[("1", 900_000), ("2", 10)], "1", keep(60_000, 1), &["2"]);
        check(&[("1", 60_000), ("2", 59_999)], "9", keep(60_000, 2), &[]);
        check(&[("1", 60_001), ("2", 0)], "9", keep(60_000, 2), &["1"]);
        check(&[("1", 0)], "9", keep(60_000, 0), &["1"]);
    }

    /// Flux counts what it deletes for its age twice and keeps one file too many in such a pass: here "3".
    #[test]
    fn old_files_do_not_save_others_from_going() {
        check(&[("1", 900_000), ("2", 40), ("3", 30), ("4", 20), ("5", 10)], "5", keep(60_000, 2), &["1", "2", "3"]);
    }

    #[test]
    fn a_lock_without_its_file_is_left_alone() {
        check(&[("a.lock", 900_000), ("b", 0)], "b", keep(60_000, 2), &[]);
    }

    #[test]
    fn a_file_from_the_future_is_not_old() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(100);
        let file = StoredFile { name: "a".into(), modified: now + Duration::from_secs(1000), size: 1 };
        assert!(garbage(&[file], "b", &Retention::default(), now).is_empty());
    }
}
