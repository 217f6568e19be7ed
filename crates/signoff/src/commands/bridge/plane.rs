//! The control plane's side of the bridge: its list and its callback, over HTTP.

use std::time::Duration;

use anyhow::{Context as _, bail};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::row::Row;

/// How long one call may take.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Where the token goes with a callback.
const TOKEN_HEADER: &str = "x-codex-mcp-token";

pub(super) struct Plane {
    http: reqwest::Client,
    base: Url,
    token: SecretString,
}

/// The list, as it is or within an object.
#[derive(Deserialize)]
#[serde(untagged)]
enum Listed {
    Bare(Vec<Value>),
    Within { items: Vec<Value> },
}

/// What waits there, as far as it could be read.
pub(super) struct Waiting {
    pub(super) rows: Vec<Row>,
    /// Whether what is not among them does not wait. A full list may have more behind it, and a row
    /// that cannot be read may be any.
    pub(super) complete: bool,
}

impl Plane {
    pub(super) fn new(url: &str, token: String) -> anyhow::Result<Self> {
        let base = Url::parse(url)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
            .context("--control-plane is no http or https URL")?;
        let http = reqwest::Client::builder()
            .no_proxy()
            .timeout(TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Self {
            http,
            base,
            token: token.into(),
        })
    }

    /// What waits for approval there. A row that cannot be read is said and passed over, so that it
    /// holds up no other.
    pub(super) async fn waiting(&self, limit: u32) -> anyhow::Result<Waiting> {
        let url = self.url("api/v1/staff/approvals");
        let call = self.http.get(url).query(&[("limit", limit)]);
        let answer = call.bearer_auth(self.token.expose_secret()).send().await;
        let answer = answer
            .and_then(reqwest::Response::error_for_status)
            .map_err(reqwest::Error::without_url)
            .context("the control plane does not give its list")?;
        let listed = answer.json().await.map_err(reqwest::Error::without_url);
        let rows = match listed.context("the control plane's list cannot be read")? {
            Listed::Bare(rows) | Listed::Within { items: rows } => rows,
        };
        let given = rows.len();
        let rows: Vec<Row> = rows.into_iter().filter_map(Row::read).collect();
        let complete = rows.len() == given && u32::try_from(given).is_ok_and(|given| given < limit);
        Ok(Waiting { rows, complete })
    }

    /// Tells an outcome, and returns when it was taken. An illegal transition is answered 200 there and
    /// changes nothing, so this may be repeated.
    pub(super) async fn tell(
        &self,
        id: i64,
        decision: &str,
        reason: &str,
        actor: &str,
    ) -> anyhow::Result<()> {
        let body = json!({
            "approval_request_id": id,
            "decision": decision,
            "reason": reason,
            "actor_id": actor,
        });
        let url = self.url("api/v1/mcp/approver/callback");
        let call = self.http.post(url).json(&body);
        let call = call.header(TOKEN_HEADER, self.token.expose_secret());
        let answer = call.send().await.map_err(reqwest::Error::without_url);
        let status = answer.context("the control plane cannot be told")?.status();
        if !status.is_success() {
            bail!("the control plane answered {status} to the outcome of {id}");
        }
        Ok(())
    }

    fn url(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        let base = url.path().trim_end_matches('/').to_owned();
        url.set_path(&format!("{base}/{path}"));
        url
    }
}
