//! Threads for what keeps a processor busy for seconds: outside the runtime, and behind everybody
//! else in the system's scheduler, so that a tap or a callback never waits for a transcription.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use tokio::sync::oneshot;

/// How far behind others: of the 20 steps that there are.
#[cfg(target_os = "linux")]
const NICE: i32 = 10;

type Job = Box<dyn FnOnce() + Send>;

/// A few threads and what waits for them.
#[derive(Debug)]
pub(crate) struct Pool {
    jobs: Mutex<Sender<Job>>,
}

/// Why a job gave no result.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Lost {
    /// It panicked. What it said is not repeated: it may quote what was said.
    #[error("it broke off")]
    Panicked,
    /// There is no thread to run it.
    #[error("there is no thread for it")]
    NoThread,
}

impl Pool {
    /// A pool of so many threads; they end when it is dropped.
    pub(crate) fn new(threads: usize) -> std::io::Result<Self> {
        let (jobs, waiting) = channel::<Job>();
        let waiting = Arc::new(Mutex::new(waiting));
        for number in 1..=threads.max(1) {
            let waiting = Arc::clone(&waiting);
            thread::Builder::new()
                .name(format!("speech-{number}"))
                .spawn(move || work(&waiting))?;
        }
        Ok(Self {
            jobs: Mutex::new(jobs),
        })
    }

    /// Runs a job on the next free thread.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Lost> {
        let (answer, answered) = oneshot::channel();
        self.send(move || {
            let result = catch_unwind(AssertUnwindSafe(job)).map_err(|_| Lost::Panicked);
            // Nobody may be there any more.
            let _ = answer.send(result);
        })?;
        answered.await.unwrap_or(Err(Lost::NoThread))
    }

    /// The same, without waiting for it.
    pub(crate) fn send(&self, job: impl FnOnce() + Send + 'static) -> Result<(), Lost> {
        let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        jobs.send(Box::new(job)).map_err(|_| Lost::NoThread)
    }
}

fn work(waiting: &Mutex<Receiver<Job>>) {
    step_back();
    loop {
        let next = {
            let waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
            waiting.recv()
        };
        match next {
            // One that panics says so by itself, or was not waited for.
            Ok(job) => drop(catch_unwind(AssertUnwindSafe(job))),
            Err(_) => return,
        }
    }
}

/// Lets this thread, and those that it starts, yield to others where processors are scarce. Where
/// the system does not allow it, the work is as important as any other.
#[cfg(target_os = "linux")]
fn step_back() {
    // In Linux a thread has a niceness of its own (sched(7)).
    let _ = rustix::process::setpriority_process(Some(rustix::thread::gettid()), NICE);
}

#[cfg(not(target_os = "linux"))]
fn step_back() {}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    #[expect(clippy::panic, reason = "a job fails on purpose")]
    async fn a_job_that_panics_takes_no_thread_with_it() {
        let pool = Pool::new(1).unwrap();
        let name = || thread::current().name().map(str::to_owned);
        assert_eq!(pool.run(name).await, Ok(Some("speech-1".to_owned())));
        assert_eq!(
            pool.run(|| panic!("on purpose")).await,
            Err::<(), _>(Lost::Panicked)
        );
        assert_eq!(pool.run(name).await, Ok(Some("speech-1".to_owned())));
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn its_threads_stand_behind_all_others() {
        let of = |thread| rustix::process::getpriority_process(Some(thread)).unwrap();
        let pool = Pool::new(1).unwrap();
        let there = pool
            .run(move || of(rustix::thread::gettid()))
            .await
            .unwrap();
        let here = of(rustix::thread::gettid());
        assert_eq!(there, NICE.max(here));
    }
}
