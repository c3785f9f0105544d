//! The work queue: which object is next, never the same one twice at a time, later when it failed.
//!
//! One timer an object: whatever a run decides replaces what was planned before, and a wake from outside comes at once. A key
//! that is added while its object is being worked on is handed out again right after.

use crate::metrics::QueueMetrics;
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// Names one object of a kind.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectKey {
    /// The namespace.
    pub namespace: Arc<str>,
    /// The name within it.
    pub name: Arc<str>,
}

impl ObjectKey {
    /// The key of an object.
    pub fn new(namespace: impl Into<Arc<str>>, name: impl Into<Arc<str>>) -> Self {
        Self { namespace: namespace.into(), name: name.into() }
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}

/// How long a failing object waits: `minimum` after the first failure, twice as long after each further one, `maximum` at most.
#[derive(Debug, Clone, Copy)]
pub struct Backoff {
    /// The wait after the first failure.
    pub minimum: Duration,
    /// The longest wait.
    pub maximum: Duration,
}

impl Backoff {
    /// The wait after the given number of failures before this one.
    pub fn delay(&self, earlier_failures: u32) -> Duration {
        let factor = 2_u32.checked_pow(earlier_failures).unwrap_or(u32::MAX);
        self.minimum.checked_mul(factor).unwrap_or(self.maximum).min(self.maximum)
    }
}

/// When an object is wanted again, as its run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wake {
    /// After this time; the failures so far are forgotten.
    After(Duration),
    /// After the next step of the back-off.
    Backoff,
    /// Only when something outside asks for it; the failures so far are forgotten.
    Never,
}

/// A queue shared by those who wake objects and the loop that works on them.
#[derive(Clone)]
pub struct Queue {
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    changed: Notify,
    backoff: Backoff,
    metrics: QueueMetrics,
}

#[derive(Default)]
struct State {
    ready: VecDeque<(ObjectKey, Instant)>,
    queued: HashSet<ObjectKey>,
    running: HashMap<ObjectKey, Instant>,
    again: HashSet<ObjectKey>,
    timers: BTreeMap<(Instant, u64), ObjectKey>,
    timer_of: HashMap<ObjectKey, (Instant, u64)>,
    failures: HashMap<ObjectKey, u32>,
    timers_made: u64,
    closed: bool,
}

impl Queue {
    /// An empty queue.
    pub fn new(backoff: Backoff, metrics: QueueMetrics) -> Self {
        Self { shared: Arc::new(Shared { state: Mutex::default(), changed: Notify::new(), backoff, metrics }) }
    }

    /// Wants an object as soon as a worker is free. Wanted twice before then counts once.
    pub fn add(&self, key: ObjectKey) {
        let mut state = self.lock();
        state.cancel_timer(&key);
        self.enqueue(&mut state, key);
        drop(state);
        self.shared.changed.notify_one();
    }

    /// Waits for the next object; `None` once the queue is closed. The caller gives the key back with [`Queue::finish`].
    pub async fn next(&self) -> Option<ObjectKey> {
        loop {
            let wait_until = {
                let mut state = self.lock();
                if state.closed {
                    return None;
                }
                let now = Instant::now();
                while let Some((&(due, number), _)) = state.timers.first_key_value() {
                    if due > now {
                        break;
                    }
                    if let Some(key) = state.timers.remove(&(due, number)) {
                        state.timer_of.remove(&key);
                        self.enqueue(&mut state, key);
                    }
                }
                if let Some((key, since)) = state.ready.pop_front() {
                    state.queued.remove(&key);
                    state.running.insert(key.clone(), now);
                    self.shared.metrics.depth(state.ready.len());
                    self.shared.metrics.waited((now - since).as_secs_f64());
                    if !state.ready.is_empty() {
                        self.shared.changed.notify_one();
                    }
                    return Some(key);
                }
                state.timers.first_key_value().map(|(&(due, _), _)| due)
            };
            match wait_until {
                Some(due) => tokio::select! {
                    () = tokio::time::sleep_until(due) => {}
                    () = self.shared.changed.notified() => {}
                },
                None => self.shared.changed.notified().await,
            }
        }
    }

    /// Ends the work on an object and plans the next.
    pub fn finish(&self, key: &ObjectKey, wake: Wake) {
        let mut state = self.lock();
        let now = Instant::now();
        if let Some(since) = state.running.remove(key) {
            self.shared.metrics.worked((now - since).as_secs_f64());
        }
        let delay = match wake {
            Wake::After(delay) => {
                state.failures.remove(key);
                Some(delay)
            }
            Wake::Never => {
                state.failures.remove(key);
                None
            }
            Wake::Backoff => {
                let failures = state.failures.entry(key.clone()).or_insert(0);
                let delay = self.shared.backoff.delay(*failures);
                *failures = failures.saturating_add(1);
                self.shared.metrics.retried();
                Some(delay)
            }
        };
        if state.again.remove(key) || delay == Some(Duration::ZERO) {
            self.enqueue(&mut state, key.clone());
        } else if let Some(delay) = delay {
            state.set_timer(key.clone(), now + delay);
        }
        drop(state);
        self.shared.changed.notify_one();
    }

    /// Forgets an object that no longer exists.
    pub fn forget(&self, key: &ObjectKey) {
        let mut state = self.lock();
        state.cancel_timer(key);
        state.failures.remove(key);
    }

    /// Hands out nothing more; those who wait get `None`.
    pub fn close(&self) {
        self.lock().closed = true;
        self.shared.changed.notify_waiters();
        self.shared.changed.notify_one();
    }

    /// How long the objects now worked on have been so: the sum and the longest, in seconds.
    pub fn report_running(&self) {
        let state = self.lock();
        let now = Instant::now();
        let mut sum = 0.0;
        let mut longest: f64 = 0.0;
        for seconds in state.running.values().map(|since| (now - *since).as_secs_f64()) {
            sum += seconds;
            longest = longest.max(seconds);
        }
        self.shared.metrics.unfinished(sum);
        self.shared.metrics.longest(longest);
    }

    fn enqueue(&self, state: &mut State, key: ObjectKey) {
        if state.running.contains_key(&key) {
            state.again.insert(key);
            return;
        }
        if state.queued.insert(key.clone()) {
            state.ready.push_back((key, Instant::now()));
            self.shared.metrics.added();
            self.shared.metrics.depth(state.ready.len());
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn set_timer(&mut self, key: ObjectKey, due: Instant) {
        self.cancel_timer(&key);
        self.timers_made += 1;
        let slot = (due, self.timers_made);
        self.timers.insert(slot, key.clone());
        self.timer_of.insert(key, slot);
    }

    fn cancel_timer(&mut self, key: &ObjectKey) {
        if let Some(slot) = self.timer_of.remove(key) {
            self.timers.remove(&slot);
        }
    }
}

#[cfg(test)]
mod tests;
