//! Commands on their way through the writer: what runs, and who is told.

use tokio::sync::oneshot;

use super::Tx;
use crate::Error;

/// One command on its way through the writer.
pub(crate) trait Job: Send {
    /// Whether it can run again after what it did was undone.
    fn repeatable(&self) -> bool;
    /// Runs it inside a savepoint; whether its changes are to stay.
    fn run(&mut self, tx: &mut Tx<'_>) -> bool;
    /// Whether `run` found that the database is damaged.
    fn met_damage(&self) -> bool;
    /// Tells the caller what `run` gave, after the commit.
    fn answer(self: Box<Self>);
    /// Tells the caller that the whole batch failed.
    fn fail(self: Box<Self>, error: Error);
}

/// The job of a closure.
pub(crate) struct Task<T, F> {
    run: Option<F>,
    result: Option<Result<T, Error>>,
    reply: oneshot::Sender<Result<T, Error>>,
}

impl<T, F> Task<T, F> {
    pub(crate) fn new(run: F, reply: oneshot::Sender<Result<T, Error>>) -> Self {
        Self {
            run: Some(run),
            result: None,
            reply,
        }
    }
}

impl<T, F> Job for Task<T, F>
where
    T: Send,
    F: FnOnce(&mut Tx<'_>) -> Result<T, Error> + Send,
{
    fn repeatable(&self) -> bool {
        false
    }

    fn run(&mut self, tx: &mut Tx<'_>) -> bool {
        let result = self.run.take().map(|run| run(tx));
        let stays = matches!(result, Some(Ok(_)));
        self.result = result;
        stays
    }

    fn met_damage(&self) -> bool {
        matches!(self.result, Some(Err(Error::Damaged { .. })))
    }

    fn answer(self: Box<Self>) {
        let result = self.result.unwrap_or_else(|| Err(Error::stopped()));
        // A caller that went away does not matter: the command is durable.
        let _ = self.reply.send(result);
    }

    fn fail(self: Box<Self>, error: Error) {
        let _ = self.reply.send(Err(error));
    }
}

/// The job of a function that only reads what it works on. That goes back with the answer, to be
/// used and dropped on the caller's thread rather than on this one.
pub(crate) struct Repeatable<S, T> {
    on: S,
    run: fn(&S, &mut Tx<'_>) -> Result<T, Error>,
    result: Option<Result<T, Error>>,
    reply: oneshot::Sender<Result<(S, T), Error>>,
}

impl<S, T> Repeatable<S, T> {
    pub(crate) fn new(
        on: S,
        run: fn(&S, &mut Tx<'_>) -> Result<T, Error>,
        reply: oneshot::Sender<Result<(S, T), Error>>,
    ) -> Self {
        Self {
            on,
            run,
            result: None,
            reply,
        }
    }
}

impl<S: Send, T: Send> Job for Repeatable<S, T> {
    fn repeatable(&self) -> bool {
        true
    }

    fn run(&mut self, tx: &mut Tx<'_>) -> bool {
        let result = (self.run)(&self.on, tx);
        let stays = result.is_ok();
        self.result = Some(result);
        stays
    }

    fn met_damage(&self) -> bool {
        matches!(self.result, Some(Err(Error::Damaged { .. })))
    }

    fn answer(self: Box<Self>) {
        let Self {
            on, result, reply, ..
        } = *self;
        let result = result.unwrap_or_else(|| Err(Error::stopped()));
        let _ = reply.send(result.map(|result| (on, result)));
    }

    fn fail(self: Box<Self>, error: Error) {
        let _ = self.reply.send(Err(error));
    }
}
