//! What the person is told, for each result.

use std::time::Duration;

use signoff_contract::adapter::{ResponseAnswer, ResponseResult};
use tokio::time::sleep;

use crate::adapter::bench::Bench;
use crate::adapter::cards::revised;
use crate::adapter::person::Wanted;
use crate::adapter::record::{Heard, Reply};
use crate::{Miss, Outcome};

/// Before that, a second press would be the other half of a double tap.
const CONFIRM_AFTER: Duration = Duration::from_millis(1100);

pub(crate) async fn confirm_required(bench: &Bench<'_>) -> Outcome {
    let mut message = bench.approval("Press twice to approve")?;
    message.notice = Some("Approving it takes two presses.".to_owned());
    bench.put(&message).await?;
    let said = "Approve again within a minute to confirm.";
    let first = told(bench, &message, ResponseResult::ConfirmRequired, said).await?;
    let first = bench.heard(first, 1).await?;
    let events: Vec<&str> = first.iter().map(Heard::event_id).collect();
    let before = bench.heard_of(&events);
    let wanted = Wanted::like(&message).offering(&message);
    bench.look(&message, &wanted).await?;
    sleep(CONFIRM_AFTER).await;
    let second = bench.press(&message, "Approve", Vec::new(), None).await?;
    match bench.heard(second, 1).await {
        Err(_) if bench.heard_of(&events) > before => Err(Miss::failed(
            "the second press was sent as the event of the first",
        )),
        second => second.map(drop),
    }
}

pub(crate) async fn recorded(bench: &Bench<'_>) -> Outcome {
    let mut message = bench.approval("Approve as one of two")?;
    message.notice = Some("2 approvals are needed".to_owned());
    bench.put(&message).await?;
    let said = "Counted: 1 of 2 approvals.";
    let deed = told(bench, &message, ResponseResult::Recorded, said).await?;
    bench.heard(deed, 1).await?;
    let mut second = revised(&message, 2);
    let notice = "1 of 2 approvals: Ann Kit";
    second.notice = Some(notice.to_owned());
    bench.put(&second).await?;
    let wanted = Wanted::like(&second)
        .showing("the notice", notice)
        .hiding("the notice before", "2 approvals are needed");
    bench.look(&second, &wanted).await
}

pub(crate) async fn expired(bench: &Bench<'_>) -> Outcome {
    let message = bench.approval("Come too late to")?;
    bench.put(&message).await?;
    let said = "This request has expired.";
    let deed = told(bench, &message, ResponseResult::Expired, said).await?;
    bench.heard(deed, 1).await.map(drop)
}

pub(crate) async fn refused(bench: &Bench<'_>) -> Outcome {
    for (result, said) in [
        (ResponseResult::NotAuthorised, "You may not decide this."),
        (
            ResponseResult::Duplicate,
            "You approved already: 1 of 2 approvals.",
        ),
        (ResponseResult::Invalid, "That does not fit this request."),
        (
            ResponseResult::Stale,
            "This request has ended already.\nDenied by Ann & <Kit>",
        ),
    ] {
        let message = bench.approval("Be told")?;
        bench.put(&message).await?;
        let deed = told(bench, &message, result, said).await?;
        bench.heard(deed, 1).await?;
    }
    Ok(())
}

/// The first person approves, and must be told this.
async fn told(
    bench: &Bench<'_>,
    message: &signoff_contract::adapter::PromptMessage,
    result: ResponseResult,
    said: &str,
) -> Result<usize, Miss> {
    let answer = ResponseAnswer::in_words(result, None, said.to_owned());
    let reply = Reply::Says(answer);
    bench
        .press(message, "Approve", vec![reply], Some(said))
        .await
}
