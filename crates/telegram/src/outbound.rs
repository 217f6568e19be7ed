//! Sending: the calls of the Bot API that this channel makes, each within its chat's limits.
//!
//! What holds for every message is done here and nowhere else: the limiter is asked, a 429
//! pauses its chat, a group that moved is followed, a topic that is gone is left out.
//!
//! A message id never follows a move: a supergroup numbers its messages anew, and the old number
//! is somebody else's message there.

mod moves;

use std::time::Duration;

use serde_json::{Map, Value, json};
use signoff_engine::ChannelStore;
use teloxide_core::payloads::{
    AnswerCallbackQuery, AnswerCallbackQuerySetters as _, EditMessageText,
    EditMessageTextSetters as _, SendMessage, SendMessageSetters as _,
};
use teloxide_core::types::{
    CallbackQueryId, ChatId, LinkPreviewOptions, MessageId, ParseMode, ReplyParameters, ThreadId,
};
use tokio::time::Instant;

use self::moves::Moves;
use crate::Metrics;
use crate::client::{ApiError, Client, Processed, Upload};
use crate::limiter::{Limiter, Priority};
use crate::place::Place;
use crate::render::{Document, Html, Keyboard, cut};

/// The longest answer to a press (<https://core.telegram.org/bots/api#answercallbackquery>).
const ANSWER_CHARS: usize = 200;
/// How often one message is sent on: to a group's new id, without its topic.
const DETOURS: u32 = 3;
/// How long a conversation waits for its chat's limit before its update is tried again later.
const PATIENCE: Duration = Duration::from_secs(90);

/// Sends what this channel has to say. Cloning shares everything.
#[derive(Debug, Clone)]
pub(crate) struct Outbound {
    client: Client,
    limiter: Limiter,
    moves: Moves,
    metrics: Metrics,
    protect_content: bool,
}

/// A message to send.
#[derive(Debug, Clone, Default)]
pub(crate) struct Outgoing {
    pub(crate) html: String,
    pub(crate) markup: Option<Value>,
    pub(crate) reply_to: Option<i32>,
    pub(crate) silent: bool,
}

impl Outgoing {
    /// A message of this text.
    pub(crate) fn new(html: Html) -> Self {
        Self {
            html: html.into_markup(),
            ..Self::default()
        }
    }

    /// A message of this plain text.
    pub(crate) fn plain(text: &str) -> Self {
        let mut html = Html::default();
        html.text(text);
        Self::new(html)
    }

    /// The same with buttons.
    pub(crate) fn with_keyboard(mut self, keyboard: &Keyboard) -> Self {
        self.markup = (!keyboard.is_empty()).then(|| keyboard.to_json());
        self
    }

    /// The same as a reply to this message, or without that when it is gone.
    pub(crate) fn reply_to(mut self, message: i32) -> Self {
        self.reply_to = Some(message);
        self
    }

    /// The same without a sound.
    pub(crate) fn silently(mut self) -> Self {
        self.silent = true;
        self
    }
}

/// Where a message went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sent {
    pub(crate) place: Place,
    pub(crate) message: i32,
}

/// Why a message was not sent.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SendError {
    /// The chat takes nothing for so long.
    #[error("the chat takes nothing for {} s", .0.as_secs())]
    Busy(Duration),
    /// Telegram refused, or did not answer.
    #[error(transparent)]
    Api(ApiError),
    /// Our own store did not answer.
    #[error("the store is not available")]
    Store(#[from] signoff_engine::Error),
}

impl Outbound {
    pub(crate) fn new(
        client: Client,
        limiter: Limiter,
        store: ChannelStore,
        metrics: Metrics,
        protect_content: bool,
    ) -> Self {
        Self {
            client,
            limiter,
            moves: Moves::new(store),
            metrics,
            protect_content,
        }
    }

    /// The client, for calls that send no message.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// Where a chat is now.
    pub(crate) async fn whereabouts(&self, place: Place) -> Result<Place, SendError> {
        Ok(self.moves.follow(place).await?)
    }

    /// A group has another id from now on.
    pub(crate) async fn moved(&self, from: i64, to: i64) -> Result<(), signoff_engine::Error> {
        self.moves.remember(from, to).await
    }

    /// Sends a message now, or says how long to wait.
    pub(crate) async fn try_send(
        &self,
        place: Place,
        message: &Outgoing,
        priority: Priority,
    ) -> Result<Sent, SendError> {
        let asked = place.chat;
        self.directed(place, priority, |place| async move {
            let mut payload = SendMessage::new(ChatId(place.chat), message.html.clone())
                .parse_mode(ParseMode::Html)
                .link_preview_options(no_preview())
                .protect_content(self.protect_content)
                .disable_notification(message.silent);
            payload.message_thread_id = place.topic.map(|topic| ThreadId(MessageId(topic)));
            payload.reply_parameters = message
                .reply_to
                .filter(|_| place.chat == asked)
                .map(|id| ReplyParameters::new(MessageId(id)).allow_sending_without_reply());
            let answer = self
                .client
                .call_with(&payload, markup(message.markup.as_ref()))
                .await?;
            Ok(Sent {
                place,
                message: message_id(&answer)?,
            })
        })
        .await
    }

    /// Sends a message as soon as its chat takes it, ahead of everything else.
    pub(crate) async fn send(&self, place: Place, message: &Outgoing) -> Result<Sent, SendError> {
        let _ticket = self.limiter.announce(self.whereabouts(place).await?.chat);
        let give_up = Instant::now() + PATIENCE;
        loop {
            match self.try_send(place, message, Priority::Conversation).await {
                Err(SendError::Busy(wait)) if Instant::now() + wait < give_up => {
                    tokio::time::sleep(wait).await;
                }
                result => return result,
            }
        }
    }

    /// Posts a file now, or says how long to wait.
    pub(crate) async fn try_document(
        &self,
        place: Place,
        document: &Document,
        priority: Priority,
    ) -> Result<Sent, SendError> {
        self.directed(place, priority, |place| async move {
            let mut fields = vec![
                ("chat_id", place.chat.to_string()),
                ("caption", document.caption.clone()),
                ("protect_content", self.protect_content.to_string()),
                // The card that follows is what rings.
                ("disable_notification", true.to_string()),
            ];
            fields.extend(
                place
                    .topic
                    .map(|topic| ("message_thread_id", topic.to_string())),
            );
            let upload = Upload {
                field: "document",
                file_name: document.file_name.clone(),
                mime_type: document.mime_type,
                bytes: document.bytes.clone(),
            };
            let answer = self.client.upload("sendDocument", &fields, upload).await?;
            Ok(Sent {
                place,
                message: message_id(&answer)?,
            })
        })
        .await
    }

    /// Makes a message of ours read like this now, or says how long to wait. An edit never
    /// notifies anybody. That it reads so already is success. In a group that has moved there is
    /// nothing to edit.
    pub(crate) async fn try_edit(
        &self,
        at: Sent,
        message: &Outgoing,
        priority: Priority,
    ) -> Result<(), SendError> {
        let chat = at.place.chat;
        let payload =
            EditMessageText::new(ChatId(chat), MessageId(at.message), message.html.clone())
                .parse_mode(ParseMode::Html)
                .link_preview_options(no_preview());
        let edit = async {
            self.client
                .call_with(&payload, markup(message.markup.as_ref()))
                .await
        };
        match self.within_limits(chat, priority, edit).await {
            Ok(_) | Err(SendError::Api(ApiError::NotModified)) => Ok(()),
            Err(SendError::Api(ApiError::MigratedTo(to))) => {
                self.moves.remember(chat, to).await?;
                let description =
                    format!("the group is now {to}; its old messages stay as they are");
                Err(SendError::Api(ApiError::NothingToEdit { description }))
            }
            Err(error) => Err(error),
        }
    }

    /// Makes a message of ours read like this as soon as its chat takes it, ahead of everything else.
    pub(crate) async fn edit(&self, at: Sent, message: &Outgoing) -> Result<(), SendError> {
        let _ticket = self.limiter.announce(at.place.chat);
        let give_up = Instant::now() + PATIENCE;
        loop {
            match self.try_edit(at, message, Priority::Conversation).await {
                Err(SendError::Busy(wait)) if Instant::now() + wait < give_up => {
                    tokio::time::sleep(wait).await;
                }
                result => return result,
            }
        }
    }

    /// Answers a press: Telegram takes one answer, and sets no limit.
    pub(crate) async fn answer(
        &self,
        query: &str,
        text: Option<&str>,
        alert: bool,
    ) -> Result<(), ApiError> {
        let mut payload = AnswerCallbackQuery::new(CallbackQueryId(query.to_owned()));
        if let Some(text) = text {
            payload = payload.text(cut(text, ANSWER_CHARS)).show_alert(alert);
        }
        self.client.call(&payload).await.map(|_| ())
    }

    /// Makes one call for a place: within its limits, at its present id, without a topic that is
    /// gone.
    async fn directed<F, Call>(
        &self,
        place: Place,
        priority: Priority,
        call: Call,
    ) -> Result<Sent, SendError>
    where
        Call: Fn(Place) -> F,
        F: Future<Output = Result<Sent, ApiError>>,
    {
        let mut place = self.whereabouts(place).await?;
        let mut detours = 0;
        loop {
            let error = match self.within_limits(place.chat, priority, call(place)).await {
                Err(SendError::Api(error)) => error,
                result => return result,
            };
            detours += 1;
            match error {
                ApiError::MigratedTo(chat) if detours <= DETOURS => {
                    self.moves.remember(place.chat, chat).await?;
                    place = Place { chat, topic: None };
                }
                ApiError::ThreadNotFound { .. } if place.topic.is_some() && detours <= DETOURS => {
                    tracing::warn!(place = %place, "the topic is gone; its chat is used instead");
                    place.topic = None;
                }
                error => return Err(SendError::Api(error)),
            }
        }
    }

    /// Makes one call when its chat takes it now; a 429 makes the chat wait.
    async fn within_limits<T>(
        &self,
        chat: i64,
        priority: Priority,
        call: impl Future<Output = Result<T, ApiError>>,
    ) -> Result<T, SendError> {
        if let Err(wait) = self.limiter.ask(chat, priority, Instant::now()) {
            self.metrics.waited(priority.as_str());
            return Err(SendError::Busy(wait));
        }
        call.await.map_err(|error| match error {
            ApiError::RetryAfter { seconds } => {
                let wait = Duration::from_secs(seconds);
                self.limiter.pause(chat, wait, Instant::now());
                SendError::Busy(wait)
            }
            error => SendError::Api(error),
        })
    }
}

fn no_preview() -> LinkPreviewOptions {
    LinkPreviewOptions {
        is_disabled: true,
        url: None,
        prefer_small_media: false,
        prefer_large_media: false,
        show_above_text: false,
    }
}

/// A keyboard or a `ForceReply` as JSON: teloxide's buttons have no `style`. An edit without one
/// takes the buttons away.
fn markup(markup: Option<&Value>) -> Map<String, Value> {
    markup
        .map(|markup| ("reply_markup".to_owned(), markup.clone()))
        .into_iter()
        .collect()
}

/// A `ForceReply` for the people whom the message mentions.
pub(crate) fn force_reply(placeholder: &str) -> Value {
    json!({ "force_reply": true, "selective": true, "input_field_placeholder": cut(placeholder, 64) })
}

/// The id of the message that was sent. Without one, it may have been sent all the same.
fn message_id(answer: &Value) -> Result<i32, ApiError> {
    let id = answer.get("message_id").and_then(Value::as_i64);
    id.and_then(|id| i32::try_from(id).ok())
        .ok_or_else(|| ApiError::Network {
            processed: Processed::Maybe,
            cause: "Telegram answered without the message".to_owned(),
        })
}

/// What a failure means for whoever asked for a card.
impl From<SendError> for signoff_engine::ChannelError {
    fn from(error: SendError) -> Self {
        let cause = error.to_string();
        match error {
            SendError::Busy(after) => Self::Busy { after },
            SendError::Store(_) => Self::Retry { after: None, cause },
            SendError::Api(error) => match error {
                ApiError::Unreachable { .. }
                | ApiError::ParseEntities { .. }
                | ApiError::TooLong { .. }
                | ApiError::NothingToEdit { .. }
                | ApiError::ThreadNotFound { .. }
                | ApiError::Refused { .. } => Self::Permanent { cause },
                // Nothing but the operator helps: ask again, but not soon.
                ApiError::Unauthorized => Self::Retry {
                    after: Some(Duration::from_mins(1)),
                    cause,
                },
                _ => Self::Retry { after: None, cause },
            },
        }
    }
}
