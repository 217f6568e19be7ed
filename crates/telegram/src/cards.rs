//! Cards in chats: posting one with its documents, editing it, drawing attention to it.
//!
//! What was posted is remembered in the store at once, so that a crash or a later failure does
//! not post it again: Telegram has no idempotency key for messages.

mod memory;
mod refusals;

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Arc, Mutex, PoisonError};

use signoff_engine::{ChannelStore, PromptCard};

pub(crate) use self::memory::places;
use self::memory::{File, Memory, Posted, all_there};
use self::refusals::{Edited, concerns_the_document, may_have_arrived};
use crate::limiter::Priority;
use crate::outbound::{Outbound, Outgoing, SendError, Sent};
use crate::place::{CardRef, Place};
use crate::render::{self, Attachments, Html, RenderedCard, line};
use crate::texts::{self, Language};

/// How many messages' contents are remembered, to spare edits that change nothing.
const REMEMBERED: usize = 10_000;

/// Where one copy of a card stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Copies {
    /// The copy to answer.
    pub(crate) at: CardRef,
    /// Older ones that lack their documents, and can only be refused.
    bare: Vec<CardRef>,
}

impl Copies {
    fn one(at: CardRef) -> Self {
        Self {
            at,
            bare: Vec::new(),
        }
    }

    /// All of them, the one to answer first.
    pub(crate) fn all(self) -> impl Iterator<Item = CardRef> {
        std::iter::once(self.at).chain(self.bare)
    }
}

/// Shows cards. Cloning shares everything.
#[derive(Debug, Clone)]
pub(crate) struct Cards {
    outbound: Outbound,
    store: ChannelStore,
    /// (Chat, message) → the hash of what it shows, as far as this process put it there.
    shown: Arc<Mutex<HashMap<(i64, i32), u64>>>,
}

impl Cards {
    pub(crate) fn new(outbound: Outbound, store: ChannelStore) -> Self {
        Self {
            outbound,
            store,
            shown: Arc::default(),
        }
    }

    /// Posts a card, its documents first. `occasion` tells the first card in a place from one
    /// that replaces it or was asked for; for the same occasion nothing is posted twice.
    pub(crate) async fn post(
        &self,
        card: &PromptCard,
        place: Place,
        occasion: &str,
        priority: Priority,
    ) -> Result<CardRef, SendError> {
        let copies = self.present(card, place, occasion, priority).await?;
        Ok(copies.at)
    }

    /// Like [`Self::post`]; also answers with older copies that were met on the way.
    pub(crate) async fn present(
        &self,
        card: &PromptCard,
        place: Place,
        occasion: &str,
        priority: Priority,
    ) -> Result<Copies, SendError> {
        self.present_below(card, place, occasion, priority, None)
            .await
    }

    /// Like [`Self::present`]; `above` is the message that the card replies to, if that is there.
    async fn present_below(
        &self,
        card: &PromptCard,
        place: Place,
        occasion: &str,
        priority: Priority,
        above: Option<i32>,
    ) -> Result<Copies, SendError> {
        let memory = Memory::new(&self.store, card, place, occasion);
        let mut posted = memory.recall().await?;
        if let Some(at) = &posted.card {
            return self.update(card, at).await;
        }
        memory.remember_place().await?;
        let mut rendered = self.render(card, place, Attachments::Posted);
        let open = card.request.outcome.is_none();
        if open {
            self.attach(&rendered, place, priority, &memory, &mut posted)
                .await?;
        }
        if posted.refused || (!open && self.lacks(card, &rendered, place, i32::MAX).await?) {
            rendered = self.render(card, place, Attachments::Missing);
        }
        let message = Outgoing {
            reply_to: above,
            ..outgoing(&rendered)
        };
        let sent = match self.outbound.try_send(place, &message, priority).await {
            Ok(sent) => sent,
            Err(error) => {
                if !posted.unsure && may_have_arrived(&error) {
                    posted.unsure = true;
                    memory.keep(&posted).await?;
                }
                return Err(error);
            }
        };
        let at = CardRef {
            place: sent.place,
            message: sent.message,
            attached: !posted.refused,
        };
        self.note(&at, &message);
        posted.card = Some(at.clone());
        memory.keep(&posted).await?;
        let apart = !all_there(&rendered.documents, &posted.files, at.place, at.message);
        if open && at.attached && apart {
            // The group moved, or its topic went, between the documents and the card.
            return self.update(card, &at).await;
        }
        Ok(Copies::one(at))
    }

    /// Whether a card may have been posted on this occasion.
    pub(crate) async fn may_stand(
        &self,
        card: &PromptCard,
        place: Place,
        occasion: &str,
    ) -> Result<bool, SendError> {
        let memory = Memory::new(&self.store, card, place, occasion);
        let posted = memory.recall().await?;
        Ok(posted.unsure || posted.card.is_some())
    }

    /// The card that was posted on this occasion, unless another took its place.
    pub(crate) async fn posted(
        &self,
        card: &PromptCard,
        place: Place,
        occasion: &str,
    ) -> Result<Option<CardRef>, SendError> {
        let posted = Memory::new(&self.store, card, place, occasion);
        let Some(at) = posted.recall().await?.card else {
            return Ok(None);
        };
        let next = Memory::new(&self.store, card, at.place, &instead_of(&at));
        let replaced = next.recall().await?.card.is_some();
        Ok((!replaced).then_some(at))
    }

    /// Posts the documents that are not there yet. A refusal of the document itself is
    /// remembered: the card then says so and cannot be approved.
    async fn attach(
        &self,
        rendered: &RenderedCard,
        place: Place,
        priority: Priority,
        memory: &Memory<'_>,
        posted: &mut Posted,
    ) -> Result<(), SendError> {
        for document in &rendered.documents {
            if posted.refused {
                return Ok(());
            }
            let here = self.outbound.whereabouts(place).await?;
            if posted.has(document, here) {
                continue;
            }
            match self.outbound.try_document(place, document, priority).await {
                Ok(sent) => posted.files.push(File::new(document, sent)),
                Err(SendError::Api(error)) if concerns_the_document(&error) => {
                    tracing::error!(place = %place, "a card's document was refused: {error}");
                    posted.refused = true;
                }
                Err(error) => return Err(error),
            }
            memory.keep(posted).await?;
        }
        Ok(())
    }

    /// Makes a card that stands somewhere show this. One that is gone is posted anew: while the
    /// request is open so that it can be answered, afterwards so that its outcome is seen. One that
    /// Telegram refuses to change stands as it is while its buttons are good, and its outcome is
    /// posted in a reply.
    ///
    /// What fitted into the message once may need documents now, in another language or another
    /// layout: an open card whose documents its reader was never given is posted anew with them.
    pub(crate) async fn update(
        &self,
        card: &PromptCard,
        at: &CardRef,
    ) -> Result<Copies, SendError> {
        let here = self.outbound.whereabouts(at.place).await?;
        if here.chat != at.place.chat {
            return self.replace(card, at).await;
        }
        let rendered = self.render(card, at.place, Attachments::Posted);
        let lacking = self.lacks(card, &rendered, at.place, at.message).await?;
        if lacking && at.attached && card.request.outcome.is_none() {
            return self.complete(card, at).await;
        }
        let rendered = if lacking || !at.attached {
            self.render(card, at.place, Attachments::Missing)
        } else {
            rendered
        };
        let open = card.request.outcome.is_none();
        match self.edit(card, at, &rendered).await? {
            Edited::Refused if !open => self.replace(card, at).await,
            Edited::Done | Edited::Refused => Ok(Copies::one(at.clone())),
            Edited::Gone => self.replace(card, at).await,
        }
    }

    /// Makes a message read like this.
    async fn edit(
        &self,
        card: &PromptCard,
        at: &CardRef,
        rendered: &RenderedCard,
    ) -> Result<Edited, SendError> {
        let message = outgoing(rendered);
        if self.shows(at, &message) {
            return Ok(Edited::Done);
        }
        let priority = match card.request.outcome {
            Some(_) => Priority::Close,
            None => Priority::Notice,
        };
        let sent = Sent {
            place: at.place,
            message: at.message,
        };
        let Err(error) = self.outbound.try_edit(sent, &message, priority).await else {
            self.note(at, &message);
            return Ok(Edited::Done);
        };
        let edited = Edited::after(&error);
        if edited == Some(Edited::Refused) {
            tracing::warn!(place = %at.place, prompt = %card.prompt_id,
                "a card cannot be changed: {error}");
        }
        edited.ok_or(error)
    }

    /// Posts a card anew with the documents that it needs by now. The one without them can only
    /// be refused from then on.
    async fn complete(&self, card: &PromptCard, at: &CardRef) -> Result<Copies, SendError> {
        let occasion = format!("completing {}", at.message);
        let anew = self.present(card, at.place, &occasion, Priority::NewCard);
        let mut copies = Box::pin(anew).await?;
        let bare = CardRef {
            attached: false,
            ..at.clone()
        };
        let rendered = self.render(card, at.place, Attachments::Missing);
        if self.edit(card, &bare, &rendered).await? != Edited::Gone {
            copies.bare.push(bare);
        }
        Ok(copies)
    }

    /// Whether some document that this rendering speaks of was never posted there, above that
    /// message.
    async fn lacks(
        &self,
        card: &PromptCard,
        rendered: &RenderedCard,
        place: Place,
        message: i32,
    ) -> Result<bool, SendError> {
        if rendered.documents.is_empty() {
            return Ok(false);
        }
        let here = self.outbound.whereabouts(place).await?;
        let files = memory::files(&self.store, card).await?;
        Ok(!all_there(&rendered.documents, &files, here, message))
    }

    fn render(&self, card: &PromptCard, place: Place, attachments: Attachments) -> RenderedCard {
        let language = language_in(card, place.chat);
        render::card(card, language, self.store.now(), attachments)
    }

    /// Posts a card anew instead of one that is gone, that cannot be changed, or that stayed
    /// behind in a group that moved.
    async fn replace(&self, card: &PromptCard, gone: &CardRef) -> Result<Copies, SendError> {
        let occasion = instead_of(gone);
        let priority = match card.request.outcome {
            Some(_) => Priority::Close,
            None => Priority::NewCard,
        };
        let above = Some(gone.message);
        Box::pin(self.present_below(card, gone.place, &occasion, priority, above)).await
    }

    /// Reminds of a card: a short reply to it that mentions those who have not responded.
    pub(crate) async fn remind(&self, card: &PromptCard, at: &CardRef) -> Result<(), SendError> {
        let language = language_in(card, at.place.chat);
        let request = &card.request;
        let mut html = Html::default();
        let silent = |approver: &String| card.approvals.contains(approver);
        for waited_for in card.recipients.iter().filter(|r| !silent(&r.approver)) {
            html.mention(&waited_for.user_id, &line(&waited_for.approver))
                .text(" ");
        }
        html.line_end();
        let now = self.store.now();
        let deadline = render::deadline(language, request.expires_at, request.created_at, now);
        html.text(&texts::reminder(language, &line(&request.title), &deadline));
        let message = Outgoing::new(html).reply_to(at.message);
        self.outbound
            .try_send(at.place, &message, Priority::Notice)
            .await?;
        Ok(())
    }

    fn shows(&self, at: &CardRef, message: &Outgoing) -> bool {
        let shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        shown.get(&(at.place.chat, at.message)) == Some(&content(message))
    }

    fn note(&self, at: &CardRef, message: &Outgoing) {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        if shown.len() >= REMEMBERED {
            shown.clear();
        }
        shown.insert((at.place.chat, at.message), content(message));
    }
}

/// The language for a chat: its person's own, or the one that all of its readers share; else
/// the request's; else English.
pub(crate) fn language_in(card: &PromptCard, chat: i64) -> Language {
    let chat = chat.to_string();
    let own = card.recipients.iter().find(|r| r.user_id == chat);
    let spoken = match own {
        Some(person) => person.language.as_deref(),
        None => shared_language(card),
    };
    Language::first_of([spoken, Some(card.language.as_str())])
}

fn shared_language(card: &PromptCard) -> Option<&str> {
    let mut languages = card
        .recipients
        .iter()
        .map(|recipient| recipient.language.as_deref());
    let first = languages.next()??;
    languages.all(|other| other == Some(first)).then_some(first)
}

/// The occasion on which a card is posted that replaces this one.
fn instead_of(gone: &CardRef) -> String {
    format!("instead of {}", gone.message)
}

fn outgoing(rendered: &RenderedCard) -> Outgoing {
    let message = Outgoing {
        html: rendered.html.clone(),
        ..Outgoing::default()
    };
    message.with_keyboard(&rendered.keyboard)
}

fn content(message: &Outgoing) -> u64 {
    let mut hasher = DefaultHasher::new();
    message.html.hash(&mut hasher);
    message
        .markup
        .as_ref()
        .map(ToString::to_string)
        .hash(&mut hasher);
    hasher.finish()
}
