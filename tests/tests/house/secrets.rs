//! Secrets are planted wherever one may stand, and everything that the real process writes, at its most
//! talkative, is searched for them: in every dress, and down to the message of a panic.
//!
//! What may hold a secret all the same is listed in [`MAY_HOLD`], each with its reason, and must hold
//! it: so the search is known to look where it says. A value that anybody may read is searched for
//! with the same search, and must be found wherever requests are shown.

mod hostile;
mod places;
mod planted;
mod search;
mod types;

use std::collections::BTreeSet;
use std::ffi::OsString;

use anyhow::{Context as _, ensure};
use axum::http::StatusCode;
use reqwest::Client;
use serde_json::{Value, json};
use signoff_telegram_sim::{SeenMessage, SimOptions};

use self::places::{Place, Shows};
use self::planted::{CONTROL, NEW_SIGNING, SAID, STRANGE, TYPED, WEBHOOK};
use self::search::Search;
use crate::machine::Machine;
use crate::service::{House, PATIENCE, SECRET};

/// Beyond the last time that the program can tell (the year 10000), in seconds from now.
const END_OF_TIME: i64 = 300_000_000_000;

/// What may hold which secret, and why. A place is known by the beginning of its name.
const MAY_HOLD: &[(&str, &[&str], &str)] = &[
    (
        "what a person said",
        &[
            "the database",
            "the backup",
            "the resource",
            "the list",
            "the long poll",
            "the callbacks",
        ],
        "people's reasons and answers are data: kept and delivered verbatim",
    ),
    (
        "what a person said",
        &["the refusals"],
        "already_decided carries the outcome that stands",
    ),
    (
        "a value in a strange update",
        &["the database", "the backup"],
        "what Telegram sends is kept for two days as it came, so that nothing is handled twice",
    ),
    (
        "what a person typed to the bot",
        &["the database", "the backup"],
        "what Telegram sends is kept for two days as it came, so that nothing is handled twice",
    ),
    (
        "the token in a callback's address",
        &["the database", "the backup"],
        "callbacks are sent there",
    ),
    (
        "the webhook's secret",
        &["the Bot API's calls"],
        "setWebhook tells Telegram what to prove itself with",
    ),
    (
        "what seals handles",
        &["the database", "the backup"],
        "the store makes it and keeps it nowhere else",
    ),
    (
        "what compares submissions",
        &["the database", "the backup"],
        "the store makes it and keeps it nowhere else",
    ),
];

impl House {
    /// The newest card with this in it and with buttons.
    async fn card_about(&self, words: &str) -> SeenMessage {
        let suits = |seen: &SeenMessage| seen.has_buttons() && seen.text.contains(words);
        self.sim.wait_for_message(self.ann.id(), suits).await
    }

    /// Ann denies with words of her own.
    async fn ann_denies(&self, words: &str) -> anyhow::Result<()> {
        let card = self.card_about("first").await;
        self.ann.taps(&card, "Deny with").answer().await;
        let asked = self
            .sim
            .wait_for_message(self.ann.id(), |seen| seen.force_reply.is_some());
        self.ann.replies(&asked.await, words);
        ensure!(self.outcome("first").await?["status"] == "denied");
        Ok(())
    }

    /// Ann answers a question in words of her own.
    async fn ann_answers(&self, words: &str) -> anyhow::Result<()> {
        let card = self.card_about("Which of").await;
        self.ann.taps(&card, "Custom").answer().await;
        let asked = self
            .sim
            .wait_for_message(self.ann.id(), |seen| seen.force_reply.is_some());
        self.ann.replies(&asked.await, words);
        ensure!(self.outcome("question").await?["status"] == "approved");
        Ok(())
    }

    /// Ann writes what does nothing, and is answered.
    async fn ann_types_to_the_bot(&self) -> anyhow::Result<()> {
        for words in ["/start", "/show", "/deny", "/nothing", "secretly"] {
            let text = format!("{words} {TYPED} because of {TYPED}");
            self.ann.says(self.ann.id(), &text);
        }
        self.until("she is answered", async |house: &Self| {
            let messages = house.sim.transcript(house.ann.id());
            let refused = messages
                .iter()
                .filter(|seen| seen.text.contains("Nothing with the id"));
            Ok(refused.count() == 2)
        })
        .await
    }

    /// The next life: by webhook, with a log for machines, secrets from the environment and from
    /// files, two signing secrets, and a clock that the test moves.
    async fn lives_again(&mut self) -> anyhow::Result<Machine> {
        self.is_killed().await?;
        let machine = Machine::under(&self.folder().join("signoff.db"))?;
        let file = |name: &str, text: String| {
            let path = self.folder().join(name);
            std::fs::write(&path, text).map(|()| path.into_os_string())
        };
        let signing = file(
            "signing_secrets",
            format!("whsec_{NEW_SIGNING}\n{SECRET}\n"),
        )?;
        let webhook = file("webhook_secret", format!("{WEBHOOK}\n"))?;
        // The address must be known before the start, because Telegram is told it.
        let free = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let mut environment = machine.environment()?;
        for (name, value) in [
            ("TELEGRAM__TOKEN", OsString::from(self.sim.bot_token())),
            ("TELEGRAM__UPDATES", "webhook".into()),
            ("TELEGRAM__WEBHOOK_SECRET_FILE", webhook),
            ("CALLBACKS__SIGNING_SECRETS_FILE", signing),
            ("SERVER__LISTEN", free.to_string().into()),
            ("SERVER__PUBLIC_URL", format!("http://{free}").into()),
            ("LOG__FORMAT", "json".into()),
        ] {
            environment.push((format!("SIGNOFF_{name}").into(), value));
        }
        self.environment = environment;
        self.starts().await?;
        Ok(machine)
    }

    /// What comes by the webhook and cannot be read, or does nothing.
    async fn is_sent_strange_updates(&self, http: &Client) -> anyhow::Result<()> {
        let updates = [
            json!({ "update_id": 1, "message": { "message_id": STRANGE, "chat": { "id": 1 } } }),
            json!({ "update_id": 2, "message": STRANGE }),
            json!({ "update_id": 3, "callback_query": { "id": "q", "from": { "id": STRANGE } } }),
            json!({ "update_id": STRANGE }),
            json!(STRANGE),
        ];
        for update in updates {
            let posted = self
                .posts_update(http, WEBHOOK, update.to_string())?
                .send()
                .await?;
            ensure!(posted.status() == StatusCode::OK, "{posted:?}");
        }
        self.until(
            "those that cannot be read are noticed",
            async |house: &Self| Ok(house.log().matches("an update cannot be read").count() >= 3),
        )
        .await
    }

    /// The clock says what no clock of ours can tell: every part that asks for the time panics.
    async fn panics(&mut self, machine: &Machine) -> anyhow::Result<()> {
        machine.clock_is_off_by(END_OF_TIME)?;
        // Whatever is answered, if anything.
        let _ = self.submits(&self.telling("never")).await;
        let ended = self.ends().await?;
        ensure!(!ended.success(), "{ended:?}");
        machine.clock_is_off_by(0)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_logged_stored_shown_or_exported() -> anyhow::Result<()> {
    let http = Client::builder().no_proxy().timeout(PATIENCE).build()?;
    // Configured in the file, by polling, with a log for people.
    let mut house = House::start_with(SimOptions::default(), planted::CONFIGURATION).await?;
    house.asks(&house.telling("first")).await?;
    house.ann_denies(&format!("it shows {SAID}")).await?;
    house.receiver.got(1).await?;
    ensure!(
        house.log().contains(" DEBUG "),
        "the log is not at its most talkative"
    );

    let machine = house.lives_again().await?;
    let made = house
        .runs(&["key", "create", "made", "--scope", "requests:read"])
        .await?;
    let invited = house.runs(&["approvers", "invite", "ben"]).await?;
    let much = house.asks(&house.telling_much("much")).await?;
    let (file, card) = (house.card_file().await?, house.card_about("much").await);
    ensure!(card.text.contains("hidden"), "{}", card.text);
    let approve = json!({ "decision": "approve" });
    ensure!(house.posts("much", "decision", &approve).await?.0 == StatusCode::OK);
    let claim = json!({ "intent_digest": much["intent_digest"] });
    ensure!(house.posts("much", "claim", &claim).await?.0 == StatusCode::OK);
    ensure!(
        house
            .posts("much", "execution", &planted::report())
            .await?
            .0
            == StatusCode::OK
    );
    house.asks(&house.asking("question")).await?;
    house.ann_answers(&format!("use {SAID}")).await?;
    house.asks(&house.telling("withdrawn")).await?;
    let withdrawn = json!({ "reason": format!("it is {SAID}") });
    ensure!(house.posts("withdrawn", "cancel", &withdrawn).await?.0 == StatusCode::OK);
    house.receiver.got(4).await?;
    house.ann_types_to_the_bot().await?;
    house.is_sent_strange_updates(&http).await?;
    let refusals = house.is_asked_wrongly(&http).await?;

    let secrets = house.secrets(&made, &invited)?;
    let known = secrets
        .iter()
        .map(|(name, secret)| (*name, secret.as_slice()));
    let search = Search::new(known.chain([("the control", CONTROL.as_bytes())]))?;
    let mut places = house.read_places(&http).await?;
    places.push(Place::new("the card's file", file, Shows::Control));
    places.push(Place::new(
        "the refusals",
        refusals,
        Shows::Words("validation_failed"),
    ));
    house.panics(&machine).await?;
    places.extend(house.left_places()?);
    judge(&search, &places)
}

/// Every place shows what it must, and no secret that it must not.
fn judge(search: &Search, places: &[Place]) -> anyhow::Result<()> {
    let mut wrong = Vec::new();
    let mut held = BTreeSet::new();
    for place in places {
        let found = search.finds(&place.bytes);
        let shows = match place.shows {
            Shows::Control => found.contains(&("the control", "plain")),
            Shows::Words(words) => place.has(words),
            Shows::Nothing => place.bytes.is_empty(),
        };
        if !shows {
            wrong.push(format!("{} does not show {:?}", place.name, place.shows));
        }
        for (secret, dress) in found {
            let may = MAY_HOLD
                .iter()
                .any(|(name, places, _)| *name == secret && places.contains(&place.name));
            if may {
                held.insert((secret, place.name));
            } else if secret != "the control" {
                wrong.push(format!("{} has {secret} ({dress})", place.name));
            }
        }
    }
    for (secret, places, why) in MAY_HOLD {
        for place in places
            .iter()
            .filter(|place| !held.contains(&(*secret, **place)))
        {
            wrong.push(format!(
                "{place} should have {secret} ({why}), and it was not found"
            ));
        }
    }
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

/// The one thing that a command printed, the last word of its output.
fn printed(output: &std::process::Output) -> anyhow::Result<String> {
    ensure!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout.clone())?;
    let word = text.split_whitespace().last().context("nothing printed")?;
    Ok(word.to_owned())
}

/// What `/v1/requests/…` says, as text.
async fn text_of(house: &House, path: &str) -> anyhow::Result<String> {
    let value: Value = house.get(path).await?;
    Ok(value.to_string())
}
