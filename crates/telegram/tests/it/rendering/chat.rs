//! Everything that is said besides cards: lists, questions, what became of a press or a text, refusals, reminders,
//! and the notice after an outage.

use std::sync::Arc;
use std::time::Duration;

use signoff_contract::Risk;
use signoff_engine::{AnswerResult, ChannelStore, PendingPrompt, PromptCard};
use signoff_telegram::{CHANNEL, Config, Metrics, Telegram};
use signoff_telegram_sim::{Call, Fault, Person, SeenMessage};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::answers::{self, results};
use super::cards;
use super::hostile::Hostile;
use super::layout;
use super::meant::{Meant, line};
use super::oracle::{self, Spoken};
use super::stage::{Scene, Stage};
use super::words::Words;
use crate::delivery::bad_request;
use crate::world::{FREE, Options, World};

/// How many requests are listed at once.
const LISTED: usize = 20;

/// A conversation with somebody whose own name tries things too.
struct Talk<'a> {
    what: &'a str,
    world: World,
    stage: Arc<Stage>,
    telegram: Telegram,
    words: Words,
    /// Her name in Telegram.
    name: String,
    eve: Person,
    heard: usize,
    spoken: Vec<Spoken>,
}

/// Goes through everything once.
pub(super) async fn talk(what: &str, hostile: &mut Hostile, round: usize) -> Vec<Spoken> {
    let words = Words::of(round);
    let world = World::asleep(Options {
        frozen: true,
        ..Options::default()
    })
    .await;
    let name = line_of_a_name(hostile);
    let eve = world.sim.new_person(&name).id(7_777).create();
    world.ops.adds(&eve);
    let now = world.store.clock().now();
    let card = cards::open(hostile, 1, eve.id(), words.tag, now);
    let pending = (0..hostile.below(2 * LISTED))
        .map(|number| {
            waiting(
                cards::open(hostile, number, eve.id(), words.tag, now),
                number,
            )
        })
        .collect();
    let stage = Arc::new(Stage::new(Scene {
        card,
        result: AnswerResult::Applied,
        pending,
        language: words.tag,
    }));
    let telegram = connects(&world, &stage);
    let mut talk = Talk {
        what,
        world,
        stage,
        telegram,
        words,
        name,
        eve,
        heard: 0,
        spoken: Vec::new(),
    };
    talk.goes_on(hostile).await;
    talk.spoken
}

/// A name as Telegram lets people have it: one line of at most 64 characters.
fn line_of_a_name(hostile: &mut Hostile) -> String {
    let name = hostile.line(64).replace(['\n', '\r', '\t', '\0'], "");
    if name.trim().is_empty() {
        "Eve".to_owned()
    } else {
        name.trim().to_owned()
    }
}

fn waiting(card: PromptCard, number: usize) -> PendingPrompt {
    PendingPrompt {
        show: format!("show-{number}"),
        short_id: card.request.id.short(),
        card,
        refs: Vec::new(),
    }
}

fn connects(world: &World, stage: &Arc<Stage>) -> Telegram {
    let config = Config {
        token: world.sim.bot_token().to_owned().into(),
        api_url: world.sim.api_url().parse().expect("an address"),
        updates: signoff_telegram::Updates::Polling,
        protect_content: false,
        instance: "test".to_owned(),
    };
    let store = ChannelStore::new(world.store.clone(), CHANNEL);
    let metrics = Metrics::default();
    Telegram::connect(config, Arc::<Stage>::clone(stage), store, FREE, metrics).expect("a channel")
}

fn runs(telegram: &Telegram) -> (CancellationToken, JoinHandle<()>) {
    let (telegram, stop) = (telegram.clone(), CancellationToken::new());
    let stopped = stop.clone();
    let running = tokio::spawn(async move {
        telegram.run(stopped).await.expect("the channel runs");
    });
    (stop, running)
}

impl Talk<'_> {
    async fn goes_on(&mut self, hostile: &mut Hostile) {
        let (stop, running) = runs(&self.telegram);
        self.eve.starts();
        let hello = self.words.with("hello", &[("name", "ann")]);
        // Ann and Ben have pressed Start as well.
        for person in [
            self.world.ann.clone(),
            self.world.ben.clone(),
            self.eve.clone(),
        ] {
            self.world.sim.next_message(&person).await;
        }
        for _ in 0..3 {
            self.said("hello", &Meant::of(&hello), &[]);
        }
        self.lists().await;
        self.tells_what_it_is_asked().await;
        self.refuses_what_nobody_asked(hostile).await;
        self.asks_for_words(hostile).await;
        self.answers_presses(hostile).await;
        self.asks_in_a_group(hostile).await;
        self.reminds(hostile).await;
        stop.cancel();
        running.await.expect("it stops");
        self.was_away().await;
        self.world.sim.read_all(&self.eve);
        self.world.sim.read_all(&self.world.ops);
    }

    /// Holds the next message that was sent against what it was meant to say.
    fn said(&mut self, what: &str, meant: &Meant, labels: &[String]) {
        let calls = self.world.sim.calls_of("sendMessage");
        let call: &Call = calls.get(self.heard).expect("a message was sent");
        self.heard += 1;
        let what = format!("{}, {what} in {}", self.what, self.words.tag);
        let read = oracle::simulated(&call.response["result"]).text;
        let (meant, _) = meant
            .shortened_like(&read)
            .unwrap_or_else(|departure| panic!("{what}: {departure}"));
        self.spoken.push(oracle::check(&what, call, &meant, labels));
    }

    fn list(&self) -> (String, String, Vec<String>) {
        let scene = self.stage.scene();
        let all = scene.pending.len();
        let more = if all > LISTED {
            format!(
                "\n{}",
                self.words.count("pending-more", &[("shown", LISTED)])
            )
        } else {
            String::new()
        };
        let label = |prompt: &PendingPrompt| {
            let symbol = match prompt.card.request.risk {
                Risk::Low => "🟢",
                Risk::Medium => "🟡",
                Risk::High => "🟠",
                Risk::Critical => "🔴",
            };
            format!(
                "{symbol} {} · {}",
                prompt.short_id,
                line(&prompt.card.request.title)
            )
        };
        let labels = scene.pending.iter().take(LISTED).map(label).collect();
        let some = if all == 0 {
            self.words.say("pending-none")
        } else {
            format!(
                "{}{more}",
                self.words.count("pending-some", &[("count", all)])
            )
        };
        let waits = format!(
            "{}{more}",
            self.words.count("outage-pending", &[("count", all)])
        );
        (some, waits, labels)
    }

    async fn lists(&mut self) {
        self.eve.says(&self.eve, "/pending");
        self.world.sim.next_message(&self.eve).await;
        let (some, _, labels) = self.list();
        self.said("/pending", &Meant::of(&some), &labels);
    }

    async fn tells_what_it_is_asked(&mut self) {
        let id = self.eve.id().to_string();
        let me = [("name", "ann"), ("roles", "owner"), ("id", id.as_str())];
        let answers = [
            ("/help", self.words.say("help")),
            ("/whoami", self.words.with("who-am-i", &me)),
            ("/cancel", self.words.say("conversation-none")),
            ("/nonsense", self.words.say("unknown-command")),
            ("what?", self.words.say("text-not-awaited")),
            ("/start x", self.words.with("pairing-taken", &me[..1])),
        ];
        for (asked, answer) in answers {
            self.eve.says(&self.eve, asked);
            self.world.sim.next_message(&self.eve).await;
            self.said(asked, &Meant::of(&answer), &[]);
        }
    }

    async fn refuses_what_nobody_asked(&mut self, hostile: &mut Hostile) {
        for command in ["/show", "/deny"] {
            let mut typed = hostile.text(60);
            typed.retain(|c| !c.is_whitespace() && !c.is_control());
            let typed = typed.trim_start_matches('#').to_lowercase();
            self.eve.says(&self.eve, &format!("{command} x{typed}"));
            let answer = self.world.sim.next_message(&self.eve).await;
            // What arrived is what Telegram made of what she typed.
            let replied = self
                .world
                .sim
                .message(&self.eve, answer.reply_to.expect("a reply"));
            let arrived = replied.expect("it stands there").text;
            let id = arrived.split_once(' ').map_or("", |(_, id)| id.trim());
            let mut meant = Meant::default();
            let said = self.words.with("show-unknown", &[("id", "\u{1}")]);
            let (before, after) = said.split_once('\u{1}').expect("the id's place");
            meant
                .plain(before)
                .words(&line(&id.to_ascii_lowercase()))
                .plain(after);
            self.said(command, &meant, &[]);
        }
    }

    /// Presses a button that asks for words, and says them; whatever comes of it is told in a message.
    async fn asks_for_words(&mut self, hostile: &mut Hostile) {
        let results = results(hostile);
        for (number, result) in results.into_iter().enumerate() {
            let open = self.scene(hostile, number, result.clone());
            let wanted = if number % 2 == 0 { "reason" } else { "answer" };
            let start = self.world.sim.transcript(&self.eve)[0].clone();
            let toast = self
                .eve
                .taps_data(&self.eve, start.message_id, wanted)
                .answer()
                .await;
            oracle::toast(self.what, &toast.text, &self.words.say("asked"));
            let question = self.world.sim.next_message(&self.eve).await;
            let meant = self.question(wanted, &open);
            self.said("a question", &meant, &[]);
            let placeholder = question
                .force_reply
                .as_ref()
                .expect("it asks")
                .placeholder
                .clone();
            assert!(placeholder.is_some_and(|text| text.chars().count() <= 64));
            self.eve.replies(&question, "because");
            self.world.sim.next_message(&self.eve).await;
            let said = self.became_of(&result);
            self.said("what became of a text", &Meant::of(&said), &[]);
            if matches!(result, AnswerResult::Invalid { .. }) {
                self.eve.replies(&question, "/cancel");
                self.world.sim.next_message(&self.eve).await;
                let cancelled = self.words.say("conversation-cancelled");
                self.said("/cancel", &Meant::of(&cancelled), &[]);
            }
        }
    }

    fn scene(&self, hostile: &mut Hostile, number: usize, result: AnswerResult) -> PromptCard {
        let now = self.world.store.clock().now();
        let open = cards::open(hostile, 100 + number, self.eve.id(), self.words.tag, now);
        let mut scene = self.stage.scene();
        let ends = matches!(result, AnswerResult::Applied | AnswerResult::Stale);
        scene.card = if ends {
            cards::ended(hostile, &open, now)
        } else {
            open.clone()
        };
        scene.result = result;
        open
    }

    fn question(&self, wanted: &str, card: &PromptCard) -> Meant {
        let id = if wanted == "reason" {
            "ask-reason"
        } else {
            "ask-answer"
        };
        let short = card.request.id.short();
        let said = self.words.with(id, &[("title", "\u{1}"), ("id", &short)]);
        let (before, after) = said.split_once('\u{1}').expect("the title's place");
        let mut meant = Meant::default();
        meant.styled(
            "text_mention",
            &self.eve.id().to_string(),
            &line(&self.name),
        );
        meant
            .plain("\n")
            .plain(before)
            .words(&line(&card.request.title))
            .plain(after);
        meant
    }

    /// What a result is in words.
    fn became_of(&self, result: &AnswerResult) -> String {
        answers::said(result, &self.stage.scene().card, &self.words)
    }

    /// Presses a button that decides; what came of it is in the answer, or told afterwards when that is too late.
    async fn answers_presses(&mut self, hostile: &mut Hostile) {
        for (number, result) in results(hostile).into_iter().enumerate() {
            self.scene(hostile, number, result.clone());
            let said = self.became_of(&result);
            let start = self.world.sim.transcript(&self.eve)[0].clone();
            let answer = self
                .eve
                .taps_data(&self.eve, start.message_id, "approve")
                .answer()
                .await;
            oracle::toast(self.what, &answer.text, &said);
        }
        let foreign = self
            .eve
            .taps_data(&self.eve, 1, "\u{202e}<b>")
            .answer()
            .await;
        oracle::toast(self.what, &foreign.text, &self.words.say("refused-foreign"));
    }

    /// In a group: to her by name, whatever that is; and what others read who answer in her place.
    async fn asks_in_a_group(&mut self, hostile: &mut Hostile) {
        let mut card = self.scene(hostile, 50, AnswerResult::OwnRequest);
        card.place = self.world.ops.id().to_string();
        self.stage.scene().card = card.clone();
        let old = "query is too old and response timeout expired or query ID is invalid";
        self.world
            .sim
            .fault(Fault::on("answerCallbackQuery", bad_request(old)));
        let pressed = self
            .eve
            .says(&self.world.ops, "a message to press")
            .message_id;
        self.eve.taps_data(&self.world.ops, pressed, "approve");
        let told = self.heard_in_the_group().await;
        let mut meant = Meant::default();
        meant.styled(
            "text_mention",
            &self.eve.id().to_string(),
            &line(&self.name),
        );
        meant.plain(": ").plain(&self.words.say("refused-own"));
        self.said("told afterwards", &meant, &[]);
        assert_eq!(told.reply_to, Some(pressed));

        self.eve
            .taps_data(&self.world.ops, pressed, "reason")
            .answer()
            .await;
        let question = self.heard_in_the_group().await;
        let meant = self.question("reason", &card);
        self.said("a question in a group", &meant, &[]);
        self.world.ann.replies(&question, "no");
        self.heard_in_the_group().await;
        let name = line(&self.name);
        let of_another = self
            .words
            .with("conversation-of-another", &[("name", &name)]);
        self.said("to somebody else", &Meant::of(&of_another), &[]);
    }

    async fn heard_in_the_group(&self) -> SeenMessage {
        self.world.sim.next_message(&self.world.ops).await
    }

    async fn reminds(&mut self, hostile: &mut Hostile) {
        let mut card = self.scene(hostile, 60, AnswerResult::Applied);
        // Whoever approved already is not reminded.
        card.approvals.clear();
        let channel = self.telegram.channel();
        let at = channel.show(&card, &[]).await.expect("it is shown");
        // The card itself is `rendering.rs`'s affair.
        self.heard = self.world.sim.calls_of("sendMessage").len();
        card.remind = true;
        card.revision += 1;
        channel.show(&card, &at).await.expect("it is shown");
        let request = &card.request;
        let time = layout::time(request.expires_at, request.created_at);
        let left = self.words.count("left-minutes", &[("count", 60)]);
        let deadline = self
            .words
            .with("deadline", &[("time", &time), ("left", &left)]);
        let values = [("title", "\u{1}"), ("deadline", &deadline)];
        let said = self.words.with("reminder", &values);
        let (before, after) = said.split_once('\u{1}').expect("the title's place");
        let mut meant = Meant::default();
        meant
            .styled("text_mention", &self.eve.id().to_string(), "ann")
            .plain(" \n");
        meant
            .plain(before)
            .words(&line(&request.title))
            .plain(after);
        self.said("a reminder", &meant, &[]);
        self.world.sim.read_all(&self.eve);
    }

    /// After an outage every chat with cards is told what waits there.
    async fn was_away(&mut self) {
        let from = self.world.store.clock().now();
        self.world.passes(Duration::from_mins(10));
        self.telegram = connects(&self.world, &self.stage);
        let (stop, running) = runs(&self.telegram);
        let (_, waits, labels) = self.list();
        if !labels.is_empty() {
            self.world.sim.next_message(&self.eve).await;
            let to = self.world.store.clock().now();
            let (from, to) = (layout::time(from, to), layout::time(to, to));
            let outage = self.words.with("outage", &[("from", &from), ("to", &to)]);
            self.said(
                "an outage",
                &Meant::of(&format!("⚠️ {outage}\n{waits}")),
                &labels,
            );
        }
        stop.cancel();
        running.await.expect("it stops");
    }
}
