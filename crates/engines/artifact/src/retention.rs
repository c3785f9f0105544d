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

    fn check(files: &[(&str, u64)], current: &str, records: usize, expect: &[&str]) {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(10_000);
        let files: Vec<StoredFile> = files
            .iter()
            .map(|(name, age)| StoredFile { name: (*name).to_owned(), modified: now - Duration::from_secs(*age), size: 1 })
            .collect();
        let retention = Retention { ttl: Duration::from_secs(60), records };
        assert_eq!(garbage(&files, current, &retention, now), expect, "{files:?}");
    }

    /// The cases of fluxcd/pkg `artifact/storage` `TestStorage_getGarbageFiles`, with ages in seconds.
    #[test]
    fn old_files_go_and_the_current_one_stays() {
        check(&[("1", 180), ("2", 120), ("3", 60), ("4", 30), ("5", 0)], "5", 4, &["1", "2"]);
        check(&[("1", 4), ("2", 3), ("3", 2), ("4", 1), ("5", 0)], "5", 4, &["1"]);
        check(&[("1", 90), ("2", 80), ("3", 70), ("4", 1), ("5", 0)], "5", 4, &["1", "2", "3"]);
        check(&[("1", 180), ("2", 120), ("3", 90), ("4", 80), ("5", 70)], "5", 4, &["1", "2", "3", "4"]);
        check(&[("1", 900)], "1", 2, &[]);
        check(&[("1", 900), ("2", 10)], "1", 1, &["2"]);
        check(&[("1", 59), ("2", 60)], "9", 2, &[]);
        check(&[("1", 0)], "9", 0, &["1"]);
    }

    #[test]
    fn the_lock_of_a_deleted_file_goes_with_it() {
        check(&[("a.lock", 900), ("b.lock", 900), ("a", 90), ("b", 0), ("c.lock", 900)], "b", 2, &["a", "a.lock"]);
    }

    #[test]
    fn a_file_from_the_future_is_not_old() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(100);
        let file = StoredFile { name: "a".into(), modified: now + Duration::from_secs(1000), size: 1 };
        assert!(garbage(&[file], "b", &Retention::default(), now).is_empty());
    }
}
