//! The threads that read, each with a connection of its own that cannot write.
//!
//! One read is one snapshot. Threads of our own, because the store then needs no runtime and a
//! burst of reads cannot take the runtime's blocking threads from others.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use rusqlite::Connection;
use signoff_core::panics;

/// One read.
pub(crate) type Read = Box<dyn FnOnce(&Connection) + Send>;

/// The readers' queue, and the threads behind it.
pub(crate) struct Readers {
    queue: Arc<Queue>,
    threads: Vec<JoinHandle<()>>,
}

struct Queue {
    state: Mutex<State>,
    arrived: Condvar,
}

#[derive(Default)]
struct State {
    reads: VecDeque<Read>,
    closed: bool,
}

impl Readers {
    /// One thread for each connection.
    pub(crate) fn start(connections: Vec<Connection>) -> std::io::Result<Self> {
        let queue = Arc::new(Queue {
            state: Mutex::default(),
            arrived: Condvar::new(),
        });
        let mut readers = Self {
            queue,
            threads: Vec::new(),
        };
        for (number, connection) in connections.into_iter().enumerate() {
            let queue = Arc::clone(&readers.queue);
            let thread = std::thread::Builder::new()
                .name(format!("store-reader-{number}"))
                .spawn(move || queue.serve(&connection))?;
            readers.threads.push(thread);
        }
        Ok(readers)
    }

    /// Puts a read at the end of the queue.
    pub(crate) fn send(&self, read: Read) {
        self.queue.lock().reads.push_back(read);
        self.queue.arrived.notify_one();
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        self.queue.lock().closed = true;
        self.queue.arrived.notify_all();
        for thread in self.threads.drain(..) {
            // A panic was already reported where it happened.
            let _ = thread.join();
        }
    }
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next(&self) -> Option<Read> {
        let mut state = self.lock();
        loop {
            if let Some(read) = state.reads.pop_front() {
                return Some(read);
            }
            if state.closed {
                return None;
            }
            state = self
                .arrived
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn serve(&self, connection: &Connection) {
        while let Some(read) = self.next() {
            // The caller of a read that panicked sees its answer missing; others are served.
            if let Err(panic) = catch_unwind(AssertUnwindSafe(|| read(connection))) {
                tracing::error!(
                    panic = panics::words(panic.as_ref()),
                    "a read of the store panicked"
                );
            }
        }
    }
}
