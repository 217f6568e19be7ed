//! Callbacks that come again, at once, late, or in another order than their requests ended in.

use futures_util::future::join_all;
use jiff::SignedDuration;
use signoff_contract::Status;

use super::checks;
use super::message::{Message, Post};
use super::outbox::Outbox;
use crate::{Examination, Miss, Outcome, peer};

/// How often a callback arrives at the same time.
const AT_ONCE: usize = 5;
/// How long ago a late one's request ended: close to the last of the attempts, which are made for 72 hours.
const LATE: SignedDuration = SignedDuration::from_hours(71);

/// Tries each. `approved` is a callback that was sent before.
pub(super) async fn examine(examination: &mut Examination, outbox: &Outbox, approved: &Message) {
    // What is signed now has another timestamp, because the first attempt was seconds ago or is said to be.
    let later = retried(outbox, approved);
    examination.check(&checks::RETRIED, later).await;
    examination
        .check(&checks::REPLAYED, replayed(outbox, approved))
        .await;
    examination.check(&checks::TOGETHER, together(outbox)).await;
    examination.check(&checks::OLDER, older(outbox)).await;
    examination.check(&checks::LATE, late(outbox)).await;
}

async fn retried(outbox: &Outbox, approved: &Message) -> Outcome {
    let at = peer::now().as_second() + 1;
    let post = Post::signed_at(approved, outbox.secrets(), at)?;
    outbox.is_taken(approved, post).await
}

async fn replayed(outbox: &Outbox, approved: &Message) -> Outcome {
    let post = Post::signed(approved, outbox.secrets())?;
    outbox.is_taken(approved, post.clone()).await?;
    outbox.is_taken(approved, post).await
}

async fn together(outbox: &Outbox) -> Outcome {
    let message = Message::of(&outbox.request("together", Status::Approved)?)?;
    let attempts = (0..AT_ONCE).map(|_| outbox.delivers(&message));
    let answers = join_all(attempts).await;
    if answers.iter().any(Result::is_ok) {
        return Ok(());
    }
    answers.into_iter().next().unwrap_or(Ok(()))
}

async fn older(outbox: &Outbox) -> Outcome {
    let older = outbox.request_ended("older", Status::Denied, SignedDuration::from_mins(20))?;
    let newer = outbox.request("newer", Status::Approved)?;
    outbox
        .delivers(&Message::of(&newer)?)
        .await
        .map_err(|miss| match miss {
            Miss::Failed(why) => Miss::not_tried(format!("the newer one was not taken: {why}")),
            miss @ Miss::NotTried(_) => miss,
        })?;
    outbox.delivers(&Message::of(&older)?).await
}

async fn late(outbox: &Outbox) -> Outcome {
    let request = outbox.request_ended("late", Status::Expired, LATE)?;
    outbox.delivers(&Message::of(&request)?).await
}
