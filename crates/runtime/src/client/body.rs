//! The body of an answer: gives up when nothing comes for too long, and holds the seat of a watch.

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::{Instant, Sleep};
use tower::BoxError;

/// One of the watches on a connection. The last clone to go frees the seat.
#[derive(Clone)]
pub(super) struct WatchSeat(#[expect(dead_code, reason = "held for its Drop")] Arc<Counted>);

struct Counted(Arc<AtomicUsize>);

impl WatchSeat {
    pub(super) fn take(open: &Arc<AtomicUsize>) -> Self {
        open.fetch_add(1, Ordering::Relaxed);
        Self(Arc::new(Counted(Arc::clone(open))))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Nothing came for this long.
#[derive(Debug, thiserror::Error)]
#[error("the API server sent nothing for {0:?}")]
pub(super) struct Silent(pub(super) Duration);

/// A body that ends with an error where the next frame takes longer than `idle`.
pub(super) struct TimedBody<B> {
    inner: B,
    idle: Duration,
    timer: Pin<Box<Sleep>>,
    _seat: Option<WatchSeat>,
}

impl<B> TimedBody<B> {
    pub(super) fn new(inner: B, idle: Duration, seat: Option<WatchSeat>) -> Self {
        Self { inner, idle, timer: Box::pin(tokio::time::sleep(idle)), _seat: seat }
    }
}

impl<B> Body for TimedBody<B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<BoxError>,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.inner).poll_frame(context) {
            let next = Instant::now() + self.idle;
            self.timer.as_mut().reset(next);
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        ready!(self.timer.as_mut().poll(context));
        Poll::Ready(Some(Err(Silent(self.idle).into())))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
