//! Commands that stand together in one transaction: what one of them breaks, the others keep.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::task::Poll;

use signoff_store::{Error, NewRequest, Submitted};

use crate::world::World;

type Submitting<'a> = Pin<Box<dyn Future<Output = Result<Submitted, Error>> + 'a>>;

/// Puts a command into the writer's queue, without waiting for its answer.
async fn is_queued(submitting: &mut Submitting<'_>) {
    std::future::poll_fn(|context| {
        assert!(submitting.as_mut().poll(context).is_pending());
        Poll::Ready(())
    })
    .await;
}

#[tokio::test]
async fn the_pending_count_is_right_after_a_shared_savepoint_was_rolled_back() {
    // The writer reads the clock as it begins with a savepoint, and stops there while it is held.
    let tester = std::thread::current().id();
    let held = Arc::new(AtomicBool::new(false));
    let (stands, standing) = mpsc::channel();
    let (let_go, go) = mpsc::channel();
    let (in_clock, stands, go) = (Arc::clone(&held), Mutex::new(stands), Mutex::new(go));
    let world = World::with_clock_that(move || {
        if std::thread::current().id() != tester && in_clock.swap(false, Ordering::SeqCst) {
            stands.lock().unwrap().send(()).unwrap();
            go.lock().unwrap().recv().unwrap();
        }
    });
    let limited = |name: &str, max_pending| NewRequest {
        max_pending,
        ..world.request(name)
    };
    let before = world.submits(limited("before", 7)).await;

    held.store(true, Ordering::SeqCst);
    let mut first: Submitting<'_> = Box::pin(world.store.submit(limited("first", 7)));
    is_queued(&mut first).await;
    standing.recv().unwrap();
    // While the writer stands, these gather; it will take them together. The one in the middle
    // cannot be written, because its prompt's identifier is taken.
    let mut broken = limited("broken", 7);
    broken.request.prompts[0].id = before.request.prompts[0].id;
    let mut together: Vec<(&str, Submitting<'_>)> = Vec::new();
    for name in ["a", "b", "broken", "c", "d"] {
        let new = if name == "broken" {
            broken.clone()
        } else {
            limited(name, 7)
        };
        together.push((name, Box::pin(world.store.submit(new))));
    }
    for (_, submitting) in &mut together {
        is_queued(submitting).await;
    }
    let_go.send(()).unwrap();
    assert!(matches!(first.await, Ok(Submitted::Created(_))));
    for (name, submitting) in together {
        let submitted = submitting.await;
        let created = matches!(submitted, Ok(Submitted::Created(_)));
        assert_eq!(created, name != "broken", "{name}: {submitted:?}");
    }

    // Six are there: the seventh fits, the eighth does not.
    assert_eq!(world.store.pending_count("default").await.unwrap(), 6);
    world.submits(limited("seventh", 7)).await;
    let eighth = world.store.submit(limited("eighth", 7)).await.unwrap();
    assert_eq!(eighth, Submitted::TooManyPending);
    // And one that ends makes room for one.
    world.approves("ann", "c").await;
    world.submits(limited("eighth", 7)).await;
    let ninth = world.store.submit(limited("ninth", 7)).await.unwrap();
    assert_eq!(ninth, Submitted::TooManyPending);
}
