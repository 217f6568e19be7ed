//! Waiting for what the bot does, without sleeping.

use std::time::Duration;

use super::{SeenMessage, Sim};
use crate::error::Error;
use crate::shared::Shared;
use crate::world::{Answer, World};

/// Waits until `look` finds something, at most `timeout` of real time.
pub(crate) async fn until<R>(
    shared: &Shared,
    timeout: Duration,
    look: impl Fn(&mut World) -> Option<R>,
    report: impl FnOnce(&World) -> String,
) -> Result<R, Error> {
    let mut changes = shared.changes();
    let search = async {
        loop {
            changes.borrow_and_update();
            if let Some(found) = shared.quietly(&look) {
                return Some(found);
            }
            if changes.changed().await.is_err() {
                return None;
            }
        }
    };
    match tokio::time::timeout(timeout, search).await {
        Ok(Some(found)) => Ok(found),
        _ => Err(Error::TimedOut(shared.quietly(|world| report(world)))),
    }
}

/// The first unread bot message of a chat that suits; reading it marks it read.
pub(crate) fn take_unread(
    world: &mut World,
    chat: i64,
    suits: &dyn Fn(&SeenMessage) -> bool,
) -> Option<SeenMessage> {
    let unread: Vec<i64> = world
        .unread()
        .into_iter()
        .filter(|(c, _)| *c == chat)
        .map(|(_, m)| m)
        .collect();
    let seen = unread
        .into_iter()
        .filter_map(|message| world.seen(chat, message))
        .find(suits)?;
    mark_read(world, chat, Some(seen.message_id));
    Some(SeenMessage { read: true, ..seen })
}

/// Marks one message, or all messages, of a chat as read.
pub(crate) fn mark_read(world: &mut World, chat: i64, message: Option<i64>) {
    if let Some(chat) = world.chats.get_mut(&chat) {
        for (id, stored) in &mut chat.messages {
            if message.is_none_or(|wanted| wanted == *id) {
                stored.read = true;
            }
        }
    }
}

impl Sim {
    /// Waits for the next unread message of the bot in a chat, and reads it.
    ///
    /// # Panics
    /// When nothing arrives within [`crate::SimOptions::wait_timeout`]; the panic shows the transcript.
    #[track_caller]
    pub fn next_message<C: Into<i64>>(
        &self,
        chat: C,
    ) -> impl Future<Output = SeenMessage> + use<'_, C> {
        let (chat, caller) = (chat.into(), std::panic::Location::caller());
        async move {
            self.try_wait_for_message(chat, |_| true)
                .await
                .unwrap_or_else(|error| fail(caller, &error))
        }
    }

    /// Waits for the first unread message of the bot in a chat that suits, and reads it. Earlier messages stay unread.
    ///
    /// # Panics
    /// When nothing suitable arrives within [`crate::SimOptions::wait_timeout`]; the panic shows the transcript.
    #[track_caller]
    pub fn wait_for_message<C, F>(
        &self,
        chat: C,
        suits: F,
    ) -> impl Future<Output = SeenMessage> + use<'_, C, F>
    where
        C: Into<i64>,
        F: Fn(&SeenMessage) -> bool,
    {
        let (chat, caller) = (chat.into(), std::panic::Location::caller());
        async move {
            self.try_wait_for_message(chat, suits)
                .await
                .unwrap_or_else(|error| fail(caller, &error))
        }
    }

    /// [`Self::wait_for_message`] without the panic.
    pub async fn try_wait_for_message(
        &self,
        chat: i64,
        suits: impl Fn(&SeenMessage) -> bool,
    ) -> Result<SeenMessage, Error> {
        until(
            self.shared(),
            self.wait_timeout(),
            |world| take_unread(world, chat, &suits),
            |world| {
                format!(
                    "no suitable message of the bot arrived; {}",
                    world.report(chat)
                )
            },
        )
        .await
    }

    /// Waits until a message has been edited since this snapshot and suits. Returns the new snapshot.
    ///
    /// # Panics
    /// When no such edit comes within [`crate::SimOptions::wait_timeout`]; the panic shows the transcript.
    #[track_caller]
    pub fn wait_for_edit<'a, F>(
        &'a self,
        message: &SeenMessage,
        suits: F,
    ) -> impl Future<Output = SeenMessage> + use<'a, F>
    where
        F: Fn(&SeenMessage) -> bool,
    {
        let caller = std::panic::Location::caller();
        let (chat, id, revision) = (message.chat_id, message.message_id, message.revision);
        async move {
            let edited = until(
                self.shared(),
                self.wait_timeout(),
                |world| {
                    world
                        .seen(chat, id)
                        .filter(|seen| seen.revision > revision && suits(seen))
                },
                |world| {
                    format!(
                        "message {id} was not edited suitably; {}",
                        world.report(chat)
                    )
                },
            );
            edited.await.unwrap_or_else(|error| fail(caller, &error))
        }
    }

    /// Waits until the bot made a call that suits, from the first call on. Returns it.
    ///
    /// # Panics
    /// When no such call comes within [`crate::SimOptions::wait_timeout`].
    #[track_caller]
    pub fn wait_for_call<F>(&self, suits: F) -> impl Future<Output = crate::Call> + use<'_, F>
    where
        F: Fn(&crate::Call) -> bool,
    {
        let caller = std::panic::Location::caller();
        async move {
            let found = until(
                self.shared(),
                self.wait_timeout(),
                |world| world.calls.iter().find(|call| suits(call)).cloned(),
                |world| format!("no suitable call was made; {}", world.report(0)),
            );
            found.await.unwrap_or_else(|error| fail(caller, &error))
        }
    }

    /// Waits until nothing is queued for the bot any more: everything was confirmed, delivered, or has expired.
    ///
    /// # Panics
    /// When updates are still queued after [`crate::SimOptions::wait_timeout`].
    #[track_caller]
    pub fn wait_until_fetched(&self) -> impl Future<Output = ()> + '_ {
        let caller = std::panic::Location::caller();
        async move {
            let empty = until(
                self.shared(),
                self.wait_timeout(),
                |world| (world.updates.len(world.clock.unix_ms()) == 0).then_some(()),
                |world| format!("updates are still queued; {}", world.report(0)),
            );
            empty.await.unwrap_or_else(|error| fail(caller, &error));
        }
    }
}

impl Sim {
    /// Waits until the bot hangs in a long poll with nothing left to fetch: it has caught up.
    ///
    /// # Panics
    /// When the bot does not poll within [`crate::SimOptions::wait_timeout`].
    #[track_caller]
    pub fn wait_for_poll(&self) -> impl Future<Output = ()> + '_ {
        let caller = std::panic::Location::caller();
        async move {
            let waiting = until(
                self.shared(),
                self.wait_timeout(),
                |world| (world.poll.waiting == Some(world.poll.generation)).then_some(()),
                |world| format!("the bot does not poll; {}", world.report(0)),
            );
            waiting.await.unwrap_or_else(|error| fail(caller, &error));
        }
    }
}

/// A press whose answer can be awaited.
#[derive(Debug)]
pub struct Tap {
    pub(crate) sim: std::sync::Arc<Shared>,
    pub(crate) timeout: Duration,
    pub(crate) id: String,
    pub(crate) chat: i64,
}

impl Tap {
    /// The callback query's id.
    pub fn query_id(&self) -> &str {
        &self.id
    }

    /// The answer, if the bot has given it already.
    pub fn answered(&self) -> Option<Answer> {
        self.sim.quietly(|world| {
            world
                .presses
                .get(&self.id)
                .and_then(|press| press.answer.clone())
        })
    }

    /// Waits for the bot's answer to this press.
    ///
    /// # Panics
    /// When the bot does not answer within [`crate::SimOptions::wait_timeout`]; the panic shows the transcript.
    #[track_caller]
    pub fn answer(&self) -> impl Future<Output = Answer> + '_ {
        let caller = std::panic::Location::caller();
        async move {
            self.try_answer()
                .await
                .unwrap_or_else(|error| fail(caller, &error))
        }
    }

    /// [`Self::answer`] without the panic.
    pub async fn try_answer(&self) -> Result<Answer, Error> {
        until(
            &self.sim,
            self.timeout,
            |world| {
                world
                    .presses
                    .get(&self.id)
                    .and_then(|press| press.answer.clone())
            },
            |world| format!("the press was not answered; {}", world.report(self.chat)),
        )
        .await
    }
}

pub(crate) fn fail<R>(caller: &std::panic::Location<'_>, error: &Error) -> R {
    panic!("{caller}: {error}")
}

/// The complaint about unread messages, if there are any.
pub(crate) fn unread_report(world: &mut World) -> Option<String> {
    let unread = world.unread();
    let mut chats: Vec<i64> = unread.iter().map(|(chat, _)| *chat).collect();
    chats.dedup();
    let transcripts: Vec<String> = chats.iter().map(|chat| world.report(*chat)).collect();
    (!unread.is_empty()).then(|| {
        format!(
            "{} message(s) of the bot were never read; {}",
            unread.len(),
            transcripts.join("\n")
        )
    })
}
