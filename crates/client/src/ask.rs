//! What is asked, put together field by field. What a field may hold is the service's to say: it
//! lists everything that is wrong at once ([`crate::Problem::errors`]).

use serde::Serialize;
use serde_json::{Value, json};
use signoff_contract::{Kind, Risk};

/// A request for people: an approval of an exact action, or a question.
///
/// ```
/// use serde_json::json;
/// use signoff_client::{Ask, Risk};
///
/// let ask = Ask::question("run-42:rollout", "Which rollout strategy?")
///     .option("canary", "Canary, 10 % of traffic")
///     .option("blue_green", "Blue/green switch")
///     .context("Production deployment of billing-api")
///     .risk(Risk::High)
///     .link("PR #42", "https://git.example.org/pull/42")
///     .callback("https://control-plane.example.org/hooks/signoff");
/// assert_eq!(serde_json::to_value(&ask)?["options"][0]["id"], "canary");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
#[must_use = "a request is asked when it is submitted"]
pub struct Ask {
    correlation_id: String,
    kind: Kind,
    title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    context: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    justification: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    risk_assessment: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    risk: Option<Risk>,
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    options: Vec<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    allow_custom: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    requester: Option<Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    links: Vec<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    route: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ttl_seconds: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    callback: Option<Value>,
}

impl Ask {
    /// May I run this exact action? `correlation_id` is your own name for the request, unique in the
    /// project for ever; `arguments` is a JSON object, which people see with its secrets masked.
    pub fn approval(
        correlation_id: impl Into<String>,
        title: impl Into<String>,
        tool: &str,
        arguments: impl Into<Value>,
    ) -> Self {
        let action = json!({ "tool": tool, "arguments": arguments.into() });
        Self {
            action: Some(action),
            ..Self::new(Kind::Approval, correlation_id.into(), title.into())
        }
    }

    /// Which of these, or what instead? Give it 2 to 5 [options](Self::option).
    pub fn question(correlation_id: impl Into<String>, title: impl Into<String>) -> Self {
        Self::new(Kind::Question, correlation_id.into(), title.into())
    }

    fn new(kind: Kind, correlation_id: String, title: String) -> Self {
        Self {
            correlation_id,
            kind,
            title,
            context: None,
            justification: None,
            risk_assessment: None,
            risk: None,
            action: None,
            options: Vec::new(),
            allow_custom: None,
            requester: None,
            links: Vec::new(),
            route: None,
            language: None,
            ttl_seconds: None,
            callback: None,
        }
    }

    /// Your own name for the request.
    pub fn correlation_id(&self) -> &str {
        &self.correlation_id
    }

    /// Background for the reader.
    pub fn context(mut self, text: impl Into<String>) -> Self {
        self.context = Some(text.into());
        self
    }

    /// Why it should be done.
    pub fn justification(mut self, text: impl Into<String>) -> Self {
        self.justification = Some(text.into());
        self
    }

    /// What may go wrong.
    pub fn risk_assessment(mut self, text: impl Into<String>) -> Self {
        self.risk_assessment = Some(text.into());
        self
    }

    /// How dangerous it is. High and critical ones ask people to press twice.
    pub fn risk(mut self, risk: Risk) -> Self {
        self.risk = Some(risk);
        self
    }

    /// One more choice of a question: your name for it, and what people read.
    pub fn option(mut self, id: &str, label: &str) -> Self {
        self.options.push(json!({ "id": id, "label": label }));
        self
    }

    /// The same, with a line of explanation.
    pub fn option_described(mut self, id: &str, label: &str, description: &str) -> Self {
        let option = json!({ "id": id, "label": label, "description": description });
        self.options.push(option);
        self
    }

    /// Take no answer to a question but its options.
    pub fn options_only(mut self) -> Self {
        self.allow_custom = Some(false);
        self
    }

    /// Which agent or service asks, and in which run of its own.
    pub fn requester(mut self, agent: &str, run_id: &str) -> Self {
        self.requester = Some(json!({ "agent": agent, "run_id": run_id }));
        self
    }

    /// One more link for the reader.
    pub fn link(mut self, label: &str, url: &str) -> Self {
        self.links.push(json!({ "label": label, "url": url }));
        self
    }

    /// Who is asked; without it, the project's `default` route.
    pub fn route(mut self, name: impl Into<String>) -> Self {
        self.route = Some(name.into());
        self
    }

    /// The language (BCP 47) to address people in whose own is not known.
    pub fn language(mut self, tag: impl Into<String>) -> Self {
        self.language = Some(tag.into());
        self
    }

    /// When it expires; without it, the route says.
    pub fn ttl_seconds(mut self, seconds: u64) -> Self {
        self.ttl_seconds = Some(seconds);
        self
    }

    /// Where the outcome is posted, signed. Its host must be on the operator's allow-list.
    pub fn callback(mut self, url: &str) -> Self {
        self.callback = Some(json!({ "url": url }));
        self
    }
}
