//! Prompts that come again, and out of order.

use futures_util::future::join_all;
use signoff_contract::adapter::PromptMessage;

use crate::Outcome;
use crate::adapter::bench::Bench;
use crate::adapter::cards::{draft, revised};
use crate::adapter::person::Wanted;

pub(crate) async fn higher(bench: &Bench<'_>) -> Outcome {
    let first = bench.approval("Follow")?;
    let second = revised(&first, 2);
    bench.put(&first).await?;
    bench.put(&second).await?;
    let wanted = Wanted::like(&second).offering(&second);
    bench.look(&second, &wanted).await?;
    shows(bench, &second, &[1]).await
}

pub(crate) async fn lower(bench: &Bench<'_>) -> Outcome {
    let first = bench.approval("Never go back")?;
    let second = revised(&first, 2);
    bench.put(&second).await?;
    bench.put(&first).await?;
    shows(bench, &second, &[1]).await
}

pub(crate) async fn repeated(bench: &Bench<'_>) -> Outcome {
    let second = revised(&bench.approval("Once is enough")?, 2);
    bench.put(&second).await?;
    bench.put(&second).await?;
    shows(bench, &second, &[]).await
}

pub(crate) async fn at_once(bench: &Bench<'_>) -> Outcome {
    let first = bench.approval("Keep order")?;
    bench.put(&first).await?;
    let all: Vec<PromptMessage> = [3, 6, 2, 5, 4].map(|number| revised(&first, number)).into();
    for put in join_all(all.iter().map(|message| bench.put(message))).await {
        put?;
    }
    shows(bench, &revised(&first, 6), &[1, 2, 3, 4, 5]).await
}

/// The message shows this revision, once, and none of those.
async fn shows(bench: &Bench<'_>, message: &PromptMessage, not: &[u64]) -> Outcome {
    let mut wanted = Wanted::like(message);
    for revision in not {
        let what = format!("the title of revision {revision}");
        wanted = wanted.hiding(what, draft(*revision, &message.request));
    }
    bench.look(message, &wanted).await
}
