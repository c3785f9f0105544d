//! The port through which an apply says what it is about to do, for owners that must be able to prune after a crash.

use futures::future::BoxFuture;

/// Is told before objects are created.
pub trait Journal: Send + Sync {
    /// Some objects of this apply are about to be created; returns when that is recorded. Called once for each stage that creates any,
    /// after its dry-runs have succeeded.
    ///
    /// # Errors
    /// Why it could not be recorded: then nothing is created.
    fn creating(&self) -> BoxFuture<'_, Result<(), String>>;
}

/// Records nothing, for owners that find their objects in another way.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoJournal;

impl Journal for NoJournal {
    fn creating(&self) -> BoxFuture<'_, Result<(), String>> {
        Box::pin(async { Ok(()) })
    }
}
