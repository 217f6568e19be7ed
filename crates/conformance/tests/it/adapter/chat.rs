//! A small adapter with its chat inside the test: right, or with one flaw.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::put;
use jiff::Timestamp;
use serde_json::{Value, json};
use signoff_conformance::adapter::{
    ChatMessage, Deed, Line, Person, Place, View, Wanted, judge_told,
};
use signoff_conformance::{Miss, Outcome};
use signoff_contract::adapter::{HEADER_CHANNEL, PromptMessage, PromptPhase};
use signoff_contract::signature::{self, Headers, TOLERANCE};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};

use super::flaws::Flaw;

/// Longer than Signoff waits for an answer.
const LATE: Duration = Duration::from_millis(10_300);
/// How long until something is sent again.
const PAUSE: Duration = Duration::from_millis(150);
/// How long a person waits to be told something.
const TOLD_WITHIN: Duration = Duration::from_mins(1);

#[expect(
    clippy::disallowed_methods,
    reason = "the kit and the adapter have the machine's clock"
)]
fn now() -> Timestamp {
    Timestamp::now()
}

#[derive(Clone)]
pub(crate) struct Chat(Arc<Inner>);

struct Inner {
    line: Line,
    signoff: String,
    flaw: Option<Flaw>,
    client: reqwest::Client,
    cards: Mutex<Cards>,
}

#[derive(Default)]
struct Cards {
    /// Every message about a prompt: the prompt as it is shown. One, if all is well.
    shown: BTreeMap<String, Vec<PromptMessage>>,
    /// The title that each had before.
    before: HashMap<String, String>,
    /// The arguments that were shown last, of whatever prompt.
    last: String,
    /// The highest revision of each.
    highest: HashMap<String, u64>,
    /// How many things people did.
    deeds: u64,
}

impl Chat {
    /// Serves the adapter; answers where.
    pub(crate) async fn start(line: Line, signoff: String, flaw: Option<Flaw>) -> (Self, String) {
        let client = reqwest::Client::builder()
            .no_proxy()
            .build()
            .expect("a client");
        let chat = Self(Arc::new(Inner {
            line,
            signoff,
            flaw,
            client,
            cards: Mutex::default(),
        }));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let app = Router::new()
            .route("/v1/prompts/{id}", put(take))
            .layer(DefaultBodyLimit::max(1 << 20))
            .with_state(chat.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        (chat, url)
    }

    fn has(&self, flaw: Flaw) -> bool {
        self.0.flaw == Some(flaw)
    }

    fn cards(&self) -> MutexGuard<'_, Cards> {
        self.0.cards.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_genuine(&self, headers: &HeaderMap, body: &[u8]) -> bool {
        let header = |name: &str| headers.get(name)?.to_str().ok();
        let line = &self.0.line;
        if header(HEADER_CHANNEL) != Some(&line.channel) && !self.has(Flaw::TakesAnyChannel) {
            return false;
        }
        if self.has(Flaw::BelievesAnyone) {
            return true;
        }
        let (Some(id), Some(timestamp), Some(given)) = (
            header(signature::HEADER_ID),
            header(signature::HEADER_TIMESTAMP),
            header(signature::HEADER_SIGNATURE),
        ) else {
            return false;
        };
        let first = given.split(' ').next().unwrap_or_default();
        let proof = Headers {
            id,
            timestamp,
            signature: if self.has(Flaw::KnowsOneSignature) {
                first
            } else {
                given
            },
        };
        let tolerance = match self.0.flaw {
            Some(Flaw::BelievesOldMessages) => TOLERANCE * 12,
            Some(Flaw::HasNoPatienceWithClocks) => TOLERANCE / 5,
            _ => TOLERANCE,
        };
        let secrets = std::slice::from_ref(&line.secret);
        signature::verify(secrets, proof, body, now(), tolerance).is_ok()
    }

    fn show(&self, message: PromptMessage) {
        let id = message.prompt_id.to_string();
        let mut cards = self.cards();
        let highest = cards.highest.get(&id).copied().unwrap_or_default();
        let lower = message.revision < highest;
        let closed = message.state == PromptPhase::Closed;
        let takes_lower = match self.0.flaw {
            Some(Flaw::ShowsLowerRevisions) => true,
            Some(Flaw::ForgetsClosedStrangers) => !cards.shown.contains_key(&id),
            _ => false,
        };
        if lower && !takes_lower {
            return;
        }
        cards.highest.insert(id.clone(), message.revision);
        // There is nothing to show of what had ended before.
        if closed && !cards.shown.contains_key(&id) {
            if self.has(Flaw::ForgetsClosedStrangers) {
                cards.highest.remove(&id);
            }
            return;
        }
        cards.last = format!("{:#}", json!(message.request.action));
        let before = cards.shown.get(&id).and_then(|them| them.last());
        if let Some(title) = before.map(|before| before.request.title.clone()) {
            cards.before.insert(id.clone(), title);
        }
        let stands = cards.shown.entry(id).or_default();
        let ended = |it: &PromptMessage| it.state == PromptPhase::Closed;
        if self.has(Flaw::IgnoresUpdatesAfterClosing) && stands.iter().any(ended) {
            return;
        }
        if self.has(Flaw::PostsInsteadOfEditing) {
            stands.push(message);
        } else {
            *stands = vec![message];
        }
    }

    /// Posts a body to Signoff: the status, how long to wait, and what it said.
    async fn post(
        &self,
        operation: &str,
        id: &str,
        body: &Value,
    ) -> Option<(StatusCode, Option<u64>, Value)> {
        let line = &self.0.line;
        let body = body.to_string();
        let now = now().as_second();
        let secrets = std::slice::from_ref(&line.secret);
        let mut signature =
            signature::sign(secrets, id, now, body.as_bytes()).expect("it can be signed");
        if self.has(Flaw::SignsBadly) {
            signature.make_ascii_lowercase();
        }
        let kind = if self.has(Flaw::SendsForms) {
            "application/x-www-form-urlencoded"
        } else {
            "application/json; charset=utf-8"
        };
        let answer = self
            .0
            .client
            .post(format!("{}/v1/adapter/{operation}", self.0.signoff))
            .header("content-type", kind)
            .header(HEADER_CHANNEL, &line.channel)
            .header(signature::HEADER_ID, id)
            .header(signature::HEADER_TIMESTAMP, now)
            .header(signature::HEADER_SIGNATURE, signature)
            .body(body)
            .send()
            .await
            .ok()?;
        let status = answer.status();
        let wait = answer.headers().get("retry-after");
        let wait = wait.and_then(|it| it.to_str().ok()?.parse().ok());
        Some((status, wait, answer.json().await.ok()?))
    }

    /// Sends what somebody did until it is answered; `told` hears what they are told, or that it has to wait.
    async fn deliver(self, mut body: Value, told: oneshot::Sender<Option<String>>) {
        let mut told = Some(told);
        loop {
            if self.has(Flaw::DatesWhatItSends) {
                body["occurred_at"] = json!(format!("{:.3}", now()));
            }
            let id = if self.has(Flaw::SendsOtherMessageIds) {
                format!("{}-{}", body["event_id"], self.next())
            } else {
                format!("m-{}", body["event_id"].as_str().unwrap_or_default())
            };
            let (pause, said) = match self.post("responses", &id, &body).await {
                Some((StatusCode::OK, _, answer)) => (None, Some(answer)),
                Some((StatusCode::BAD_REQUEST, ..)) if !self.has(Flaw::NeverGivesUp) => {
                    (None, None)
                }
                Some((_, Some(seconds), _)) if !self.has(Flaw::IgnoresRetryAfter) => {
                    (Some(Duration::from_secs(seconds)), None)
                }
                _ => (Some(PAUSE), None),
            };
            let said = said.and_then(|answer| Some(answer.get("message")?.as_str()?.to_owned()));
            if let Some(told) = told.take() {
                if self.has(Flaw::SendsTwice) && said.is_some() {
                    let mut twin = body.clone();
                    twin["event_id"] = json!(format!("e-{}", self.next()));
                    self.post("responses", &format!("{id}-twin"), &twin).await;
                }
                let _ = told.send(said.filter(|_| !self.has(Flaw::TellsNobody)));
            }
            match pause {
                None if self.has(Flaw::SendsAgainForEver) => sleep(Duration::from_secs(1)).await,
                None => return,
                Some(_) if self.has(Flaw::SendsOnce) => return,
                Some(pause) => sleep(pause).await,
            }
            if self.has(Flaw::DrawsNewEventIds) {
                body["event_id"] = json!(format!("e-{}", self.next()));
            }
        }
    }

    fn next(&self) -> u64 {
        let mut cards = self.cards();
        cards.deeds += 1;
        cards.deeds
    }

    fn view(&self, at: &Place) -> View {
        let cards = self.cards();
        let shown = cards.shown.get(&at.prompt_id.to_string());
        let messages = shown.into_iter().flatten();
        View {
            messages: messages
                .filter(|message| readable(message, at))
                .map(|message| self.rendered(message, &cards))
                .collect(),
        }
    }

    fn rendered(&self, message: &PromptMessage, cards: &Cards) -> ChatMessage {
        let request = &message.request;
        let closed = message.state == PromptPhase::Closed;
        let mut lines = vec![request.title.clone(), format!("{:?} risk", request.risk)];
        if self.has(Flaw::HidesTheRisk) {
            lines.truncate(1);
        }
        let texts = [
            &request.context,
            &request.justification,
            &request.risk_assessment,
        ];
        if !self.has(Flaw::HidesTexts) {
            lines.extend(texts.into_iter().flatten().cloned());
        }
        if let Some(action) = &request.action {
            let mut arguments = format!("{:#}", json!(action.arguments));
            if self.has(Flaw::CutsArguments) {
                arguments = arguments.chars().take(3000).collect();
            }
            if self.has(Flaw::HidesNumbers) {
                arguments = arguments.replace("3703701", "");
            }
            if self.has(Flaw::LeavesOutControls) {
                arguments = arguments.replace("\\u00", "").replace("\\b", "");
            }
            if self.has(Flaw::LeavesOutWhatIsHidden) {
                for hidden in ["\u{202e}", "\u{2066}", "\u{2069}", "\u{200b}"] {
                    arguments = arguments.replace(hidden, "");
                }
            }
            lines.extend([action.tool.clone(), arguments]);
        }
        if !self.has(Flaw::HidesTheDigest) {
            lines.extend(request.view_digest.map(|digest| digest.to_string()));
        }
        lines.extend(
            message
                .notice
                .clone()
                .filter(|_| !self.has(Flaw::HidesTheNotice)),
        );
        if self.has(Flaw::MixesPrompts) {
            lines.push(cards.last.clone());
        }
        if self.has(Flaw::QuotesWhatWasBefore) {
            lines.extend(cards.before.get(&message.prompt_id.to_string()).cloned());
        }
        let mut text = lines.join("\n");
        if self.has(Flaw::InterpretsMarkup) {
            text = text.replace('*', "").replace("<b>", "").replace("</b>", "");
        }
        let keeps = self.has(Flaw::KeepsButtons) && closed;
        let labels = message.buttons.iter().map(|button| button.label.clone());
        let mut buttons: Vec<String> = labels.collect();
        if keeps {
            buttons = vec!["Approve".to_owned(), "Deny".to_owned()];
        }
        if self.has(Flaw::TurnsButtonsRound) {
            buttons.reverse();
        }
        if self.has(Flaw::HasRoomForFourButtons) {
            buttons.truncate(4);
        }
        ChatMessage {
            text,
            buttons,
            input: message.free_text.is_some(),
        }
    }
}

fn readable(message: &PromptMessage, at: &Place) -> bool {
    message
        .recipients
        .iter()
        .any(|it| it.user_id == at.user_id && it.address == at.address)
}

/// `PUT /v1/prompts/{id}`.
async fn take(
    State(chat): State<Chat>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if !chat.is_genuine(&headers, &body) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    if chat.has(Flaw::RefusesUnknownFields) && body.windows(10).any(|it| it == b"the_future") {
        return StatusCode::BAD_REQUEST.into_response();
    }
    let Ok(message) = serde_json::from_slice::<PromptMessage>(&body) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    if chat.has(Flaw::TakesNoQuestions) && message.request.action.is_none() {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    if chat.has(Flaw::AnswersLate) && chat.next() == 1 {
        sleep(LATE).await;
    }
    let revision = message.revision;
    let long = body.len() > 20_000;
    if chat.has(Flaw::KnowsNoPrompts) || chat.has(Flaw::RefusesWhatIsLong) && long {
        let why = json!({ "detail": "too long" });
        let status = if long {
            StatusCode::UNPROCESSABLE_ENTITY
        } else {
            StatusCode::NOT_FOUND
        };
        return (status, axum::Json(why)).into_response();
    }
    chat.show(message);
    let at = json!({ "prompt_ref": format!("at {id}") });
    match chat.0.flaw {
        Some(Flaw::HasNoPromptRef) => (StatusCode::OK, axum::Json(json!({}))).into_response(),
        Some(Flaw::ForgetsReceipts) => (StatusCode::ACCEPTED, axum::Json(at)).into_response(),
        Some(Flaw::AnswersWithReceipts | Flaw::PostsBadReceipts) => {
            tokio::spawn(receipt(chat, id, revision));
            (StatusCode::ACCEPTED, axum::Json(at)).into_response()
        }
        _ => (StatusCode::OK, axum::Json(at)).into_response(),
    }
}

async fn receipt(chat: Chat, id: String, revision: u64) {
    let event_id = format!("r-{}", chat.next());
    let mut body = json!({
        "event_id": event_id, "prompt_id": id, "revision": revision, "state": "shown", "prompt_ref": format!("there {id}"),
    });
    if chat.has(Flaw::PostsBadReceipts) {
        body["seen_by"] = json!(3);
    }
    chat.post("receipts", &event_id, &body).await;
}

#[async_trait]
impl Person for Chat {
    async fn look(&self, at: &Place, wanted: &Wanted) -> Outcome {
        wanted.judge(&self.view(at)).map_err(Miss::failed)
    }

    async fn act(&self, at: &Place, deed: &Deed, wanted: Option<&str>) -> Outcome {
        let message = {
            let cards = self.cards();
            let mut shown = cards
                .shown
                .get(&at.prompt_id.to_string())
                .into_iter()
                .flatten();
            let message = shown.find(|message| readable(message, at)).cloned();
            message.ok_or_else(|| Miss::failed("there is no such message"))?
        };
        let (handle, text) = match deed {
            Deed::Press { label } => {
                let mut buttons = message.buttons.iter();
                let button = match self.0.flaw {
                    Some(Flaw::SendsTheFirstHandle) => buttons.next(),
                    _ => buttons.find(|it| it.label == *label),
                };
                (button.map(|it| it.handle.clone()), None)
            }
            Deed::Write { text, .. } => {
                let handle = message.free_text.as_ref().map(|it| it.handle.clone());
                let text = if self.has(Flaw::CutsWords) {
                    &text[..3]
                } else {
                    text
                };
                (handle, Some(text.to_owned()))
            }
        };
        let handle = handle.ok_or_else(|| Miss::failed("there is no such button"))?;
        let number = match self.0.flaw {
            Some(Flaw::HasOneEventForAPrompt) => at.prompt_id.to_string(),
            _ => self.next().to_string(),
        };
        let user = match self.0.flaw {
            Some(Flaw::NamesPeopleByTheirNames) => "Ann".to_owned(),
            Some(Flaw::TakesTheFirstReader) => message.recipients[0].user_id.clone(),
            _ => at.user_id.clone(),
        };
        let prompt = match self.0.flaw {
            Some(Flaw::SendsAnotherPrompt) => "prm_01JD0000000000000000000000".to_owned(),
            _ => at.prompt_id.to_string(),
        };
        let early = if self.has(Flaw::HasNoClock) { 3600 } else { 0 };
        let occurred = now() - jiff::SignedDuration::from_secs(early);
        let mut body = json!({
            "event_id": format!("e-{number}"), "prompt_id": prompt, "handle": handle, "text": text,
            "via": if text.is_some() { "text" } else { "button" },
            "actor": { "user_id": user, "display_name": "Ann" },
            "occurred_at": format!("{occurred:.3}"),
        });
        if self.has(Flaw::AddsFields) {
            body["chat"] = json!("main");
        }
        if self.has(Flaw::SendsNoWords) && text.is_some() {
            return Ok(());
        }
        let (told, hears) = oneshot::channel();
        tokio::spawn(self.clone().deliver(body, told));
        let said = timeout(TOLD_WITHIN, hears)
            .await
            .ok()
            .and_then(Result::ok)
            .flatten();
        wanted.map_or(Ok(()), |wanted| judge_told(wanted, said.as_deref()))
    }
}
