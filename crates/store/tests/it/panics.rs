//! A panic inside the store: it stops, and does not repeat what a panic said, which may quote data.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::world::World;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_panic_of_the_writer_said_is_not_repeated() {
    let armed = Arc::new(AtomicBool::new(false));
    let watched = Arc::clone(&armed);
    let world = World::with_clock_that(move || {
        let secret = String::from("hunter2");
        let writing = std::thread::current().name() == Some("store-writer");
        assert!(
            !(writing && watched.load(Ordering::SeqCst)),
            "it was working on {secret}"
        );
    });
    // The writer looks at the clock every second.
    armed.store(true, Ordering::SeqCst);
    let mut fatal = world.store.fatal();
    let cause = fatal.wait_for(Option::is_some).await.unwrap().clone();
    let cause = cause.unwrap();
    assert!(cause.starts_with("the writer panicked: "), "{cause}");
    let error = world.store.check_writable().await.unwrap_err();
    let said = format!("{cause} {error} {error:?}");
    assert!(!said.contains("hunter2"), "{said}");
}
