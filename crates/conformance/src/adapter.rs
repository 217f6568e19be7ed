//! Is it an adapter? The kit plays Signoff to it, and lets a person in its chat look, press and write.
//!
//! What is checked without a person is what one sees from outside: the answers to prompts. What is checked with one is
//! what counts: that the chat shows what it is told, and that what people do arrives.

mod bench;
mod cards;
mod checks;
mod literal;
mod person;
mod program;
mod record;
mod stand_in;
mod trials;

use std::sync::Arc;
use std::time::Duration;

use url::Url;

pub use checks::CHECKS;
pub use person::{ChatMessage, Deed, Person, Place, Times, View, Wanted, Words, judge_told};
pub use program::Program;
pub use stand_in::{Line, StandIn};

use crate::{Examination, Miss, Report, Unreachable, peer};
use bench::Bench;
use trials::signatures::Wrong;
use trials::{
    answers, closing, delivery, responses, results, revisions, showing, signatures, tally,
};

/// Which adapter, and who is in its chat.
#[derive(Clone)]
pub struct Setup {
    /// Where the adapter is; `/v1/prompts/…` comes after it.
    pub url: Url,
    /// A person of the chat, by its own id.
    pub user: String,
    /// Another one.
    pub second_user: Option<String>,
    /// Where prompts go; each person's own place without.
    pub place: Option<String>,
    /// Who looks, presses and writes.
    pub person: Option<Arc<dyn Person>>,
    /// How long something that must come is waited for.
    pub patience: Duration,
    /// How long Signoff takes where it is slow.
    pub slowness: Duration,
}

impl std::fmt::Debug for Setup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Setup")
            .field("at", &self.origin())
            .finish_non_exhaustive()
    }
}

impl Setup {
    /// Where the adapter is, without what an address may hold that is nobody's business.
    pub fn origin(&self) -> String {
        peer::origin(&self.url)
    }
}

/// Examines an adapter that takes `stand_in` for Signoff.
///
/// # Errors
/// [`Unreachable`] when nothing answers at its address.
pub async fn examine(
    setup: &Setup,
    stand_in: &StandIn,
    mut examination: Examination,
) -> Result<Report, Unreachable> {
    peer::reach(&setup.url).await?;
    let bench = Bench::new(setup, stand_in)?;
    let (bench, on) = (&bench, &mut examination);
    if !on.check(&checks::TAKEN, answers::taken(bench)).await {
        for check in checks::CHECKS.iter().skip(1) {
            let why = async { Err(Miss::not_tried("it takes no prompt")) };
            on.check(check, why).await;
        }
        return Ok(examination.report());
    }
    let unknown_fields = answers::unknown_fields(bench);
    on.check(&checks::UNKNOWN_FIELDS, unknown_fields).await;
    forgers(bench, on).await;
    order(bench, on).await;
    look(bench, on).await;
    people(bench, on).await;
    everything(bench, on).await;
    Ok(examination.report())
}

async fn forgers(bench: &Bench<'_>, on: &mut Examination) {
    let target = signatures::target(bench).await;
    for (check, wrong) in [
        (&checks::UNSIGNED, Wrong::Unsigned),
        (&checks::FORGED, Wrong::Forged),
        (&checks::TAMPERED, Wrong::Tampered),
        (&checks::RENAMED, Wrong::OtherId),
        (&checks::OLD, Wrong::Time(-320)),
        (&checks::FUTURE, Wrong::Time(320)),
        (&checks::FOREIGN, Wrong::Channel),
    ] {
        let trial = async {
            let target = target.as_ref().map_err(Clone::clone)?;
            signatures::refused(bench, target, wrong).await
        };
        on.check(check, trial).await;
    }
    let shown = async {
        let target = target.as_ref().map_err(Clone::clone)?;
        signatures::nothing_shown(bench, target).await
    };
    on.check(&checks::NOTHING_SHOWN, shown).await;
    let clocks = signatures::clocks_may_differ(bench);
    on.check(&checks::CLOCKS, clocks).await;
    on.check(&checks::ROTATION, signatures::rotation(bench))
        .await;
    on.check(&checks::REPLAY, signatures::replay(bench)).await;
}

async fn order(bench: &Bench<'_>, on: &mut Examination) {
    on.check(&checks::HIGHER, revisions::higher(bench)).await;
    on.check(&checks::LOWER, revisions::lower(bench)).await;
    on.check(&checks::REPEATED, revisions::repeated(bench))
        .await;
    on.check(&checks::AT_ONCE, revisions::at_once(bench)).await;
    on.check(&checks::CLOSED, closing::closes(bench)).await;
    on.check(&checks::CLOSED_TWICE, closing::twice(bench)).await;
    on.check(&checks::STAYS_CLOSED, closing::stays_closed(bench))
        .await;
    on.check(&checks::AFTER_CLOSING, closing::updated(bench))
        .await;
    on.check(&checks::UNKNOWN_CLOSED, closing::unknown(bench))
        .await;
    on.check(&checks::EXPIRED_CARD, closing::expired(bench))
        .await;
}

async fn look(bench: &Bench<'_>, on: &mut Examination) {
    on.check(&checks::TITLE, showing::title(bench)).await;
    on.check(&checks::ACTION, showing::action(bench)).await;
    on.check(&checks::RISK, showing::risk(bench)).await;
    on.check(&checks::DIGEST, showing::digest(bench)).await;
    on.check(&checks::BUTTONS, showing::buttons(bench)).await;
    on.check(&checks::TWO_OPTIONS, showing::two_options(bench))
        .await;
    on.check(&checks::FIVE_OPTIONS, showing::five_options(bench))
        .await;
    on.check(&checks::NOTICE, showing::notice(bench)).await;
    on.check(&checks::LONG_TEXTS, showing::long_texts(bench))
        .await;
    on.check(&checks::LONG_ARGUMENTS, showing::long_arguments(bench))
        .await;
    on.check(&checks::MARKUP, showing::markup(bench)).await;
    on.check(&checks::RIGHT_TO_LEFT, showing::right_to_left(bench))
        .await;
    on.check(&checks::CONTROLS, showing::controls(bench)).await;
    on.check(&checks::APART, showing::apart(bench)).await;
}

async fn people(bench: &Bench<'_>, on: &mut Examination) {
    on.check(&checks::PRESS, responses::press(bench)).await;
    on.check(&checks::REASON, responses::reason(bench)).await;
    on.check(&checks::ANSWER, responses::answer(bench)).await;
    on.check(&checks::SECOND_PERSON, responses::second_person(bench))
        .await;
    on.check(&checks::CONFIRM, results::confirm_required(bench))
        .await;
    on.check(&checks::RECORDED, results::recorded(bench)).await;
    on.check(&checks::EXPIRED, results::expired(bench)).await;
    on.check(&checks::OTHERS, results::refused(bench)).await;
    // What is refused comes first, so that there is time to send it again while the others are tried.
    let refused = delivery::refused(bench).await;
    let slow = delivery::slow(bench);
    on.check(&checks::SLOW, slow).await;
    on.check(&checks::UNAVAILABLE, delivery::unavailable(bench))
        .await;
    on.check(&checks::BUSY, delivery::busy(bench)).await;
    on.check(&checks::LOST, delivery::lost_answer(bench)).await;
    on.check(&checks::DOWN, delivery::down(bench)).await;
    let refused = async { refused.and_then(|()| tally::not_again(bench, 400)) };
    on.check(&checks::REFUSED, refused).await;
}

async fn everything(bench: &Bench<'_>, on: &mut Examination) {
    for (check, judge) in [
        (
            &checks::PROMPT_REF,
            tally::prompt_ref as fn(&Bench<'_>) -> _,
        ),
        (&checks::IN_TIME, tally::in_time),
        (&checks::RECEIPTS, tally::receipts),
        (&checks::SIGNED, tally::signed),
        (&checks::SHAPED, tally::shaped),
        (&checks::MESSAGE_IDS, tally::message_ids),
        (&checks::HANDLES, tally::handles),
        (&checks::WORDS, tally::words),
        (&checks::ACTORS, tally::actors),
        (&checks::TIMES, tally::times),
        (&checks::ONE_EVENT, tally::one_event),
        (&checks::ENOUGH, |bench| tally::not_again(bench, 200)),
    ] {
        on.check(check, async { judge(bench) }).await;
    }
}
