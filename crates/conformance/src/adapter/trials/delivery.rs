//! What people do while Signoff cannot be told, or answers badly.

use std::time::Duration;

use tokio::time::sleep;

use crate::adapter::bench::Bench;
use crate::adapter::record::{Heard, Reply};
use crate::adapter::stand_in::taken;
use crate::{Miss, Outcome};

/// What Signoff asks for with 429, in seconds.
const RETRY_AFTER: u64 = 2;
/// How long Signoff cannot be reached.
const DOWN_FOR: Duration = Duration::from_secs(3);
/// `webhook-timestamp` has no fractions, and what was signed before Signoff came back may still arrive.
const WHOLE_SECONDS: f64 = 1.5;
/// How much too early is not too early, in seconds: clocks tick.
const SLACK: f64 = 0.1;

/// Whether it is sent again is judged at the end, in `tally`.
pub(crate) async fn refused(bench: &Bench<'_>) -> Outcome {
    said(bench, "Send this once", vec![Reply::Refuses(400, None)], 1)
        .await
        .map(drop)
}

pub(crate) async fn slow(bench: &Bench<'_>) -> Outcome {
    let message = bench.approval("Have patience with")?;
    bench.put(&message).await?;
    let words = "Taken, after a while.";
    let reply = Reply::Slowly(bench.setup.slowness, taken(words));
    let deed = bench
        .press(&message, "Approve", vec![reply], Some(words))
        .await?;
    bench.heard(deed, 1).await.map(drop)
}

pub(crate) async fn unavailable(bench: &Bench<'_>) -> Outcome {
    let twice = vec![Reply::Refuses(503, None), Reply::Refuses(503, None)];
    same(&said(bench, "Try this again", twice, 3).await?)
}

pub(crate) async fn busy(bench: &Bench<'_>) -> Outcome {
    let once = vec![Reply::Refuses(429, Some(RETRY_AFTER))];
    let heard = said(bench, "Try this later", once, 2).await?;
    same(&heard)?;
    let times: Vec<_> = heard.iter().map(|it| it.at).collect();
    let waited = match times[..] {
        [first, second, ..] => second.duration_since(first).as_secs_f64(),
        _ => 0.0,
    };
    #[expect(clippy::cast_precision_loss, reason = "two")]
    let asked = RETRY_AFTER as f64;
    if waited + SLACK >= asked {
        return Ok(());
    }
    Err(Miss::failed(format_args!(
        "it came again after {waited:.1} seconds; Retry-After said {asked}"
    )))
}

pub(crate) async fn lost_answer(bench: &Bench<'_>) -> Outcome {
    same(&said(bench, "Ask what became of this", vec![Reply::Breaks], 2).await?)?;
    // Half an answer says that it is durable, so it need not come again; but nothing may be lost after it.
    let half = vec![Reply::BreaksOff];
    same(&said(bench, "Bear half an answer to", half, 1).await?)?;
    let next = vec![Reply::Refuses(503, None)];
    same(&said(bench, "Go on with", next, 2).await?)
}

pub(crate) async fn down(bench: &Bench<'_>) -> Outcome {
    let message = bench.approval("Keep this")?;
    bench.put(&message).await?;
    bench.person()?;
    bench.stand_in.vanish().await;
    let pressed = bench.press(&message, "Approve", Vec::new(), None).await;
    // Long enough to tell when it was pressed from when it could be sent.
    let pause = sleep(DOWN_FOR);
    if pressed.is_ok() {
        pause.await;
    }
    bench.stand_in.come_back().await?;
    let heard = bench.heard(pressed?, 1).await?;
    same(&heard)?;
    match heard.first().and_then(Heard::ago) {
        Some(ago) if ago < DOWN_FOR.as_secs_f64() - WHOLE_SECONDS => {
            Err(Miss::failed(format_args!(
                "occurred_at says {ago:.1} seconds before it was sent, and it was pressed before {DOWN_FOR:?} of silence"
            )))
        }
        _ => Ok(()),
    }
}

/// The first person approves while Signoff answers like this, until it came so often.
async fn said(
    bench: &Bench<'_>,
    what: &str,
    replies: Vec<Reply>,
    times: usize,
) -> Result<Vec<Heard>, Miss> {
    let message = bench.approval(what)?;
    bench.put(&message).await?;
    let deed = bench.press(&message, "Approve", replies, None).await?;
    bench.heard(deed, times).await
}

/// All of it is one event, told in the same way.
fn same(heard: &[Heard]) -> Outcome {
    let Some((first, again)) = heard.split_first() else {
        return Ok(());
    };
    for other in again {
        if other.event_id() != first.event_id() {
            return Err(Miss::failed(format_args!(
                "it came again as another event: {:?}, then {:?}",
                first.event_id(),
                other.event_id()
            )));
        }
        if other.body != first.body {
            return Err(Miss::failed("the same event came again with another body"));
        }
    }
    Ok(())
}
