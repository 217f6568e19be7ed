//! Everything that a service writes or shows, and the secrets that nobody planted: its own.

use std::fs;
use std::path::Path;
use std::process::Output;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use reqwest::Client;
use rusqlite::Connection;
use rusqlite::types::ValueRef;
use signoff_telegram_sim::SeenMessage;

use super::planted::{
    CALLBACK, IN_REQUESTS, NAMING, NEW_SIGNING, NEW_SIGNING_BYTES, SAID, STRANGE, TYPED, VALUE,
    WEBHOOK, WRONG_KEY, WRONG_WEBHOOK,
};
use super::{printed, text_of};
use crate::service::{House, SECRET};

/// One place, and what it must show to have been looked at.
pub(super) struct Place {
    pub(super) name: &'static str,
    pub(super) bytes: Vec<u8>,
    pub(super) shows: Shows,
}

/// What a place must show.
#[derive(Debug, Clone, Copy)]
pub(super) enum Shows {
    /// The value that anybody may read.
    Control,
    /// These words of the service's own.
    Words(&'static str),
    /// Nothing at all.
    Nothing,
}

impl Place {
    pub(super) fn new(name: &'static str, bytes: impl Into<Vec<u8>>, shows: Shows) -> Self {
        let bytes = bytes.into();
        Self { name, bytes, shows }
    }

    /// Whether these words stand there.
    pub(super) fn has(&self, words: &str) -> bool {
        let mut parts = self.bytes.windows(words.len());
        parts.any(|part| part == words.as_bytes())
    }
}

impl House {
    /// All secrets by name: planted ones, keys, tokens, and what the store made for itself.
    pub(super) fn secrets(
        &self,
        made: &Output,
        invited: &Output,
    ) -> anyhow::Result<Vec<(&'static str, Vec<u8>)>> {
        let [key, terminal] = self.keys();
        let token = self.sim.bot_token();
        let part = token.split_once(':').context("a token")?.1;
        let (made, invited) = (printed(made)?, printed(invited)?);
        let invited = invited.split_once("start=").context("a link")?.1;
        let old = SECRET.trim_start_matches("whsec_");
        let texts = [
            ("what a person said", SAID),
            ("what a person typed to the bot", TYPED),
            ("the token in a callback's address", CALLBACK),
            ("a token that names a field", NAMING),
            ("a value that was wrong", VALUE),
            ("a value in a strange update", STRANGE),
            ("a key that nobody made", WRONG_KEY),
            ("the webhook's secret", WEBHOOK),
            ("another secret for the webhook", WRONG_WEBHOOK),
            ("the requester's key", key),
            ("the approver's key", terminal),
            ("a key made at run time", &made),
            ("an invitation", invited),
            ("the bot's token", token),
            ("the bot's token, its secret part", part),
            ("the old signing secret", old),
            ("the new signing secret", NEW_SIGNING),
        ];
        let texts = texts.iter().chain(IN_REQUESTS);
        let mut all: Vec<_> = texts
            .map(|(name, text)| (*name, text.as_bytes().to_vec()))
            .collect();
        all.push(("the new signing secret's bytes", NEW_SIGNING_BYTES.to_vec()));
        let names = ["what seals handles", "what compares submissions"];
        let own = self.own_secrets()?;
        ensure!(own.len() == names.len(), "{} secrets of its own", own.len());
        all.extend(names.into_iter().zip(own));
        Ok(all)
    }

    /// What the store made for itself: for handles, then for replays.
    fn own_secrets(&self) -> anyhow::Result<Vec<Vec<u8>>> {
        let database = Connection::open(self.folder().join("signoff.db"))?;
        let mut rows = database.prepare("SELECT secret FROM secrets ORDER BY purpose")?;
        let secrets = rows.query_map([], |row| row.get(0))?;
        Ok(secrets.collect::<Result<_, _>>()?)
    }

    /// The file that was posted before a card.
    pub(super) async fn card_file(&self) -> anyhow::Result<Vec<u8>> {
        let file = self
            .sim
            .wait_for_message(self.ann.id(), |seen| seen.file_bytes().is_some());
        Ok(file.await.file_bytes().context("a file")?.to_vec())
    }

    /// What it shows while it runs.
    pub(super) async fn read_places(&self, http: &Client) -> anyhow::Result<Vec<Place>> {
        use Shows::{Control, Words};
        let mut places = vec![
            Place::new(
                "the resource",
                text_of(self, "/v1/requests/first").await?,
                Control,
            ),
            Place::new(
                "the list",
                text_of(self, "/v1/requests?limit=50").await?,
                Control,
            ),
            Place::new(
                "the long poll",
                text_of(self, "/v1/requests/first?wait_seconds=1").await?,
                Control,
            ),
            Place::new(
                "the events",
                text_of(self, "/v1/requests/much/events").await?,
                Control,
            ),
            Place::new("the event stream", self.streamed(http).await?, Control),
            Place::new(
                "the metrics",
                self.text("/metrics").await?,
                Words("signoff_"),
            ),
            Place::new("the liveness", self.text("/healthz").await?, Words("ok")),
            Place::new(
                "the readiness",
                self.text("/readyz").await?,
                Words("telegram"),
            ),
            Place::new(
                "the API's description",
                self.text("/openapi.json").await?,
                Words("/v1/requests"),
            ),
        ];
        let backup = self.folder().join("backup.db");
        let backup = backup.to_str().context("a path")?;
        let commands: [(&str, &[&str], Shows); 13] = [
            ("the audit's export", &["audit", "export"], Control),
            ("the audit's check", &["audit", "verify"], Words("events")),
            (
                "the audit's check for machines",
                &["audit", "verify", "--json"],
                Words("events"),
            ),
            (
                "the configuration in force",
                &["config", "check"],
                Words("•••"),
            ),
            (
                "the configuration in force for machines",
                &["config", "check", "--json"],
                Words("•••"),
            ),
            ("the doctor", &["doctor"], Words("telegram")),
            (
                "the doctor for machines",
                &["doctor", "--json"],
                Words("telegram"),
            ),
            (
                "the list of callbacks",
                &["callbacks", "list"],
                Words("delivered"),
            ),
            (
                "the list of callbacks for machines",
                &["callbacks", "list", "--json"],
                Words("delivered"),
            ),
            ("the list of keys", &["key", "list"], Words("made")),
            (
                "the list of keys for machines",
                &["key", "list", "--json"],
                Words("made"),
            ),
            (
                "the list of approvers",
                &["approvers", "list"],
                Words("ben"),
            ),
            (
                "the making of a backup",
                &["backup", backup],
                Words("bytes"),
            ),
        ];
        for (name, arguments, shows) in commands {
            let Output { stdout, stderr, .. } = self.runs(arguments).await?;
            places.push(Place::new(name, [stdout, stderr].concat(), shows));
        }
        Ok(places)
    }

    /// What the event stream tells of everything so far.
    async fn streamed(&self, http: &Client) -> anyhow::Result<String> {
        let [key, _] = self.keys();
        let mut stream = http
            .get(self.url("/v1/events")?)
            .bearer_auth(key)
            .send()
            .await?;
        let mut told = String::new();
        let reading = async {
            // The last thing that was done.
            while !told.contains("\"withdrawn\"") || !told.contains("cancelled") {
                let chunk = stream.chunk().await?.context("the stream ended")?;
                told.push_str(std::str::from_utf8(&chunk)?);
            }
            anyhow::Ok(())
        };
        tokio::time::timeout(Duration::from_secs(20), reading)
            .await
            .context("it tells no end")??;
        Ok(told)
    }

    /// What is left when it has ended: files, the log of all its lives, what others got.
    pub(super) fn left_places(&self) -> anyhow::Result<Vec<Place>> {
        use Shows::{Control, Nothing, Words};
        let read = |name: &str| fs::read(self.folder().join(name));
        let database = ["signoff.db", "signoff.db-wal", "signoff.db-shm"];
        let mut files = Vec::new();
        for name in database {
            files.extend(read(name).unwrap_or_default());
        }
        files.extend(cells(&self.folder().join("signoff.db"))?);
        let mut backup = read("backup.db")?;
        backup.extend(cells(&self.folder().join("backup.db"))?);
        let log = Place::new("the log", self.log(), Words("\"level\":\"DEBUG\""));
        for words in [
            "panicked at ",
            "its message may quote data",
            "an update cannot be read",
        ] {
            ensure!(log.has(words), "the log does not say {words:?}");
        }
        let mut places = vec![
            log,
            Place::new("the database", files, Control),
            Place::new("the backup", backup, Control),
            Place::new("the service's stdout", read("stdout.log")?, Nothing),
        ];
        // Whatever else there is, but what the operator wrote.
        let known = [
            "backup.db",
            "stdout.log",
            "signoff.toml",
            "signing_secrets",
            "webhook_secret",
        ];
        for entry in fs::read_dir(self.folder())? {
            let name = entry?.file_name().into_string().ok().context("a name")?;
            if !known.contains(&name.as_str()) && !database.contains(&name.as_str()) {
                ensure!(name == "signoff.db.lock", "who wrote {name}?");
                places.push(Place::new("the lock file", read(&name)?, Nothing));
            }
        }
        // What was asked; the answers are Telegram's own.
        let calls = self.sim.calls().into_iter();
        let calls: Vec<_> = calls.map(|call| (call.method, call.params)).collect();
        let calls = serde_json::to_vec(&calls)?;
        places.push(Place::new("the Bot API's calls", calls, Control));
        let mut cards = Vec::new();
        for chat in [self.ann.id(), self.ben.id(), self.group.id()] {
            for message in self
                .sim
                .transcript(chat)
                .iter()
                .filter(|seen| seen.from_bot)
            {
                cards.extend(serde_json::to_vec(message)?);
                cards.extend(SeenMessage::file_bytes(message).into_iter().flatten());
            }
        }
        places.push(Place::new("the bot's messages", cards, Control));
        let callbacks = self
            .receiver
            .so_far()
            .into_iter()
            .flat_map(|got| [got.id.into_bytes(), got.body.to_vec()].concat());
        places.push(Place::new(
            "the callbacks",
            callbacks.collect::<Vec<u8>>(),
            Control,
        ));
        Ok(places)
    }
}

/// Every text and blob of a database, whole: in the file a long one lies in pieces.
fn cells(path: &Path) -> anyhow::Result<Vec<u8>> {
    let database = Connection::open(path)?;
    let mut tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")?;
    let tables: Vec<String> = tables
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let mut cells = Vec::new();
    for table in tables {
        let mut select = database.prepare(&format!("SELECT * FROM \"{table}\""))?;
        let columns = select.column_count();
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            for column in 0..columns {
                if let ValueRef::Text(bytes) | ValueRef::Blob(bytes) = row.get_ref(column)? {
                    cells.extend(bytes);
                    cells.push(0);
                }
            }
        }
    }
    Ok(cells)
}
