use super::*;
use crate::metrics::Metrics;

const BACKOFF: Backoff = Backoff { minimum: Duration::from_millis(750), maximum: Duration::from_secs(900) };

fn queue() -> Queue {
    Queue::new(BACKOFF, Metrics::new().controller("Thing").queue())
}

fn key(name: &str) -> ObjectKey {
    ObjectKey::new("ns", name)
}

#[test]
fn the_back_off_doubles_up_to_its_maximum() {
    let waits: Vec<u128> = [0, 1, 2, 10, 11, 40].map(|failures| BACKOFF.delay(failures).as_millis()).to_vec();
    assert_eq!(waits, [750, 1_500, 3_000, 768_000, 900_000, 900_000]);
}

#[tokio::test(start_paused = true)]
async fn an_object_wanted_while_it_is_worked_on_comes_again_right_after() {
    let queue = queue();
    queue.add(key("a"));
    queue.add(key("a"));
    assert_eq!(queue.next().await, Some(key("a")));
    queue.add(key("a"));
    queue.add(key("b"));
    assert_eq!(queue.next().await, Some(key("b")), "a is still being worked on");
    queue.finish(&key("a"), Wake::Never);
    assert_eq!(queue.next().await, Some(key("a")));
}

#[tokio::test(start_paused = true)]
async fn a_later_decision_replaces_the_timer_of_an_earlier_one() {
    let queue = queue();
    let start = Instant::now();
    queue.add(key("a"));
    queue.next().await;
    queue.finish(&key("a"), Wake::After(Duration::from_secs(60)));
    queue.add(key("a"));
    queue.next().await;
    queue.finish(&key("a"), Wake::After(Duration::from_secs(600)));
    assert_eq!(queue.next().await, Some(key("a")));
    assert_eq!((Instant::now() - start).as_secs(), 600);
}

#[tokio::test(start_paused = true)]
async fn success_resets_the_back_off() {
    let queue = queue();
    let mut waits = Vec::new();
    queue.add(key("a"));
    queue.next().await;
    for wake in [Wake::Backoff, Wake::Backoff, Wake::After(Duration::from_secs(1)), Wake::Backoff] {
        let start = Instant::now();
        queue.finish(&key("a"), wake);
        queue.next().await;
        waits.push((Instant::now() - start).as_millis());
    }
    // tokio's timer has a resolution of one millisecond and never fires early.
    let expected = [750, 1_500, 1_000, 750];
    assert!(waits.iter().zip(expected).all(|(got, want)| (want..=want + 1).contains(got)), "{waits:?}");
}

#[tokio::test(start_paused = true)]
async fn a_closed_queue_lets_go_of_those_who_wait() {
    let queue = queue();
    let waiting = tokio::spawn({
        let queue = queue.clone();
        async move { queue.next().await }
    });
    tokio::task::yield_now().await;
    queue.close();
    assert_eq!(waiting.await.expect("the task ends"), None);
}

#[tokio::test(start_paused = true)]
async fn a_forgotten_object_is_not_woken_by_its_timer() {
    let queue = queue();
    queue.add(key("a"));
    queue.next().await;
    queue.finish(&key("a"), Wake::After(Duration::from_secs(1)));
    queue.forget(&key("a"));
    let next = tokio::time::timeout(Duration::from_secs(10), queue.next()).await;
    assert!(next.is_err(), "nothing is due");
}
