//! What every check works with: prompts to show, the way to the adapter, the person in the chat, and what was heard.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Client, StatusCode};
use serde_json::Value;
use signoff_contract::PromptId;
use signoff_contract::adapter::{
    FreeTextPurpose, HEADER_CHANNEL, MAX_PROMPT_REF_CHARS, PromptMessage, ReceiptState, ShownAnswer,
};
use signoff_contract::signature::{self, SigningSecret};
use tokio::time::{Instant, sleep};

use super::Setup;
use super::cards::{self, Mint, Reader};
use super::person::{Deed, Person, Place, Wanted, clip};
use super::record::{Done, Heard, Reply};
use super::stand_in::StandIn;
use crate::{Miss, Outcome, Unreachable, peer};

/// The adapter answers within this time, or the attempt has failed.
const TIMEOUT: Duration = Duration::from_secs(10);
/// How much longer the kit waits, to say how late an answer was.
const GRACE: Duration = Duration::from_secs(2);
/// The longest answer that Signoff reads.
const ANSWER_BYTES: usize = 16 * 1024;
/// How long a receipt may take.
const RECEIPT_WITHIN: Duration = Duration::from_mins(1);
/// How long is waited when the adapter is busy and does not say how long.
const REST: Duration = Duration::from_secs(1);

pub(super) struct Bench<'s> {
    pub(super) setup: &'s Setup,
    pub(super) stand_in: &'s StandIn,
    client: Client,
    /// What makes the prompts of this examination different from those of others.
    seed: u64,
    numbers: AtomicU64,
    notes: Mutex<Notes>,
}

/// What was seen of the adapter's answers to all prompts.
#[derive(Debug, Default)]
pub(super) struct Notes {
    /// Where each prompt stands.
    refs: HashMap<PromptId, String>,
    /// How many were taken.
    pub(super) taken: usize,
    /// Answers of 200 or 202 that are not as they should be.
    pub(super) misshapen: Vec<String>,
    /// Answers that came late.
    pub(super) late: Vec<String>,
    /// Answers of 202 that no receipt followed.
    pub(super) unreceipted: Vec<String>,
}

/// One message to the adapter, with headers that may be wrong.
#[derive(Debug, Clone)]
pub(super) struct Letter {
    pub(super) prompt_id: PromptId,
    pub(super) channel: Option<String>,
    pub(super) id: Option<String>,
    pub(super) timestamp: Option<i64>,
    pub(super) signature: Option<String>,
    pub(super) body: Vec<u8>,
}

/// What became of a prompt.
#[derive(Debug)]
pub(super) enum Put {
    Shown,
    /// 410 or 422: it can never be shown.
    Refused(String),
}

impl<'s> Bench<'s> {
    pub(super) fn new(setup: &'s Setup, stand_in: &'s StandIn) -> Result<Self, Unreachable> {
        let client = peer::http()
            .user_agent(concat!("signoff/", env!("CARGO_PKG_VERSION")))
            .timeout(TIMEOUT + GRACE)
            // Whether a server closes a connection just when it is used again is chance; Signoff would try again.
            .pool_max_idle_per_host(0)
            .build()
            .map_err(|error| Unreachable::because(&setup.url, error))?;
        Ok(Self {
            setup,
            stand_in,
            client,
            seed: rand::random(),
            numbers: AtomicU64::new(1),
            notes: Mutex::default(),
        })
    }

    pub(super) fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    // Prompts.

    fn mint(&self) -> Mint {
        Mint {
            seed: self.seed,
            number: self.numbers.fetch_add(1, Ordering::Relaxed),
            now: peer::now(),
        }
    }

    /// The person who does most of it, where prompts for all go.
    pub(super) fn first(&self) -> Reader {
        let user_id = self.setup.user.clone();
        Reader {
            address: self.setup.place.clone().unwrap_or_else(|| user_id.clone()),
            user_id,
        }
    }

    /// The other person.
    pub(super) fn second(&self) -> Option<Reader> {
        let user_id = self.setup.second_user.clone()?;
        Some(Reader {
            address: self.setup.place.clone().unwrap_or_else(|| user_id.clone()),
            user_id,
        })
    }

    pub(super) fn approval(&self, what: &str) -> anyhow::Result<PromptMessage> {
        cards::approval(&self.mint(), &[self.first()], what)
    }

    pub(super) fn approval_for(
        &self,
        readers: &[Reader],
        what: &str,
    ) -> anyhow::Result<PromptMessage> {
        cards::approval(&self.mint(), readers, what)
    }

    pub(super) fn question(&self, what: &str, options: &[&str]) -> anyhow::Result<PromptMessage> {
        cards::question(&self.mint(), &[self.first()], what, options)
    }

    // The way to the adapter.

    /// A prompt, well signed.
    pub(super) fn letter(&self, message: &PromptMessage) -> anyhow::Result<Letter> {
        let mut message = message.clone();
        message.prompt_ref = self.notes().refs.get(&message.prompt_id).cloned();
        let body = serde_json::to_vec(&message)?;
        self.letter_of(&message, body)
    }

    /// This body about that prompt, well signed.
    pub(super) fn letter_of(
        &self,
        message: &PromptMessage,
        body: Vec<u8>,
    ) -> anyhow::Result<Letter> {
        let line = self.stand_in.line();
        let mut letter = Letter {
            prompt_id: message.prompt_id,
            channel: Some(line.channel.clone()),
            id: Some(format!("{}-{}", message.prompt_id, message.revision)),
            timestamp: Some(peer::now().as_second()),
            signature: None,
            body,
        };
        letter.sign(std::slice::from_ref(&line.secret))?;
        Ok(letter)
    }

    /// Sends it once: the status, how long to wait, and the body.
    pub(super) async fn send(
        &self,
        letter: &Letter,
    ) -> anyhow::Result<(StatusCode, Option<Duration>, Vec<u8>)> {
        let mut url = self.setup.url.clone();
        let base = url.path().trim_end_matches('/').to_owned();
        url.set_path(&format!("{base}/v1/prompts/{}", letter.prompt_id));
        let mut request = self
            .client
            .put(url)
            .header(CONTENT_TYPE, "application/json")
            .body(letter.body.clone());
        let timestamp = letter.timestamp.map(|it| it.to_string());
        for (name, value) in [
            (HEADER_CHANNEL, &letter.channel),
            (signature::HEADER_ID, &letter.id),
            (signature::HEADER_TIMESTAMP, &timestamp),
            (signature::HEADER_SIGNATURE, &letter.signature),
        ] {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        let begun = Instant::now();
        let answer = request.send().await.map_err(unanswered)?;
        let status = answer.status();
        let wait = answer.headers().get(RETRY_AFTER);
        let wait = wait.and_then(|it| it.to_str().ok()?.parse().ok());
        let body = answer.bytes().await.map_err(unanswered)?;
        let took = begun.elapsed();
        if took > TIMEOUT {
            let late = format!("{status} came after {} ms", took.as_millis());
            self.notes().late.push(late);
        }
        Ok((status, wait.map(Duration::from_secs), body.to_vec()))
    }

    /// Puts a prompt until it is taken, or can never be.
    pub(super) async fn put_or_refused(&self, message: &PromptMessage) -> Result<Put, Miss> {
        let letter = self.letter(message)?;
        self.deliver(message, &letter).await
    }

    /// Sends a letter until it is taken, or can never be.
    pub(super) async fn deliver(
        &self,
        message: &PromptMessage,
        letter: &Letter,
    ) -> Result<Put, Miss> {
        let end = Instant::now() + self.setup.patience;
        loop {
            let (status, wait, body) = self.send(letter).await?;
            match status {
                StatusCode::OK => {
                    self.note_ref(message, &body);
                    return Ok(Put::Shown);
                }
                StatusCode::ACCEPTED => {
                    self.note_ref(message, &body);
                    return self.receipt(message).await;
                }
                StatusCode::GONE | StatusCode::UNPROCESSABLE_ENTITY => {
                    return Ok(Put::Refused(told(status, &body)));
                }
                // What it cannot do now, it may do later.
                StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE
                    if Instant::now() < end =>
                {
                    sleep(wait.unwrap_or(REST)).await;
                }
                status => return Err(Miss::failed(told(status, &body))),
            }
        }
    }

    /// Puts a prompt, which people can see then.
    pub(super) async fn put(&self, message: &PromptMessage) -> Outcome {
        match self.put_or_refused(message).await? {
            Put::Shown => Ok(()),
            Put::Refused(why) => Err(Miss::failed(why)),
        }
    }

    fn note_ref(&self, message: &PromptMessage, body: &[u8]) {
        let mut notes = self.notes();
        notes.taken += 1;
        if body.len() > ANSWER_BYTES {
            let long = format!("the answer has {} bytes", body.len());
            return notes.misshapen.push(long);
        }
        match serde_json::from_slice::<ShownAnswer>(body) {
            Ok(ShownAnswer { prompt_ref, .. })
                if (1..=MAX_PROMPT_REF_CHARS).contains(&prompt_ref.chars().count()) =>
            {
                notes.refs.insert(message.prompt_id, prompt_ref);
            }
            _ => {
                let said = clip(&String::from_utf8_lossy(body));
                notes.misshapen.push(format!("the answer is “{said}”"));
            }
        }
    }

    /// Waits for what a 202 promised. Once one was missing, no other is waited for.
    async fn receipt(&self, message: &PromptMessage) -> Result<Put, Miss> {
        let (prompt, revision) = (message.prompt_id, message.revision);
        let patience = if self.notes().unreceipted.is_empty() {
            RECEIPT_WITHIN.min(self.setup.patience)
        } else {
            Duration::ZERO
        };
        let mut found = None;
        let came = self.stand_in.until(patience, |record| {
            let mut all = record.receipts.iter().rev();
            found = all
                .find(|it| it.prompt_id == prompt && it.revision == revision)
                .cloned();
            found.is_some()
        });
        if !came.await {
            let what = format!("none came for {prompt} at revision {revision}");
            self.notes().unreceipted.push(what);
            return Ok(Put::Shown);
        }
        match found {
            Some(receipt) if receipt.state == ReceiptState::Failed => {
                let said = receipt.detail.unwrap_or_default();
                let again = if receipt.retryable { ", for now" } else { "" };
                Ok(Put::Refused(format!(
                    "its receipt says that it failed{again}: {said}"
                )))
            }
            Some(receipt) => {
                if let Some(prompt_ref) = receipt.prompt_ref {
                    self.notes().refs.insert(prompt, prompt_ref);
                }
                Ok(Put::Shown)
            }
            None => Ok(Put::Shown),
        }
    }

    // The person.

    pub(super) fn person(&self) -> Result<&dyn Person, Miss> {
        self.setup.person.as_deref().ok_or_else(|| {
            Miss::not_tried("it needs a person in the chat: --person COMMAND, or a terminal")
        })
    }

    fn place(&self, message: &PromptMessage, reader: &Reader) -> Place {
        Place {
            user_id: reader.user_id.clone(),
            address: reader.address.clone(),
            prompt_id: message.prompt_id,
            prompt_ref: self.notes().refs.get(&message.prompt_id).cloned(),
            mark: cards::mark(&message.request).to_owned(),
        }
    }

    /// The first person looks at a prompt.
    pub(super) async fn look(&self, message: &PromptMessage, wanted: &Wanted) -> Outcome {
        let at = self.place(message, &self.first());
        self.person()?.look(&at, wanted).await
    }

    /// The first person presses; answers which deed that was.
    pub(super) async fn press(
        &self,
        message: &PromptMessage,
        label: &str,
        replies: Vec<Reply>,
        told: Option<&str>,
    ) -> Result<usize, Miss> {
        let who = self.first();
        self.press_as(&who, message, label, replies, told).await
    }

    /// Somebody presses.
    pub(super) async fn press_as(
        &self,
        who: &Reader,
        message: &PromptMessage,
        label: &str,
        replies: Vec<Reply>,
        told: Option<&str>,
    ) -> Result<usize, Miss> {
        let mut buttons = message.buttons.iter();
        let button = buttons.find(|button| button.label == label);
        let handle = button.map(|button| button.handle.clone());
        let label = label.to_owned();
        let what = format!("the press of “{label}”");
        self.act(
            who,
            message,
            Deed::Press { label },
            handle,
            what,
            replies,
            told,
        )
        .await
    }

    /// The first person writes.
    pub(super) async fn write(
        &self,
        message: &PromptMessage,
        purpose: FreeTextPurpose,
        text: &str,
    ) -> Result<usize, Miss> {
        let handle = message.free_text.as_ref().map(|it| it.handle.clone());
        let text = text.to_owned();
        let what = "what was written".to_owned();
        let deed = Deed::Write { purpose, text };
        let who = self.first();
        self.act(&who, message, deed, handle, what, Vec::new(), None)
            .await
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "private; who, where, what, and what should come of it"
    )]
    async fn act(
        &self,
        who: &Reader,
        message: &PromptMessage,
        deed: Deed,
        handle: Option<String>,
        what: String,
        replies: Vec<Reply>,
        told: Option<&str>,
    ) -> Result<usize, Miss> {
        let person = self.person()?;
        let number = {
            let mut record = self.stand_in.record();
            record.replies = replies.into();
            record.done.push(Done {
                what,
                prompt_id: message.prompt_id,
                user_id: who.user_id.clone(),
                handle: handle.unwrap_or_default(),
                words: match &deed {
                    Deed::Write { text, .. } => Some(text.clone()),
                    Deed::Press { .. } => None,
                },
                begun: Instant::now(),
            });
            record.done.len() - 1
        };
        let at = self.place(message, who);
        person.act(&at, &deed, told).await?;
        Ok(number)
    }

    /// How often any of these events came.
    pub(super) fn heard_of(&self, events: &[&str]) -> usize {
        let record = self.stand_in.record();
        let heard = record.heard.iter();
        heard.filter(|it| events.contains(&it.event_id())).count()
    }

    /// What came of a deed, once it came so often.
    pub(super) async fn heard(&self, deed: usize, times: usize) -> Result<Vec<Heard>, Miss> {
        let mut heard = Vec::new();
        let patience = self.setup.patience;
        let came = self.stand_in.until(patience, |record| {
            heard = record.of(deed);
            heard.len() >= times
        });
        if came.await {
            return Ok(heard);
        }
        let waited = patience.as_secs_f32();
        let answers = heard.iter().map(|heard| match heard.answered {
            Some((status, _)) => status.to_string(),
            None => "nothing".to_owned(),
        });
        let answers = answers.collect::<Vec<_>>().join(", ");
        Err(Miss::failed(match heard.len() {
            0 => format!("no response came in {waited} seconds"),
            came => format!(
                "it came {came} of {times} times in {waited} seconds, and was answered {answers}"
            ),
        }))
    }
}

impl Letter {
    /// Signs it with these secrets, as it is now.
    pub(super) fn sign(&mut self, secrets: &[SigningSecret]) -> anyhow::Result<()> {
        let id = self.id.as_deref().unwrap_or_default();
        let timestamp = self.timestamp.unwrap_or_default();
        self.signature = Some(signature::sign(secrets, id, timestamp, &self.body)?);
        Ok(())
    }
}

/// Why there is no answer; the address stays out of it.
fn unanswered(error: reqwest::Error) -> anyhow::Error {
    anyhow::anyhow!("there is no answer: {}", peer::causes(error))
}

/// An answer, for people.
fn told(status: StatusCode, body: &[u8]) -> String {
    let problem: Option<Value> = serde_json::from_slice(body).ok();
    let detail = problem.as_ref().and_then(|it| it.get("detail")?.as_str());
    let hint = match status {
        StatusCode::UNAUTHORIZED => "; compare the secret, the channel's name and the clocks",
        _ => "",
    };
    match detail {
        Some(detail) => format!("it answered {}: {}{hint}", status.as_u16(), clip(detail)),
        None => format!("it answered {}{hint}", status.as_u16()),
    }
}
