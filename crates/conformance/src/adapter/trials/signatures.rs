//! Messages that are not from Signoff, and messages that look unusual and are.

use signoff_contract::adapter::PromptMessage;
use signoff_contract::signature::SigningSecret;

use crate::adapter::bench::{Bench, Letter, Put};
use crate::adapter::cards::{draft, revised};
use crate::adapter::person::Wanted;
use crate::{Miss, Outcome};

/// A revision that would win, if it were believed.
const FORGED_REVISION: u64 = 90;

/// What is wrong with a message.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Wrong {
    Unsigned,
    Forged,
    Tampered,
    OtherId,
    /// Seconds from now.
    Time(i64),
    Channel,
}

/// The prompt that forgers try to change, which is shown first.
pub(crate) async fn target(bench: &Bench<'_>) -> Result<PromptMessage, Miss> {
    let message = bench.approval("Believe no forger")?;
    bench.put(&message).await?;
    Ok(message)
}

pub(crate) async fn refused(bench: &Bench<'_>, target: &PromptMessage, wrong: Wrong) -> Outcome {
    let letter = spoiled(bench, target, wrong)?;
    let (status, _, _) = bench.send(&letter).await?;
    if status.as_u16() == 401 {
        return Ok(());
    }
    Err(Miss::failed(format_args!(
        "it answered {}",
        status.as_u16()
    )))
}

fn spoiled(bench: &Bench<'_>, target: &PromptMessage, wrong: Wrong) -> anyhow::Result<Letter> {
    let line = bench.stand_in.line();
    let secret = std::slice::from_ref(&line.secret);
    let mut letter = bench.letter(&revised(target, FORGED_REVISION))?;
    match wrong {
        Wrong::Unsigned => {
            (letter.id, letter.timestamp, letter.signature) = (None, None, None);
        }
        Wrong::Forged => letter.sign(&[stranger()?])?,
        Wrong::Tampered => {
            let body = String::from_utf8(letter.body)?;
            letter.body = body.replace("Believe", "Receive").into_bytes();
        }
        Wrong::OtherId => letter.id = letter.id.map(|id| id + "0"),
        Wrong::Time(seconds) => {
            letter.timestamp = letter.timestamp.map(|now| now + seconds);
            letter.sign(secret)?;
        }
        Wrong::Channel => letter.channel = Some(format!("{}-too", line.channel)),
    }
    Ok(letter)
}

pub(crate) async fn nothing_shown(bench: &Bench<'_>, target: &PromptMessage) -> Outcome {
    let genuine = revised(target, 2);
    bench.put(&genuine).await?;
    let forged = draft(FORGED_REVISION, &target.request);
    let wanted = Wanted::like(&genuine).hiding("a forged title", forged);
    bench.look(&genuine, &wanted).await
}

pub(crate) async fn clocks_may_differ(bench: &Bench<'_>) -> Outcome {
    for (seconds, when) in [(-240, "four minutes ago"), (240, "four minutes ahead")] {
        let message = bench.approval("Have a clock of your own")?;
        let mut letter = bench.letter(&message)?;
        letter.timestamp = letter.timestamp.map(|now| now + seconds);
        letter.sign(std::slice::from_ref(&bench.stand_in.line().secret))?;
        taken(bench, &message, &letter, when).await?;
    }
    Ok(())
}

pub(crate) async fn rotation(bench: &Bench<'_>) -> Outcome {
    let mine = || bench.stand_in.line().secret.clone();
    for (secrets, when) in [
        ([stranger()?, mine()], "the second of two signatures fits"),
        ([mine(), stranger()?], "the first of two signatures fits"),
    ] {
        let message = bench.approval("Take what either secret signed")?;
        let mut letter = bench.letter(&message)?;
        letter.sign(&secrets)?;
        taken(bench, &message, &letter, when).await?;
        // One of another kind before it.
        letter.signature = letter.signature.map(|it| format!("v1a,bm90aGluZw== {it}"));
        taken(bench, &message, &letter, "one of another kind comes first").await?;
    }
    Ok(())
}

pub(crate) async fn replay(bench: &Bench<'_>) -> Outcome {
    let first = bench.approval("Show what is new")?;
    let letter = bench.letter(&first)?;
    taken(bench, &first, &letter, "it comes first").await?;
    let last = revised(&first, 2);
    bench.put(&last).await?;
    taken(bench, &first, &letter, "it comes again").await?;
    let old = draft(1, &first.request);
    let wanted = Wanted::like(&last).hiding("the replayed title", old);
    bench.look(&last, &wanted).await
}

async fn taken(bench: &Bench<'_>, message: &PromptMessage, letter: &Letter, when: &str) -> Outcome {
    match bench.deliver(message, letter).await {
        Ok(Put::Shown) => Ok(()),
        Ok(Put::Refused(why)) | Err(Miss::Failed(why)) => {
            Err(Miss::failed(format_args!("{when}: {why}")))
        }
        Err(other) => Err(other),
    }
}

/// A secret that nobody shares.
fn stranger() -> anyhow::Result<SigningSecret> {
    Ok(SigningSecret::from_bytes(
        b"nobody knows whose secret it is".to_vec(),
    )?)
}
