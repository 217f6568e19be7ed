//! Every message that this channel can produce, with hostile text in every place where text can stand: a person reads
//! exactly what was meant, and Telegram takes it.
//!
//! What was meant is put together here, from the design and the catalogues of texts, and shares no code with the
//! renderer. The simulator's parser reads what was sent; `scripts/test.sh oracle` has `TDLib` read the same messages.
//! `SIGNOFF_SEED` replays a run, `SIGNOFF_RENDERED` names the file for `TDLib`, `SIGNOFF_MESSAGES` how many there are.

mod answers;
mod cards;
mod chat;
mod hostile;
mod json;
mod layout;
mod meant;
mod oracle;
mod stage;
mod words;

use std::path::PathBuf;

use serde_json::Value;
use signoff_engine::PromptCard;
use signoff_telegram_sim::{Call, Fault};

use self::hostile::Hostile;
use self::layout::Layout;
use self::meant::Meant;
use self::oracle::Spoken;
use self::words::Words;
use crate::delivery::bad_request;
use crate::world::{Options, World, approval, requester};

/// How many messages a run of `make test` looks at.
const MESSAGES: usize = 300;
/// Cards to one simulator: its record of calls is read as a whole.
const CARDS: usize = 25;

fn variable<T: std::str::FromStr>(name: &str, default: T) -> T {
    match std::env::var(name) {
        Ok(value) => value.parse().unwrap_or_else(|_| panic!("{name}={value}")),
        Err(_) => default,
    }
}

#[tokio::test]
#[expect(
    clippy::print_stdout,
    reason = "the seed replays what a random run has found"
)]
async fn every_message_reads_as_it_was_meant_whatever_it_is_made_of() {
    let seed = variable("SIGNOFF_SEED", rand::random::<u64>());
    let wanted = variable("SIGNOFF_MESSAGES", MESSAGES);
    println!("SIGNOFF_SEED={seed}");
    let mut spoken = Vec::new();
    let mut round = 0;
    while spoken.len() < wanted {
        let mut hostile = Hostile::new(seed.wrapping_add(round << 32));
        let what = format!("SIGNOFF_SEED={seed}, round {round}");
        spoken.extend(show_cards(&what, &mut hostile).await);
        spoken.extend(chat::talk(&what, &mut hostile, usize::try_from(round).unwrap()).await);
        round += 1;
    }
    println!("{} messages in {round} rounds", spoken.len());
    if let Ok(path) = std::env::var("SIGNOFF_RENDERED") {
        oracle::write(&PathBuf::from(path), seed, &spoken);
    }
}

/// Cards, open and then ended, with their documents or without.
async fn show_cards(what: &str, hostile: &mut Hostile) -> Vec<Spoken> {
    let world = World::asleep(Options::default()).await;
    let telegram = world.connects();
    let channel = telegram.channel();
    let mut spoken = Vec::new();
    for number in 0..CARDS {
        let words = Words::of(hostile.below(3));
        let now = world.store.clock().now();
        let open = cards::open(hostile, number, world.ann.id(), words.tag, now);
        let refused = hostile.chance(6);
        if refused {
            let refusal = bad_request("not enough rights to send documents to the chat");
            world.sim.fault(Fault::on("sendDocument", refusal));
        }
        let before = world.sim.calls().len();
        let at = channel.show(&open, &[]).await.expect("it is shown");
        world.sim.clear_faults();
        let what = format!("{what}, card {number} in {}", words.tag);
        spoken.extend(shown(
            &what,
            &world,
            &world.sim.calls()[before..],
            &open,
            &words,
        ));

        let ended = cards::ended(hostile, &open, now);
        let before = world.sim.calls().len();
        channel.show(&ended, &at).await.expect("it is shown");
        let what = format!("{what}, ended");
        spoken.extend(shown(
            &what,
            &world,
            &world.sim.calls()[before..],
            &ended,
            &words,
        ));
    }
    world.sim.read_all(&world.ann);
    spoken
}

/// Holds the calls that showed a card against what they were meant to show.
fn shown(
    what: &str,
    world: &World,
    calls: &[Call],
    card: &PromptCard,
    words: &Words,
) -> Vec<Spoken> {
    let [documents @ .., last] = calls else {
        panic!("{what}: nothing was called");
    };
    let text = oracle::simulated(&last.response["result"]).text;
    let (layout, meant) = laid_out(what, card, words, &text);
    let labels = layout::labels(card, words, layout);
    let mut spoken = vec![oracle::check(what, last, &meant, &labels)];
    let full = layout::head(card, words, Layout::FULL);
    if layout != Layout::FULL {
        let fits = full.units() <= 4_096 - 700 && full.markup_bytes() <= 32_768 - 6_000;
        assert!(!fits, "{what}: it would have fitted as a whole: {layout:?}");
    }
    let open = card.request.outcome.is_none();
    if open && layout.posted {
        assert_eq!(
            layout == Layout::FULL,
            documents.is_empty(),
            "{what}: {layout:?}"
        );
    }
    for call in documents {
        assert_eq!(call.method, "sendDocument", "{what}");
        if call.status == 200 {
            spoken.push(document(what, world, call, card, words));
        } else {
            assert!(!layout.posted, "{what}: a card without its document");
        }
    }
    spoken
}

/// How the card is laid out: the one layout of which what was read is the meaning.
fn laid_out(what: &str, card: &PromptCard, words: &Words, read: &str) -> (Layout, Meant) {
    let mut departures = Vec::new();
    for (inline, shortened, posted) in [
        (true, false, true),
        (false, false, true),
        (true, true, true),
        (false, true, true),
        (false, false, false),
        (true, true, false),
        (false, true, false),
    ] {
        let layout = Layout {
            inline,
            shortened,
            posted,
        };
        let head = layout::head(card, words, layout).pieces();
        match layout::meant(card, words, layout).shortened_like(read) {
            Ok((meant, cut)) if shortened || cut.iter().all(|&piece| piece >= head) => {
                return (layout, meant);
            }
            Ok((_, cut)) => departures.push(format!("{layout:?}: {cut:?} were shortened")),
            Err(departure) => departures.push(format!("{layout:?}: {departure}")),
        }
    }
    panic!("{what}: it reads\n{read}\n{}", departures.join("\n"));
}

/// Holds a document against what it is for: the very arguments, or every text in full.
fn document(what: &str, world: &World, call: &Call, card: &PromptCard, words: &Words) -> Spoken {
    let message = call.response["result"]["message_id"]
        .as_i64()
        .expect("a message");
    let seen = world
        .sim
        .message(&world.ann, message)
        .expect("it stands there");
    let bytes = seen.file_bytes().expect("a file");
    let id = card.request.id.short();
    let is_json = seen
        .document
        .as_ref()
        .and_then(|file| file.mime_type.as_deref())
        == Some("application/json");
    let caption = if is_json {
        let action = card.request.action.as_ref().expect("an action");
        let read: Value = serde_json::from_slice(bytes).expect("JSON");
        assert_eq!(read["tool"], Value::from(action.tool.clone()), "{what}");
        assert_eq!(
            read["arguments"],
            Value::Object(action.arguments.clone()),
            "{what}"
        );
        "arguments-caption"
    } else {
        let text = String::from_utf8(bytes.to_vec()).expect("a text");
        let request = &card.request;
        let mut wanted: Vec<String> = [
            &request.context,
            &request.justification,
            &request.risk_assessment,
        ]
        .into_iter()
        .flatten()
        .chain([&request.title])
        .chain(request.options.iter().map(|option| &option.label))
        .chain(
            request
                .options
                .iter()
                .filter_map(|option| option.description.as_ref()),
        )
        .map(|text| meant::prose(text))
        .collect();
        let action = request.action.as_ref();
        wanted.extend(action.map(|action| json::action(&action.tool, &action.arguments)));
        for part in wanted {
            assert!(text.contains(&part), "{what}: {part:?} is not in the file");
        }
        let unseen = text
            .chars()
            .find(|&c| meant::is_unseen(c) && !"\n\t\u{200d}\u{fe0f}\u{e0067}".contains(c));
        assert_eq!(unseen, None, "{what}: the file hides something");
        "texts-caption"
    };
    let caption = Meant::of(&words.with(caption, &[("id", &id)]));
    oracle::check(what, call, &caption, &[])
}

#[test]
fn what_cannot_be_seen_is_what_unicode_says_cannot_be_seen() {
    let emoji: String = meant::EMOJI.concat();
    assert_eq!(meant::line(&emoji), emoji);
    assert_eq!(
        meant::prose("a\u{202e}\t\r\nb\u{30a}"),
        "a⟨U+202E⟩\t\nb⟨U+030A⟩"
    );
}

#[tokio::test]
async fn a_lone_surrogate_is_refused_before_it_could_be_shown() {
    let world = World::asleep(Options::default()).await;
    for place in ["title", "arguments"] {
        let mut body = approval("lone");
        match place {
            "title" => body["title"] = "x?".into(),
            _ => body["action"]["arguments"] = serde_json::json!({ "x?": "x?" }),
        }
        let pair = body.to_string().replace("x?", "x\\ud83d\\ude00");
        let lone = body.to_string().replace("x?", "x\\ud83d");
        let refused = world.engine.submit(&requester(), lone.as_bytes()).await;
        let why = format!("{:?}", refused.expect_err("half of a character"));
        assert!(why.contains("surrogate"), "{place}: {why}");
        let whole = pair.replace("lone", place);
        world
            .engine
            .submit(&requester(), whole.as_bytes())
            .await
            .expect("a whole one");
    }
}
