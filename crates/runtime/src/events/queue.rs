//! A bounded queue that never makes its writer wait: when full, the oldest item goes.

use std::collections::VecDeque;
use std::sync::Mutex;
use tokio::sync::Notify;

/// Many writers, one reader.
pub(super) struct DroppingQueue<T> {
    capacity: usize,
    state: Mutex<State<T>>,
    wake: Notify,
}

struct State<T> {
    items: VecDeque<T>,
    closed: bool,
}

impl<T> DroppingQueue<T> {
    pub(super) fn new(capacity: usize) -> Self {
        Self { capacity, state: Mutex::new(State { items: VecDeque::new(), closed: false }), wake: Notify::new() }
    }

    /// Adds an item and gives back what had to go: the oldest one when full, the item itself when closed.
    pub(super) fn push(&self, item: T) -> Option<T> {
        let mut state = self.state.lock().ok()?;
        if state.closed {
            return Some(item);
        }
        let dropped = if state.items.len() >= self.capacity { state.items.pop_front() } else { None };
        state.items.push_back(item);
        drop(state);
        self.wake.notify_one();
        dropped
    }

    /// The next item, once there is one; `None` when the queue is closed and empty.
    pub(super) async fn pop(&self) -> Option<T> {
        loop {
            {
                let mut state = self.state.lock().ok()?;
                if let Some(item) = state.items.pop_front() {
                    return Some(item);
                }
                if state.closed {
                    return None;
                }
            }
            self.wake.notified().await;
        }
    }

    /// Takes no more items; those inside are still given out.
    pub(super) fn close(&self) {
        if let Ok(mut state) = self.state.lock() {
            state.closed = true;
        }
        self.wake.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::DroppingQueue;

    #[tokio::test]
    async fn a_full_queue_drops_its_oldest_item_and_a_closed_one_drains() {
        let queue = DroppingQueue::new(2);
        assert_eq!([1, 2, 3].map(|item| queue.push(item)), [None, None, Some(1)]);
        queue.close();
        assert_eq!(queue.push(4), Some(4));
        assert_eq!([queue.pop().await, queue.pop().await, queue.pop().await], [Some(2), Some(3), None]);
    }
}
