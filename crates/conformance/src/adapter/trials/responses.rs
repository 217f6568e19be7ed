//! What people do, on its way to Signoff. What it carries is judged over all of it, in `tally`.

use signoff_contract::adapter::FreeTextPurpose;

use crate::adapter::bench::Bench;
use crate::adapter::record::Reply;
use crate::adapter::stand_in::taken;
use crate::{Miss, Outcome};

pub(crate) async fn press(bench: &Bench<'_>) -> Outcome {
    let message = bench.approval("Deny this")?;
    bench.put(&message).await?;
    let said = "Taken: it is denied.";
    let reply = Reply::Says(taken(said));
    let deed = bench
        .press(&message, "Deny", vec![reply], Some(said))
        .await?;
    bench.heard(deed, 1).await.map(drop)
}

pub(crate) async fn reason(bench: &Bench<'_>) -> Outcome {
    let message = bench.approval("Say why not")?;
    bench.put(&message).await?;
    let text = "not on a <b>Friday</b>, потом\nask *me* on Monday";
    let deed = bench.write(&message, FreeTextPurpose::Reason, text).await?;
    bench.heard(deed, 1).await.map(drop)
}

pub(crate) async fn answer(bench: &Bench<'_>) -> Outcome {
    let message = bench.question("What instead?", &["This", "That"])?;
    bench.put(&message).await?;
    let text = "neither & \"both\": بعد الغداء";
    let deed = bench.write(&message, FreeTextPurpose::Answer, text).await?;
    bench.heard(deed, 1).await.map(drop)
}

pub(crate) async fn second_person(bench: &Bench<'_>) -> Outcome {
    bench.person()?;
    let second = bench
        .second()
        .ok_or_else(|| Miss::not_tried("it needs a second person: --second-user ID"))?;
    let first = bench.first();
    // In a place of their own each person has a message of their own.
    let readers = if first.address == second.address {
        vec![first, second.clone()]
    } else {
        vec![second.clone()]
    };
    let message = bench.approval_for(&readers, "Know one from the other at")?;
    bench.put(&message).await?;
    let deed = bench
        .press_as(&second, &message, "Approve", Vec::new(), None)
        .await?;
    let heard = bench.heard(deed, 1).await?;
    let said = heard.first().map(|it| it.text("/actor/user_id").to_owned());
    if said.as_deref() == Some(second.user_id.as_str()) {
        return Ok(());
    }
    Err(Miss::failed(format_args!(
        "the press of {:?} came as that of {said:?}",
        second.user_id
    )))
}
