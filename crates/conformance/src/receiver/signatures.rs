//! Genuine callbacks whose proof looks different from usual.

use signoff_contract::Status;
use signoff_contract::signature::{self, SigningSecret};

use super::checks;
use super::message::{Message, Post, new_secret};
use super::outbox::Outbox;
use crate::{Examination, Outcome};

/// Tries each.
pub(super) async fn examine(examination: &mut Examination, outbox: &Outbox) {
    let raw_bytes = raw_bytes(outbox);
    examination.check(&checks::RAW_BYTES, raw_bytes).await;
    let each_secret = each_secret(outbox);
    examination.check(&checks::EACH_SECRET, each_secret).await;
    let before = with_a_stranger(outbox, "rotated-before", |ours, strange| {
        format!("{strange} {ours}")
    });
    examination.check(&checks::ROTATED_BEFORE, before).await;
    let after = with_a_stranger(outbox, "rotated-after", |ours, strange| {
        format!("{ours} {strange}")
    });
    examination.check(&checks::ROTATED_AFTER, after).await;
    let versions = with_a_stranger(outbox, "versions", |ours, strange| {
        let asymmetric = strange.replacen("v1,", "v1a,", 1);
        let later = strange.replacen("v1,", "v2,", 1);
        format!("{asymmetric} {later} {ours}")
    });
    examination.check(&checks::OTHER_VERSIONS, versions).await;
}

/// As no serialiser would write it: escapes, spaces, another order of keys, a line break at the end.
async fn raw_bytes(outbox: &Outbox) -> Outcome {
    let request = outbox.request("spelled", Status::Approved)?;
    let usual = Message::of(&request)?.json()?;
    let event_type = &usual["type"];
    let data = usual["data"].to_string().replace('a', "\\u0061");
    let timestamp = &usual["timestamp"];
    let body = format!(
        " {{\n\t\"data\" : {data} , \"timestamp\": {timestamp},\r\n  \"type\":{event_type} }}\n"
    );
    outbox
        .delivers(&Message::about(&request, body.into()))
        .await
}

async fn each_secret(outbox: &Outbox) -> Outcome {
    let message = Message::of(&outbox.request("secrets", Status::Approved)?)?;
    // The last is the one that a receiver forgets; the first has signed all the others.
    for secret in outbox.secrets().iter().rev() {
        let post = Post::signed(&message, std::slice::from_ref(secret))?;
        outbox.is_taken(&message, post).await?;
    }
    Ok(())
}

/// Signed with the receiver's first secret, and with one that it does not have.
async fn with_a_stranger(outbox: &Outbox, name: &str, list: fn(&str, &str) -> String) -> Outcome {
    let message = Message::of(&outbox.request(name, Status::Approved)?)?;
    let ours: &[SigningSecret] = &outbox.secrets()[..1];
    let ours = Post::signed(&message, ours)?;
    let strange = Post::signed(&message, &[new_secret()?])?;
    let list = list(
        ours.header(signature::HEADER_SIGNATURE),
        strange.header(signature::HEADER_SIGNATURE),
    );
    let post = ours.with(signature::HEADER_SIGNATURE, list);
    outbox.is_taken(&message, post).await
}
