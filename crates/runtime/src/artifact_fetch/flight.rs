//! Single flight: those who want the same thing at the same time wait for one piece of work.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use tokio::sync::OnceCell;

/// Work in progress, by key.
pub(super) struct Flights<T>(Mutex<BTreeMap<String, Arc<OnceCell<T>>>>);

impl<T> Default for Flights<T> {
    fn default() -> Self {
        Self(Mutex::new(BTreeMap::new()))
    }
}

impl<T: Clone> Flights<T> {
    /// Does the work, or waits for whoever does it, and gives the result. Where the one who works is dropped, one of those who
    /// wait starts over. A result is not kept for those who come later.
    pub(super) async fn join<F: Future<Output = T>>(&self, key: String, work: impl FnOnce() -> F) -> T {
        let cell = match self.0.lock() {
            Ok(mut flights) => Arc::clone(flights.entry(key.clone()).or_default()),
            Err(_) => Arc::new(OnceCell::new()),
        };
        let seat = Seat { flights: self, key, cell: Some(cell) };
        match &seat.cell {
            Some(cell) => cell.get_or_init(work).await.clone(),
            None => work().await,
        }
    }
}

/// A caller that waits or works. The last one to leave, and anyone who has the result, clears the entry.
struct Seat<'a, T> {
    flights: &'a Flights<T>,
    key: String,
    cell: Option<Arc<OnceCell<T>>>,
}

impl<T> Drop for Seat<'_, T> {
    fn drop(&mut self) {
        let (Some(cell), Ok(mut flights)) = (self.cell.take(), self.flights.0.lock()) else { return };
        // Two: this seat's and the map's own.
        let finished = cell.initialized() || Arc::strong_count(&cell) <= 2;
        if finished && flights.get(&self.key).is_some_and(|current| Arc::ptr_eq(current, &cell)) {
            flights.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::sync::Notify;

    #[tokio::test]
    async fn those_who_want_the_same_share_one_piece_of_work() {
        let (flights, gate, done) = (Arc::new(Flights::default()), Arc::new(Notify::new()), Arc::new(AtomicUsize::new(0)));
        let mut callers = Vec::new();
        for _ in 0..200 {
            let (flights, gate, done) = (Arc::clone(&flights), Arc::clone(&gate), Arc::clone(&done));
            callers.push(tokio::spawn(async move {
                let work = || async {
                    gate.notified().await;
                    done.fetch_add(1, Ordering::SeqCst)
                };
                flights.join("same".to_owned(), work).await
            }));
        }
        tokio::task::yield_now().await;
        gate.notify_one();
        for caller in callers {
            assert_eq!(caller.await.unwrap(), 0);
        }
        assert_eq!(done.load(Ordering::SeqCst), 1);
        assert!(flights.0.lock().unwrap().is_empty());
    }

    #[tokio::test]
    async fn another_takes_over_when_the_one_who_works_leaves() {
        let flights: Flights<u8> = Flights::default();
        let stuck = flights.join("same".to_owned(), std::future::pending);
        let other = flights.join("same".to_owned(), || async { 7 });
        {
            let mut stuck = Box::pin(stuck);
            assert!(futures::poll!(stuck.as_mut()).is_pending());
        }
        assert_eq!(other.await, 7);
        assert!(flights.0.lock().unwrap().is_empty());
    }

    #[tokio::test]
    async fn work_that_everyone_left_leaves_nothing_behind() {
        let flights: Flights<u8> = Flights::default();
        {
            let mut stuck = Box::pin(flights.join("same".to_owned(), std::future::pending));
            assert!(futures::poll!(stuck.as_mut()).is_pending());
        }
        assert!(flights.0.lock().unwrap().is_empty());
    }
}
