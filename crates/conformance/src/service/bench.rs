//! The people and the requests of an examination.

use std::sync::{Mutex, PoisonError};

use secrecy::SecretString;
use serde_json::{Value, json};
use signoff_contract::Digest;

use super::Service;
use super::caller::{Answer, Caller};
use crate::{Miss, Unreachable};

/// Where requests live.
pub(super) const REQUESTS: &str = "/v1/requests";

/// How long a request waits, should nobody be left to withdraw it.
const TTL_SECONDS: u64 = 600;

/// Everybody who calls.
#[derive(Debug)]
pub(super) struct Bench {
    /// The control plane.
    pub(super) plane: Caller,
    /// A person who may decide.
    pub(super) ann: Caller,
    /// A control plane of another project.
    other: Option<Caller>,
    /// Someone without a key.
    pub(super) nobody: Caller,
    route: Option<String>,
    /// What tells the requests of this examination from all others.
    run: String,
    /// What was asked and may wait still.
    asked: Mutex<Vec<String>>,
}

impl Bench {
    pub(super) fn new(service: &Service) -> Result<Self, Unreachable> {
        let nobody = Caller::nobody(&service.url)?;
        let with = |key: &SecretString| nobody.with_key(key.clone());
        Ok(Self {
            plane: with(&service.key),
            ann: with(&service.approver_key),
            other: service.other_key.as_ref().map(with),
            nobody: nobody.clone(),
            route: service.route.clone(),
            run: format!("conformance-{:08x}", rand::random::<u32>()),
            asked: Mutex::default(),
        })
    }

    /// A control plane of another project, when there is one.
    pub(super) fn other(&self) -> Result<&Caller, Miss> {
        let why = "no key of another project was given (--other-key-file)";
        self.other.as_ref().ok_or_else(|| Miss::not_tried(why))
    }

    /// The correlation id of this name.
    pub(super) fn id(&self, name: &str) -> String {
        format!("{}:{name}", self.run)
    }

    /// What the ids of this examination begin with.
    pub(super) fn run(&self) -> &str {
        &self.run
    }

    /// Where the request of this name is.
    pub(super) fn path(&self, name: &str) -> String {
        format!("{REQUESTS}/{}", self.id(name))
    }

    /// The body of an approval of this name.
    pub(super) fn approval(&self, name: &str) -> Value {
        let mut body = json!({
            "correlation_id": self.id(name),
            "kind": "approval",
            "title": format!("A check of this service: {name}"),
            "risk": "low",
            "action": { "tool": "conformance.check", "arguments": { "name": name } },
            "requester": { "agent": "signoff conformance" },
            "ttl_seconds": TTL_SECONDS,
        });
        self.routed(&mut body);
        body
    }

    /// The body of a question with three options.
    pub(super) fn question(&self, name: &str) -> Value {
        let mut body = json!({
            "correlation_id": self.id(name),
            "kind": "question",
            "title": format!("A check of this service: {name}"),
            "options": [
                { "id": "canary", "label": "Canary, 10 % of traffic" },
                { "id": "blue_green", "label": "Blue/green switch", "description": "twice the cost" },
                { "id": "wait", "label": "Delay" },
            ],
            "ttl_seconds": TTL_SECONDS,
        });
        self.routed(&mut body);
        body
    }

    /// Sends a body to the people it is to go to.
    pub(super) fn routed(&self, body: &mut Value) {
        if let Some(route) = &self.route {
            body["route"] = json!(route);
        }
    }

    /// The digest of what [`Self::approval`] asks for.
    pub(super) fn digest(name: &str) -> Digest {
        let mut arguments = serde_json::Map::new();
        arguments.insert("name".to_owned(), json!(name));
        Digest::of_action("conformance.check", &arguments)
    }

    /// Submits, whatever comes of it.
    pub(super) async fn submits(&self, body: &Value) -> Result<Answer, Miss> {
        self.submits_text(body.to_string(), body["correlation_id"].as_str())
            .await
    }

    /// The same as text, under this correlation id.
    pub(super) async fn submits_text(
        &self,
        body: String,
        id: Option<&str>,
    ) -> Result<Answer, Miss> {
        if let Some(id) = id {
            let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
            asked.push(id.to_owned());
        }
        self.plane.post_text(REQUESTS, body).await
    }

    /// Submits what must be taken, and wait.
    pub(super) async fn asks(&self, body: &Value) -> Result<Value, Miss> {
        let answer = self.submits(body).await?.good()?;
        if answer.body["status"] == "pending" {
            return Ok(answer.body);
        }
        Err(answer.unexpected("a request that waits"))
    }

    /// Asks for an approval of this name.
    pub(super) async fn approval_waits(&self, name: &str) -> Result<Value, Miss> {
        self.asks(&self.approval(name)).await
    }

    /// What the approver's decision is answered with.
    pub(super) async fn decides(&self, name: &str, decision: &Value) -> Result<Answer, Miss> {
        let path = format!("{}/decision", self.path(name));
        self.ann.post(&path, decision).await
    }

    /// An approval of this name that was given.
    pub(super) async fn approved(&self, name: &str) -> Result<Value, Miss> {
        self.approval_waits(name).await?;
        let approve = json!({ "decision": "approve" });
        Ok(self.decides(name, &approve).await?.good()?.body)
    }

    /// The request as it is now.
    pub(super) async fn request(&self, name: &str) -> Result<Value, Miss> {
        Ok(self.plane.get(&self.path(name)).await?.is(200)?.body)
    }

    /// Withdraws what still waits, so that nobody is left with cards that mean nothing.
    pub(super) async fn tidies_up(&self) {
        let asked = {
            let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *asked)
        };
        for id in asked {
            let path = format!("{REQUESTS}/{id}/cancel");
            // What has ended says so, and what was refused is not there.
            let _ = self.plane.post_text(&path, String::new()).await;
        }
    }
}
