//! Whether it takes prompts at all.

use serde_json::{Value, json};

use crate::adapter::bench::{Bench, Put};
use crate::adapter::person::Wanted;
use crate::{Miss, Outcome};

pub(crate) async fn taken(bench: &Bench<'_>) -> Outcome {
    bench.put(&bench.approval("Take this")?).await
}

pub(crate) async fn unknown_fields(bench: &Bench<'_>) -> Outcome {
    let message = bench.approval("Ignore what is new")?;
    let mut body = json!(message);
    for at in [
        "",
        "/request",
        "/request/action",
        "/recipients/0",
        "/buttons/0",
        "/free_text",
    ] {
        if let Some(Value::Object(members)) = body.pointer_mut(at) {
            members.insert("from_the_future".to_owned(), json!({ "is": [true, null] }));
        }
    }
    let letter = bench.letter_of(
        &message,
        serde_json::to_vec(&body).map_err(anyhow::Error::from)?,
    )?;
    match bench.deliver(&message, &letter).await? {
        Put::Shown => bench.look(&message, &Wanted::like(&message)).await,
        Put::Refused(why) => Err(Miss::failed(why)),
    }
}
