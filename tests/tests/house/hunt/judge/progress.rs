//! What the service had the chance to do, seen by what it did meanwhile. How fast the machine was
//! excuses nothing and proves nothing: only work that overtook other work does.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use signoff_telegram_sim::Call;

use super::At;
use super::case::{Case, Press};
use crate::hunt::crowd::Crowd;
use crate::hunt::diary::{Card, Diary, Span, Typed, What};

/// In how many lives a card may be overtaken: a kill can fall between two that were begun together.
const OVERTAKEN: usize = 2;
/// What no press or text that was treated like the others meets.
const BAD_LUCK: f64 = 1e-5;

/// A chat and a person: what one of them does in one chat is handled in order.
type Lane = (i64, usize);

/// Something that somebody did.
#[derive(Debug, Clone, Copy)]
struct Deed {
    lane: Lane,
    is_text: bool,
    at_ms: i64,
    /// When its answer was taken, whole and without a fault.
    done_ms: Option<i64>,
    /// When the service last said anything to it.
    last_ms: i64,
}

/// The service's progress, as far as it was seen.
#[derive(Debug, Clone)]
pub(crate) struct Progress {
    pub(crate) lives: Vec<Span>,
    deeds: Vec<Deed>,
    /// Every card with what asked for it: when its request was first submitted.
    cards: Vec<(Card, i64)>,
    /// When each chat was sent or made to show anything.
    sent: BTreeMap<i64, Vec<i64>>,
}

impl Progress {
    /// Reads the diary.
    pub(crate) fn of(diary: &Diary) -> Self {
        let mut answers: HashMap<&str, i64> = HashMap::new();
        let mut answered: HashMap<At, i64> = HashMap::new();
        let mut last: HashMap<&str, i64> = HashMap::new();
        let mut last_at: HashMap<At, i64> = HashMap::new();
        for call in &diary.calls {
            let went_well = call.status == 200 && call.fault.is_none();
            if let Some(query) = call.params["callback_query_id"].as_str() {
                last.insert(query, call.at_ms);
                if went_well {
                    answers.entry(query).or_insert(call.at_ms);
                }
            }
            let (chat, reply) = (&call.params["chat_id"], &call.params["reply_parameters"]);
            if let (Some(chat), Some(to)) = (chat.as_i64(), reply["message_id"].as_i64()) {
                last_at.insert((chat, to), call.at_ms);
                if went_well {
                    answered.entry((chat, to)).or_insert(call.at_ms);
                }
            }
        }
        let presses = diary.taps.iter().map(|tap| Deed {
            lane: (tap.chat, tap.person),
            is_text: false,
            at_ms: tap.at_ms,
            done_ms: answers.get(tap.tap.query_id()).copied(),
            last_ms: last.get(tap.tap.query_id()).copied().unwrap_or_default(),
        });
        let texts = diary.texts.iter().map(|text| Deed {
            lane: (text.chat, text.person),
            is_text: true,
            at_ms: text.at_ms,
            done_ms: answered.get(&(text.chat, text.message)).copied(),
            last_ms: last_at
                .get(&(text.chat, text.message))
                .copied()
                .unwrap_or_default(),
        });
        let cards = diary.cards.iter().filter_map(|card| {
            let told = diary.told.get(&card.correlation_id)?;
            Some((card.clone(), told.asked_ms))
        });
        let mut sent: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
        for call in &diary.calls {
            if let Some(chat) = call.params["chat_id"].as_i64() {
                sent.entry(chat).or_default().push(call.at_ms);
            }
        }
        Self {
            lives: diary.lives.clone(),
            deeds: presses.chain(texts).collect(),
            cards: cards.collect(),
            sent,
        }
    }

    /// The life in which something was served. All that a process sent is served before the next
    /// one is born.
    pub(crate) fn life(&self, at_ms: i64) -> usize {
        self.lives.partition_point(|life| life.born < at_ms)
    }

    /// Whether the process that posted a card died before the same chat had the next one.
    pub(crate) fn died_before_next(&self, card: &Card) -> bool {
        let life = self.life(card.at_ms);
        let posted_by = life.checked_sub(1).and_then(|n| self.lives.get(n));
        let next = self.cards.iter().map(|(next, _)| next);
        let mut next = next.filter(|next| next.chat == card.chat && next.message > card.message);
        posted_by.is_some_and(|life| life.died.is_some())
            && !next.any(|next| self.life(next.at_ms) == life)
    }

    /// Whether others were seen through, life after life, while these presses waited, which together
    /// would have ended the request by then.
    pub(crate) fn overtook_presses(&self, presses: &[&Press], by_ms: i64) -> bool {
        let ready = presses
            .iter()
            .map(|press| self.ready((press.at.0, press.person), press.at_ms));
        // One that waits behind something that was never answered says nothing.
        let Some(ready) = ready.collect::<Option<Vec<i64>>>() else {
            return false;
        };
        let Some(ready) = ready.into_iter().max() else {
            return false;
        };
        self.luck(|deed| !deed.is_text, ready, by_ms) < BAD_LUCK
    }

    /// The same of a text. In a group few texts are handled at once, so only those of that group
    /// overtake.
    pub(crate) fn overtook_text(&self, text: &Typed, by_ms: i64) -> bool {
        let Some(ready) = self.ready((text.chat, text.person), text.at_ms) else {
            return false;
        };
        let counts = |deed: &Deed| text.chat > 0 || (deed.is_text && deed.lane.0 == text.chat);
        self.luck(counts, ready, by_ms) < BAD_LUCK
    }

    /// How likely it is that something which was ready then was never seen through by then, had it
    /// been treated like all that waited with it: in each life the service sees a part of it through.
    fn luck(&self, counts: impl Fn(&Deed) -> bool, ready_ms: i64, by_ms: i64) -> f64 {
        // Strangers have a queue of their own.
        let others = self.deeds.iter();
        let others = others.filter(|deed| counts(deed) && deed.lane.1 != Crowd::GUEST);
        let others: Vec<&Deed> = others.filter(|deed| deed.at_ms < by_ms).collect();
        let mut luck = 1.0;
        for life in self.lives.iter().filter(|life| life.born > ready_ms) {
            let died = life.died.unwrap_or(i64::MAX).min(by_ms);
            let (mut waiting, mut seen) = (1.0, 0.0);
            for deed in &others {
                let done = deed.done_ms.unwrap_or(deed.last_ms);
                if deed.at_ms < died && done > life.born {
                    waiting += 1.0;
                    seen += f64::from(u8::from(done < died));
                }
            }
            luck *= 1.0 - seen / waiting;
        }
        luck
    }

    /// Since when nothing of the same lane is before it: since the last word on what was.
    fn ready(&self, lane: Lane, at_ms: i64) -> Option<i64> {
        let before = self.deeds.iter();
        let before = before.filter(|deed| deed.lane == lane && deed.at_ms < at_ms);
        let mut ready = at_ms;
        for deed in before {
            ready = ready.max(deed.done_ms?).max(deed.last_ms);
        }
        Some(ready)
    }

    /// Whether cards of younger requests were posted, life after life, that this one's should have
    /// been posted before: in the same chat, or in another while this chat took nothing.
    pub(crate) fn overtook_card(&self, case: &Case, chat: i64, by_ms: i64) -> bool {
        let Some(taken) = case.told.taken_ms else {
            return false;
        };
        let own = |card: &Card| card.correlation_id == case.told.asked.correlation_id;
        let in_life = |at_ms: &i64, life: usize| self.life(*at_ms) == life;
        let missed = self.cards.iter().filter(|(card, asked_ms)| {
            let life = self.life(card.at_ms);
            let sent = self.sent.get(&chat).into_iter().flatten();
            let quiet = !sent.clone().any(|at| in_life(at, life));
            let shown = |(other, _): &(Card, i64)| {
                own(other) && other.chat == chat && other.at_ms <= card.at_ms
            };
            !own(card)
                && *asked_ms > taken
                && card.at_ms < by_ms
                && (card.chat == chat || quiet)
                && !self.cards.iter().any(shown)
        });
        let lives: BTreeSet<usize> = missed.map(|(card, _)| self.life(card.at_ms)).collect();
        lives.len() > OVERTAKEN
    }
}

/// Whether a call is a reply to that message.
pub(crate) fn is_reply(call: &Call, chat: i64, message: i64) -> bool {
    call.method == "sendMessage"
        && call.params["chat_id"].as_i64() == Some(chat)
        && call.params["reply_parameters"]["message_id"].as_i64() == Some(message)
}

impl Typed {
    /// Whether it says something about the request that it belongs to.
    pub(crate) fn responds(&self) -> bool {
        matches!(self.what, What::Reply | What::Deny)
    }
}
