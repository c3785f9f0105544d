//! What all reads and writes of one operation share: the runtime, the deadline, cancellation, the byte budget and the first
//! real cause of a failure.
//!
//! gix reads and writes through blocking traits. The adapters below them wait for asynchronous I/O with [`Wire::wait`], so that
//! a deadline ends any read, however slowly a server drips. gix reports failures as text; the adapters keep the typed cause here.

use crate::Cause;
use http_client::Redactor;
use std::{
    future::Future,
    io,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{runtime::Handle, time::Instant};
use tokio_util::sync::CancellationToken;

/// Cheap to clone; all clones are the same operation.
#[derive(Clone)]
pub(crate) struct Wire(Arc<State>);

struct State {
    runtime: Handle,
    deadline: Instant,
    timeout: Duration,
    cancelled: CancellationToken,
    interrupt: AtomicBool,
    budget: AtomicU64,
    budget_limit: AtomicU64,
    budget_name: Mutex<&'static str>,
    fault: Mutex<Option<Cause>>,
    redactor: Redactor,
}

impl Wire {
    /// An operation that starts now and may last `timeout`. Needs a running Tokio runtime.
    pub(crate) fn start(timeout: Duration, redactor: Redactor) -> Self {
        Self(Arc::new(State {
            runtime: Handle::current(),
            deadline: Instant::now() + timeout,
            timeout,
            cancelled: CancellationToken::new(),
            interrupt: AtomicBool::new(false),
            budget: AtomicU64::new(0),
            budget_limit: AtomicU64::new(0),
            budget_name: Mutex::new("bytes"),
            fault: Mutex::new(None),
            redactor,
        }))
    }

    /// When the operation must be over.
    pub(crate) fn deadline(&self) -> Instant {
        self.0.deadline
    }

    /// The failure of running out of time.
    pub(crate) fn timeout(&self) -> Cause {
        Cause::Timeout(self.0.timeout)
    }

    /// Set once the operation should stop; gix polls it.
    pub(crate) fn interrupt(&self) -> &AtomicBool {
        &self.0.interrupt
    }

    /// The runtime that does the I/O. Entering it is needed where a value spawns a task when dropped.
    pub(crate) fn runtime(&self) -> &Handle {
        &self.0.runtime
    }

    /// Ends the operation: every present and future wait fails.
    pub(crate) fn stop(&self) {
        self.0.interrupt.store(true, Ordering::Relaxed);
        self.0.cancelled.cancel();
    }

    /// Blocks until `future` is done, the time is over or the operation was stopped. Not for use on a runtime's own threads.
    pub(crate) fn wait<F: Future>(&self, future: F) -> io::Result<F::Output> {
        self.0.runtime.block_on(async {
            tokio::select! {
                biased;
                () = self.0.cancelled.cancelled() => Err(self.fail(Cause::Cancelled)),
                () = tokio::time::sleep_until(self.0.deadline) => Err(self.fail(self.timeout())),
                output = future => Ok(output),
            }
        })
    }

    /// Allows `limit` more bytes of `name` to be received.
    pub(crate) fn allow(&self, limit: u64, name: &'static str) {
        self.0.budget.store(limit, Ordering::Relaxed);
        self.0.budget_limit.store(limit, Ordering::Relaxed);
        *self.0.budget_name.lock().unwrap_or_else(PoisonError::into_inner) = name;
    }

    /// Counts `bytes` received.
    pub(crate) fn receive(&self, bytes: usize) -> io::Result<()> {
        let bytes = bytes as u64;
        let before = self.0.budget.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(bytes));
        before.map(drop).map_err(|_| {
            let what = *self.0.budget_name.lock().unwrap_or_else(PoisonError::into_inner);
            self.fail(Cause::Limit { what, limit: self.0.budget_limit.load(Ordering::Relaxed) })
        })
    }

    /// Keeps the first cause and returns what a blocking trait can carry.
    pub(crate) fn fail(&self, cause: Cause) -> io::Error {
        let mut fault = self.0.fault.lock().unwrap_or_else(PoisonError::into_inner);
        let message = cause.to_string();
        fault.get_or_insert(cause);
        io::Error::other(message)
    }

    /// The cause that an adapter kept, otherwise what gix says.
    pub(crate) fn cause_of(&self, error: &(dyn std::error::Error + 'static)) -> Cause {
        self.take_fault().unwrap_or_else(|| Cause::Protocol(self.clean(&crate::error::chain(error))))
    }

    /// The cause that an adapter kept, which is then forgotten.
    pub(crate) fn take_fault(&self) -> Option<Cause> {
        self.0.fault.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Text of the server, fit for an error.
    pub(crate) fn clean(&self, text: &str) -> String {
        self.0.redactor.clean(text)
    }
}

/// Stops an operation when its future is dropped.
pub(crate) struct StopOnDrop(pub(crate) Wire);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.stop();
    }
}
