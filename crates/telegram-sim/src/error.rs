//! What can go wrong on the person side of the simulator.

/// A person cannot do what the test asked for, or the simulator cannot run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The listening socket could not be opened.
    #[error("cannot listen on 127.0.0.1:{port}")]
    Listen {
        /// The port that was asked for.
        port: u16,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// The HTTP client for webhooks could not be built.
    #[error("cannot build the webhook client")]
    WebhookClient(#[source] reqwest::Error),
    /// No person has this id.
    #[error("there is no person {0}")]
    NoSuchPerson(i64),
    /// No chat has this id.
    #[error("there is no chat {0}")]
    NoSuchChat(i64),
    /// The message never existed or was deleted.
    #[error("there is no message {message} in chat {chat}")]
    NoSuchMessage {
        /// The chat.
        chat: i64,
        /// The message that is not there.
        message: i64,
    },
    /// No button, or more than one, has this label.
    #[error("no single button matches [{label}]; the message has [{}]", .buttons.join("] ["))]
    NoSuchButton {
        /// The label that the test asked for.
        label: String,
        /// The labels that the message has.
        buttons: Vec<String>,
    },
    /// The button opens or copies something; a tap sends nothing to the bot.
    #[error("the button {0:?} sends nothing to the bot")]
    NotACallback(String),
    /// The person is not in the chat.
    #[error("person {person} is not in chat {chat}")]
    NotAMember {
        /// The person.
        person: i64,
        /// The chat.
        chat: i64,
    },
    /// The person must unblock the bot before writing to it.
    #[error("person {0} has blocked the bot")]
    BotIsBlocked(i64),
    /// Telegram does not send empty messages.
    #[error("the text is empty")]
    EmptyText,
    /// Only the author can edit a message.
    #[error("message {message} is not by person {person}")]
    NotTheAuthor {
        /// The person who tried.
        person: i64,
        /// The message.
        message: i64,
    },
    /// The chat is of the wrong kind for this.
    #[error("chat {chat} is not {expected}")]
    WrongKind {
        /// The chat.
        chat: i64,
        /// What it would have to be.
        expected: &'static str,
    },
    /// The deep link is not a link to this bot.
    #[error("{0:?} is not a link to this bot")]
    NotALink(String),
    /// Nothing like it arrived in time. Holds the transcript.
    #[error("{0}")]
    TimedOut(String),
}

pub(crate) use Error as SimError;
