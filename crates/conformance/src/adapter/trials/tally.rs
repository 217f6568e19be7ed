//! What is judged over everything that was seen.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use crate::adapter::bench::Bench;
use crate::adapter::record::{Done, Heard, Record};
use crate::{Miss, Outcome};

/// What was on its way when the answer came may still arrive.
const ON_ITS_WAY: Duration = Duration::from_secs(1);
/// `webhook-timestamp` has whole seconds, and a person's program takes time.
const BLUR: f64 = 2.0;

/// The first of these is told.
fn none(wrong: &[String]) -> Outcome {
    match wrong {
        [] => Ok(()),
        [first] => Err(Miss::failed(first)),
        [first, others @ ..] => Err(Miss::failed(format_args!(
            "{first} (and {} times more)",
            others.len()
        ))),
    }
}

pub(crate) fn prompt_ref(bench: &Bench<'_>) -> Outcome {
    none(&bench.notes().misshapen)
}

pub(crate) fn in_time(bench: &Bench<'_>) -> Outcome {
    none(&bench.notes().late)
}

pub(crate) fn receipts(bench: &Bench<'_>) -> Outcome {
    none(&bench.notes().unreceipted)
}

pub(crate) fn signed(bench: &Bench<'_>) -> Outcome {
    let record = bench.stand_in.record();
    called(&record)?;
    none(&record.unproved)
}

pub(crate) fn shaped(bench: &Bench<'_>) -> Outcome {
    let record = bench.stand_in.record();
    called(&record)?;
    none(&record.misshapen)
}

fn called(record: &Record) -> Outcome {
    match record.calls {
        0 => Err(Miss::not_tried("the adapter called nothing")),
        _ => Ok(()),
    }
}

pub(crate) fn message_ids(bench: &Bench<'_>) -> Outcome {
    let record = bench.stand_in.record();
    responded(&record)?;
    let mut events: BTreeMap<&str, &str> = BTreeMap::new();
    let mut ids: BTreeMap<&str, &str> = BTreeMap::new();
    let mut wrong = Vec::new();
    for heard in &record.heard {
        let (event, id) = (heard.event_id(), heard.message_id.as_str());
        let before = *events.entry(event).or_insert(id);
        if before != id {
            wrong.push(format!(
                "event {event:?} came with {before:?}, then with {id:?}"
            ));
        }
        let other = *ids.entry(id).or_insert(event);
        if other != event {
            wrong.push(format!(
                "{id:?} came with event {other:?} and with event {event:?}"
            ));
        }
    }
    none(&wrong)
}

fn responded(record: &Record) -> Outcome {
    match record.heard.len() {
        0 => Err(Miss::not_tried("no response came")),
        _ => Ok(()),
    }
}

/// What is wrong with responses, each beside what was done.
fn judge(bench: &Bench<'_>, wrong: impl Fn(&Heard, &Done) -> Option<String>) -> Outcome {
    let record = bench.stand_in.record();
    responded(&record)?;
    let mut told = Vec::new();
    for heard in &record.heard {
        let done = heard.deed.and_then(|deed| record.done.get(deed));
        if let Some(wrong) = done.and_then(|done| Some((wrong(heard, done)?, done))) {
            told.push(format!("{}: {}", wrong.1.what, wrong.0));
        }
    }
    none(&told)
}

pub(crate) fn handles(bench: &Bench<'_>) -> Outcome {
    judge(bench, |heard, done| {
        let prompt = heard.text("/prompt_id");
        if prompt != done.prompt_id.to_string() {
            return Some(format!("it came for {prompt:?}, not {}", done.prompt_id));
        }
        (heard.text("/handle") != done.handle).then(|| "it came with another handle".to_owned())
    })
}

pub(crate) fn words(bench: &Bench<'_>) -> Outcome {
    judge(bench, |heard, done| {
        let (via, came) = (heard.text("/via"), heard.text("/text"));
        let Some(words) = &done.words else {
            let fits = matches!(via, "button" | "web");
            return (!fits).then(|| format!("a press came via {via:?}"));
        };
        if !matches!(via, "text" | "voice" | "web") {
            return Some(format!("it came via {via:?}"));
        }
        // A form sends line breaks of its own kind.
        let came = came.replace("\r\n", "\n");
        (came.trim() != words.trim()).then(|| format!("{words:?} came as {came:?}"))
    })
}

pub(crate) fn actors(bench: &Bench<'_>) -> Outcome {
    judge(bench, |heard, done| {
        let came = heard.text("/actor/user_id");
        (came != done.user_id).then(|| format!("{} came as {came:?}", done.user_id))
    })
}

pub(crate) fn times(bench: &Bench<'_>) -> Outcome {
    judge(bench, |heard, done| {
        let Some(ago) = heard.ago() else {
            return Some("occurred_at or webhook-timestamp cannot be read".to_owned());
        };
        // That it is not later than it should be is tried where Signoff was down.
        let most = heard.at.duration_since(done.begun).as_secs_f64() + BLUR;
        let fits = (-BLUR..=most).contains(&ago);
        (!fits).then(|| format!("occurred_at says {ago:.1} seconds before it was sent"))
    })
}

pub(crate) fn one_event(bench: &Bench<'_>) -> Outcome {
    let record = bench.stand_in.record();
    responded(&record)?;
    let mut events: HashMap<usize, BTreeSet<&str>> = HashMap::new();
    let mut wrong = Vec::new();
    for heard in &record.heard {
        match heard.deed {
            Some(deed) => {
                events.entry(deed).or_default().insert(heard.event_id());
            }
            None => wrong.push("a response came before anybody did anything".to_owned()),
        }
    }
    for (deed, done) in record.done.iter().enumerate() {
        let events = events.get(&deed).map_or(0, BTreeSet::len);
        if events > 1 {
            wrong.push(format!("{} came as {events} events", done.what));
        }
    }
    none(&wrong)
}

/// What was answered for good with this status is not sent again.
pub(crate) fn not_again(bench: &Bench<'_>, status: u16) -> Outcome {
    let record = bench.stand_in.record();
    responded(&record)?;
    let answered = |heard: &Heard| heard.answered.filter(|(got, _)| *got == status);
    let ended = record.heard.iter().filter_map(|heard| {
        let (_, at) = answered(heard)?;
        Some((heard.event_id(), at))
    });
    let mut ends = BTreeMap::new();
    for (event, at) in ended {
        ends.entry(event).or_insert(at);
    }
    let again = record.heard.iter().filter(|heard| {
        let end = ends.get(heard.event_id());
        end.is_some_and(|end| heard.at > *end + ON_ITS_WAY)
    });
    let again: Vec<String> = again
        .map(|heard| format!("event {:?} came again after {status}", heard.event_id()))
        .collect();
    none(&again)
}
