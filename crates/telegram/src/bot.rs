//! What everything that reacts to people shares: who we are, whom we ask, how we speak.

use std::sync::Arc;

use jiff::Timestamp;
use signoff_engine::{ChannelStore, Gateway, Person, Transcriber, UserIdentity};

use crate::cards::Cards;
use crate::client::ApiError;
use crate::conversation::Strangers;
use crate::outbound::{Outbound, Outgoing, SendError, Sent};
use crate::place::Place;
use crate::render::{Html, line};
use crate::texts::Language;
use crate::updates::inbound::User;
use crate::voice::Turns;
use crate::{CHANNEL, Health, Metrics};

/// Reacts to people. Cloning shares everything.
#[derive(Clone)]
pub(crate) struct Bot {
    pub(crate) id: i64,
    pub(crate) gateway: Arc<dyn Gateway>,
    pub(crate) store: ChannelStore,
    pub(crate) outbound: Outbound,
    pub(crate) cards: Cards,
    pub(crate) strangers: Strangers,
    /// What hears voice notes, where there is something.
    pub(crate) ears: Option<Arc<dyn Transcriber>>,
    pub(crate) turns: Turns,
    pub(crate) health: Health,
    pub(crate) metrics: Metrics,
}

impl std::fmt::Debug for Bot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bot")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// The update that is being handled.
#[derive(Debug, Clone)]
pub(crate) struct Origin {
    /// The same however often it is handled: `telegram:<bot id>:<update id>`.
    pub(crate) event_id: String,
    /// When it was committed to the inbox.
    pub(crate) received_at: Timestamp,
    /// Whether handling it failed before, so that a press may have been answered already.
    pub(crate) retried: bool,
}

/// Why an update was not handled to its end. Handling it again is safe.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HandleError {
    /// The service did not answer: nothing is known to have happened.
    #[error("the service did not answer")]
    Service(#[from] signoff_engine::Error),
    /// The person could not be told.
    #[error(transparent)]
    Telegram(ApiError),
    /// The chat takes nothing for so long.
    #[error("the chat takes nothing for {} s", .0.as_secs())]
    Busy(std::time::Duration),
}

impl From<SendError> for HandleError {
    fn from(error: SendError) -> Self {
        match error {
            SendError::Busy(wait) => Self::Busy(wait),
            SendError::Api(error) => Self::Telegram(error),
            SendError::Store(error) => Self::Service(error),
        }
    }
}

/// Someone who pressed or wrote, as far as it matters here.
#[derive(Debug, Clone)]
pub(crate) struct Who {
    pub(crate) identity: UserIdentity,
    /// `None` for a stranger.
    pub(crate) person: Option<Person>,
    /// Their own language, else their app's.
    pub(crate) language: Language,
}

impl Who {
    /// Their numeric id, as text.
    pub(crate) fn id(&self) -> &str {
        &self.identity.user_id
    }
}

impl Bot {
    /// Who this is.
    pub(crate) async fn who(&self, user: &User) -> Result<Who, signoff_engine::Error> {
        let identity = UserIdentity {
            channel: CHANNEL.to_owned(),
            user_id: user.id.to_string(),
            display_name: user.display_name(),
        };
        let person = self.gateway.person(&identity).await?;
        let own = person
            .as_ref()
            .and_then(|person| person.language.as_deref());
        let language = Language::first_of([own, user.language_code.as_deref()]);
        Ok(Who {
            identity,
            person,
            language,
        })
    }

    /// Says something to one person; in a group the message mentions them.
    pub(crate) async fn tell(
        &self,
        place: Place,
        reply_to: Option<i32>,
        who: &Who,
        text: &str,
    ) -> Result<Sent, HandleError> {
        let mut html = Html::default();
        if place.is_group() {
            html.mention(who.id(), &line(&who.identity.display_name))
                .text(": ");
        }
        html.text(text);
        let message = Outgoing {
            reply_to,
            ..Outgoing::new(html)
        };
        Ok(self.outbound.send(place, &message).await?)
    }
}
