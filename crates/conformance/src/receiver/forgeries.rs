//! What nobody who holds the secret has sent, or not so, or not now: the receiver must refuse it all.

use signoff_contract::Status;
use signoff_contract::signature::{self, SigningSecret};

use super::checks;
use super::message::{Message, Post, new_secret};
use super::outbox::Outbox;
use crate::{Check, Examination, Miss, Outcome, peer};

/// Twice the tolerance of the specification, in seconds.
const TEN_MINUTES: i64 = 600;

/// Makes something of a genuine message.
type Forge = fn(&Forger<'_>) -> Result<Vec<Post>, Miss>;

/// Each says that a request was approved, and is wrong in one way.
const FORGERIES: &[(Check, Forge)] = &[
    (checks::OTHER_SECRET, |it| {
        Ok(vec![Post::signed(&it.approved, &[new_secret()?])?])
    }),
    (checks::NO_SECRET, |it| {
        // HMAC fills a short key up with zeros, so that this is what an empty one signs.
        let empty = SigningSecret::from_bytes(vec![0; 32]).map_err(Miss::not_tried)?;
        Ok(vec![Post::signed(&it.approved, &[empty])?])
    }),
    (checks::BODY_CHANGED, |it| {
        let mut post = Post::signed(&it.denied, it.secrets)?;
        post.body.clone_from(&it.approved.body);
        Ok(vec![post])
    }),
    (checks::BYTE_ADDED, |it| {
        let mut post = it.genuine()?;
        post.body.push(b' ');
        Ok(vec![post])
    }),
    (checks::ID_CHANGED, |it| {
        Ok(vec![
            it.genuine()?.with(signature::HEADER_ID, &it.denied.id),
        ])
    }),
    (checks::TIME_CHANGED, |it| {
        let post = it.genuine()?;
        let time = (peer::now().as_second() - 2).to_string();
        Ok(vec![post.with(signature::HEADER_TIMESTAMP, time)])
    }),
    (checks::UNSIGNED, |it| {
        let empty = it.genuine()?.with(signature::HEADER_SIGNATURE, "");
        let none = it.genuine()?.without(signature::HEADER_SIGNATURE);
        Ok(vec![empty, none])
    }),
    (checks::BARE, |it| {
        let mut post = it.genuine()?;
        post.headers.clear();
        Ok(vec![post])
    }),
    (checks::NONSENSE, |it| {
        let genuine = it.genuine()?;
        let right = genuine.header(signature::HEADER_SIGNATURE);
        let right = right.split(' ').next().unwrap_or_default().to_owned();
        let half = right[..right.len() / 2].to_owned();
        let bare = right.trim_start_matches("v1,").to_owned();
        let nonsense = ["v1,", "v1,AAAA v1, ,", "v1", &half, &bare];
        let nonsense = nonsense.into_iter();
        Ok(nonsense
            .map(|value| genuine.clone().with(signature::HEADER_SIGNATURE, value))
            .collect())
    }),
    (checks::VERSION_CHANGED, |it| {
        let genuine = it.genuine()?;
        let right = genuine.header(signature::HEADER_SIGNATURE).to_owned();
        let versions = ["v2,", "v1a,"].into_iter();
        Ok(versions
            .map(|version| right.replace("v1,", version))
            .map(|value| genuine.clone().with(signature::HEADER_SIGNATURE, value))
            .collect())
    }),
    (checks::STALE, |it| it.signed_in(-TEN_MINUTES)),
    (checks::FUTURE, |it| it.signed_in(TEN_MINUTES)),
    (checks::NO_TIME, |it| {
        let values = ["now", ""].into_iter();
        values
            .map(|value| Ok(it.genuine()?.with(signature::HEADER_TIMESTAMP, value)))
            .collect()
    }),
    (checks::REPETITION, |it| {
        let mut post = Post::signed(it.taken, it.secrets)?;
        post.body.clone_from(&it.approved.body);
        Ok(vec![post])
    }),
];

/// One who would like to have something approved.
struct Forger<'a> {
    /// What could be sent if only it were true.
    approved: Message,
    /// What was sent about the same request.
    denied: Message,
    /// What the receiver has taken before.
    taken: &'a Message,
    secrets: &'a [SigningSecret],
}

impl Forger<'_> {
    fn genuine(&self) -> Result<Post, Miss> {
        Post::signed(&self.approved, self.secrets)
    }

    fn signed_in(&self, seconds: i64) -> Result<Vec<Post>, Miss> {
        let at = peer::now().as_second() + seconds;
        Ok(vec![Post::signed_at(&self.approved, self.secrets, at)?])
    }
}

/// Tries each. `taken` is a callback that was taken before.
pub(super) async fn examine(examination: &mut Examination, outbox: &Outbox, taken: &Message) {
    for (check, forge) in FORGERIES {
        let trial = refused(outbox, taken, *forge);
        examination.check(check, trial).await;
    }
}

async fn refused(outbox: &Outbox, taken: &Message, forge: Forge) -> Outcome {
    let forger = Forger {
        approved: Message::of(&outbox.request("forged", Status::Approved)?)?,
        denied: Message::of(&outbox.request("forged", Status::Denied)?)?,
        taken,
        secrets: outbox.secrets(),
    };
    for post in forge(&forger)? {
        let status = outbox.posts(post).await?;
        if !status.is_client_error() {
            return Err(Miss::failed(format!("it was answered with {status}")));
        }
    }
    Ok(())
}
