//! Credentials that are kept until shortly before they expire.
//!
//! A key holds everything that a credential follows from, secrets included: who asks, for what, and by which way. So nobody is ever
//! given what was made for somebody else. Of many who want the same at once, one asks and the others wait.

use crate::credential::Credential;
use crate::error::Error;
use crate::identities::Looked;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How much is kept, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keeping {
    /// The most credentials; none where zero.
    pub most: usize,
    /// The longest time. Four fifths of a credential's life are the other bound.
    pub longest: Duration,
}

impl Default for Keeping {
    /// Flux's.
    fn default() -> Self {
        Self { most: 100, longest: Duration::from_secs(3600) }
    }
}

#[derive(Debug, Default)]
struct Slot {
    /// The credential and until when it is given out.
    credential: tokio::sync::Mutex<Option<(Credential, Timestamp)>>,
}

/// Credentials by what they follow from.
#[derive(Debug)]
pub(crate) struct Kept<K> {
    keeping: Keeping,
    slots: Mutex<Slots<K>>,
}

#[derive(Debug)]
struct Slots<K> {
    /// Each with the time of its last use, as a count.
    by_key: BTreeMap<K, (u64, Arc<Slot>)>,
    uses: u64,
}

impl<K: Ord + Clone> Kept<K> {
    pub(crate) fn new(keeping: Keeping) -> Self {
        Self { keeping, slots: Mutex::new(Slots { by_key: BTreeMap::new(), uses: 0 }) }
    }

    /// The credential of `key`: a kept one that still has time, else what `ask` gives.
    pub(crate) async fn get(
        &self,
        key: K,
        now: Timestamp,
        ask: impl Future<Output = Result<Credential, Error>>,
    ) -> Result<(Credential, Looked), Error> {
        if self.keeping.most == 0 {
            return Ok((ask.await?, Looked::Miss));
        }
        let slot = self.slot(key);
        let mut kept = slot.credential.lock().await;
        if let Some((credential, _)) = kept.as_ref().filter(|(_, until)| now < *until) {
            return Ok((credential.clone(), Looked::Hit));
        }
        let credential = ask.await?;
        *kept = credential.expires.and_then(|expires| self.until(now, expires)).map(|until| (credential.clone(), until));
        Ok((credential, Looked::Miss))
    }

    fn until(&self, now: Timestamp, expires: Timestamp) -> Option<Timestamp> {
        let longest = SignedDuration::try_from(self.keeping.longest).unwrap_or(SignedDuration::MAX);
        let life = (expires.duration_since(now) / 5 * 4).min(longest);
        now.checked_add(life).ok()
    }

    fn slot(&self, key: K) -> Arc<Slot> {
        let mut slots = self.lock();
        slots.uses += 1;
        let uses = slots.uses;
        if !slots.by_key.contains_key(&key) && slots.by_key.len() >= self.keeping.most {
            let oldest = slots.by_key.iter().min_by_key(|(_, (used, _))| *used).map(|(key, _)| key.clone());
            oldest.and_then(|oldest| slots.by_key.remove(&oldest));
        }
        let (used, slot) = slots.by_key.entry(key).or_default();
        *used = uses;
        Arc::clone(slot)
    }

    /// How many are kept.
    pub(crate) fn count(&self) -> usize {
        self.lock().by_key.len()
    }

    fn lock(&self) -> MutexGuard<'_, Slots<K>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).expect("the time is valid")
    }

    fn keeping(most: usize, longest: u64) -> Keeping {
        Keeping { most, longest: Duration::from_secs(longest) }
    }

    async fn look(kept: &Kept<&'static str>, key: &'static str, now: i64) -> (String, Looked) {
        let ask = async { Ok(Credential::login(key, "s", at(now + 1_000))) };
        let (credential, looked) = kept.get(key, at(now), ask).await.expect("it is given");
        (credential.name, looked)
    }

    #[tokio::test]
    async fn a_credential_is_kept_for_four_fifths_of_its_life() {
        let kept = Kept::new(keeping(100, 3_600));
        assert_eq!(look(&kept, "a", 0).await.1, Looked::Miss);
        assert_eq!(look(&kept, "a", 799).await.1, Looked::Hit);
        assert_eq!(look(&kept, "a", 800).await.1, Looked::Miss);
        let short = Kept::new(keeping(100, 60));
        look(&short, "a", 0).await;
        assert_eq!(look(&short, "a", 60).await.1, Looked::Miss, "the flag is a bound, too");
    }

    #[tokio::test]
    async fn what_was_not_used_for_longest_goes_first_and_nothing_is_kept_where_none_is_wanted() {
        let kept = Kept::new(keeping(2, 3_600));
        for key in ["a", "b", "a", "c"] {
            look(&kept, key, 0).await;
        }
        assert_eq!((look(&kept, "a", 0).await.1, kept.count()), (Looked::Hit, 2));
        let none = Kept::new(keeping(0, 3_600));
        look(&none, "a", 0).await;
        assert_eq!(look(&none, "a", 0).await.1, Looked::Miss);
    }

    #[tokio::test]
    async fn sec_c15_a_thousand_at_once_get_their_own_and_ask_once() {
        let kept = Arc::new(Kept::new(keeping(100, 3_600)));
        let asked = Arc::new(AtomicUsize::new(0));
        let mut tasks = tokio::task::JoinSet::new();
        for number in 0..1_000_usize {
            let (kept, asked) = (Arc::clone(&kept), Arc::clone(&asked));
            tasks.spawn(async move {
                let key = format!("tenant {}", number % 2);
                let ask = async {
                    asked.fetch_add(1, Ordering::Relaxed);
                    tokio::task::yield_now().await;
                    Ok(Credential::login(&key, "s", at(1_000)))
                };
                let (credential, _) = kept.get(key.clone(), at(0), ask).await.expect("it is given");
                assert_eq!(credential.name, key);
            });
        }
        while let Some(task) = tasks.join_next().await {
            task.expect("nobody got another's");
        }
        assert_eq!(asked.load(Ordering::Relaxed), 2);
    }
}
