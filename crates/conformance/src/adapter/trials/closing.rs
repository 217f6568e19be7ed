//! Prompts that have ended.

use signoff_contract::Status;
use signoff_contract::adapter::PromptMessage;

use crate::Outcome;
use crate::adapter::bench::Bench;
use crate::adapter::cards::{closed, draft, revised};
use crate::adapter::person::{Times, Wanted};

pub(crate) async fn closes(bench: &Bench<'_>) -> Outcome {
    ends(bench, "Close this", Status::Approved).await
}

pub(crate) async fn expired(bench: &Bench<'_>) -> Outcome {
    ends(bench, "Let this expire", Status::Expired).await
}

async fn ends(bench: &Bench<'_>, what: &str, status: Status) -> Outcome {
    let open = bench.approval(what)?;
    bench.put(&open).await?;
    let ended = closed(&open, 2, status);
    bench.put(&ended).await?;
    bench.look(&ended, &saying(&ended)).await
}

pub(crate) async fn twice(bench: &Bench<'_>) -> Outcome {
    let open = bench.approval("Close this twice")?;
    bench.put(&open).await?;
    let ended = closed(&open, 2, Status::Denied);
    bench.put(&ended).await?;
    bench.put(&ended).await?;
    let mut again = ended;
    again.revision = 3;
    bench.put(&again).await?;
    bench.look(&again, &saying(&again)).await
}

pub(crate) async fn stays_closed(bench: &Bench<'_>) -> Outcome {
    let open = bench.approval("Stay closed")?;
    bench.put(&open).await?;
    let ended = closed(&open, 3, Status::Cancelled);
    bench.put(&ended).await?;
    bench.put(&revised(&open, 2)).await?;
    let wanted = saying(&ended).hiding("an older title", draft(2, &open.request));
    bench.look(&ended, &wanted).await
}

pub(crate) async fn updated(bench: &Bench<'_>) -> Outcome {
    let open = bench.approval("Say how it went")?;
    bench.put(&open).await?;
    let ended = closed(&open, 2, Status::Approved);
    bench.put(&ended).await?;
    let mut later = closed(&open, 3, Status::Approved);
    let notice = later.notice.take().unwrap_or_default();
    later.notice = Some(format!("{notice}\nCarried out, 2026-01-02 03:09 UTC"));
    bench.put(&later).await?;
    bench.look(&later, &saying(&later)).await
}

pub(crate) async fn unknown(bench: &Bench<'_>) -> Outcome {
    let open = bench.approval("Come too late")?;
    let ended = closed(&open, 4, Status::Expired);
    bench.put(&ended).await?;
    bench.put(&revised(&open, 3)).await?;
    let wanted = Wanted {
        times: Times::AtMostOnce,
        shows: Vec::new(),
        ..Wanted::like(&ended)
    };
    let late = draft(3, &open.request);
    bench
        .look(&ended, &wanted.hiding("its open title", late))
        .await
}

/// Once, as it is, with its notice.
fn saying(message: &PromptMessage) -> Wanted {
    let notice = message.notice.iter().flat_map(|notice| notice.lines());
    notice.fold(Wanted::like(message), |wanted, line| {
        wanted.showing("the notice", line)
    })
}
