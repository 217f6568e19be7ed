//! The flags of `signoff ask`, and the body they make. What a field may hold is the service's to
//! say; only what would be lost on the way (JSON that can be read in two ways) is refused here.

use std::io::Read as _;

use anyhow::{Context as _, anyhow, bail};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::RngCore as _;
use serde_json::{Map, Value, json};
use signoff_contract::{CorrelationId, Problem};

#[derive(Debug, clap::Args)]
pub(crate) struct Fields {
    /// One line that says what is asked
    #[arg(required_unless_present = "body")]
    title: Option<String>,
    /// The name of the request, unique in the project for ever (default: a random one)
    #[arg(long, value_name = "ID")]
    correlation_id: Option<String>,
    /// Background for the reader
    #[arg(long, value_name = "TEXT")]
    context: Option<String>,
    /// Why it should be done
    #[arg(long, value_name = "TEXT")]
    justification: Option<String>,
    /// What may go wrong
    #[arg(long, value_name = "TEXT")]
    risk_assessment: Option<String>,
    /// How dangerous it is: low, medium, high, critical
    #[arg(long)]
    risk: Option<String>,
    /// The tool that will run. Makes it an approval
    #[arg(long)]
    tool: Option<String>,
    /// The tool's arguments: a JSON object, @file, or @- for stdin
    #[arg(long, value_name = "JSON", requires = "tool")]
    arguments: Option<String>,
    /// A choice (repeat it 2 to 5 times). Makes it a question
    #[arg(long = "option", value_name = "ID=LABEL", value_parser = pair)]
    options: Vec<(String, String)>,
    /// Take no answers but the options
    #[arg(long, requires = "options")]
    no_custom: bool,
    /// The agent or service that asks
    #[arg(long, value_name = "NAME")]
    agent: Option<String>,
    /// The agent's run
    #[arg(long, value_name = "ID")]
    run_id: Option<String>,
    /// A label of that run
    #[arg(long, value_name = "TEXT")]
    run_label: Option<String>,
    /// How that run works
    #[arg(long, value_name = "TEXT")]
    runtime_mode: Option<String>,
    /// A link for the reader (repeatable)
    #[arg(long = "link", value_name = "LABEL=URL", value_parser = pair)]
    links: Vec<(String, String)>,
    /// The route: who is asked (default: the project's "default")
    #[arg(long)]
    route: Option<String>,
    /// The language to address people in, where theirs is not known
    #[arg(long, value_name = "TAG")]
    language: Option<String>,
    /// Seconds until the request expires (default: the route's)
    #[arg(long, value_name = "SECONDS")]
    ttl: Option<u64>,
    /// Where to send the outcome, beside waiting for it
    #[arg(long, value_name = "URL")]
    callback: Option<String>,
    /// The whole body as JSON, @file, or @- for stdin; other flags replace its fields
    #[arg(long, value_name = "JSON")]
    body: Option<String>,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (left, right) = text.split_once('=').ok_or("an equals sign is missing")?;
    Ok((left.trim().to_owned(), right.trim().to_owned()))
}

impl Fields {
    /// The request's name, and its body.
    pub(super) fn build(self) -> anyhow::Result<(CorrelationId, Value)> {
        let mut body = match &self.body {
            Some(given) => object("--body", given)?,
            None => Map::new(),
        };
        if self.tool.is_some() && !self.options.is_empty() {
            bail!("--tool makes it an approval and --option a question: use one of them");
        }
        self.put(&mut body)?;
        if !["kind", "action", "options"]
            .iter()
            .any(|field| body.contains_key(*field))
        {
            bail!(
                "what is asked for? --tool NAME makes it an approval, --option ID=LABEL, two to five \
                 of them, a question"
            );
        }
        if !body.contains_key("kind") {
            let question = body.contains_key("options") || !body.contains_key("action");
            body.insert(
                "kind".into(),
                if question { "question" } else { "approval" }.into(),
            );
        }
        let id = match body
            .get("correlation_id")
            .map(|id| id.as_str().unwrap_or_default())
        {
            Some(id) => id.to_owned(),
            None => random_id(),
        };
        body.insert("correlation_id".into(), id.clone().into());
        let id = id.parse::<CorrelationId>()?;
        Ok((id, body.into()))
    }

    fn put(self, body: &mut Map<String, Value>) -> anyhow::Result<()> {
        let arguments = match &self.arguments {
            Some(given) => object("--arguments", given)?,
            None => Map::new(),
        };
        if let Some(tool) = self.tool {
            body.insert("kind".into(), "approval".into());
            body.insert(
                "action".into(),
                json!({ "tool": tool, "arguments": arguments }),
            );
        }
        if !self.options.is_empty() {
            let option = |(id, label)| json!({ "id": id, "label": label });
            body.insert("kind".into(), "question".into());
            body.insert(
                "options".into(),
                self.options.into_iter().map(option).collect(),
            );
        }
        if !self.links.is_empty() {
            let link = |(label, url)| json!({ "label": label, "url": url });
            body.insert("links".into(), self.links.into_iter().map(link).collect());
        }
        let texts = [
            ("title", self.title),
            ("correlation_id", self.correlation_id),
            ("context", self.context),
            ("justification", self.justification),
            ("risk_assessment", self.risk_assessment),
            ("risk", self.risk),
            ("route", self.route),
            ("language", self.language),
        ];
        put_texts(body, texts);
        let mut requester = Map::new();
        let texts = [
            ("agent", self.agent),
            ("run_id", self.run_id),
            ("run_label", self.run_label),
            ("runtime_mode", self.runtime_mode),
        ];
        put_texts(&mut requester, texts);
        if !requester.is_empty() {
            body.insert("requester".into(), requester.into());
        }
        if self.no_custom {
            body.insert("allow_custom".into(), false.into());
        }
        if let Some(seconds) = self.ttl {
            body.insert("ttl_seconds".into(), seconds.into());
        }
        if let Some(url) = self.callback {
            body.insert("callback".into(), json!({ "url": url }));
        }
        Ok(())
    }
}

fn put_texts<const N: usize>(into: &mut Map<String, Value>, texts: [(&str, Option<String>); N]) {
    for (name, text) in texts {
        if let Some(text) = text {
            into.insert(name.to_owned(), text.into());
        }
    }
}

/// A JSON object from a flag, a file, or stdin, read as strictly as the service reads.
fn object(flag: &str, given: &str) -> anyhow::Result<Map<String, Value>> {
    let text = match given.strip_prefix('@') {
        None => given.as_bytes().to_vec(),
        Some("-") => {
            let mut text = Vec::new();
            std::io::stdin()
                .read_to_end(&mut text)
                .context("stdin cannot be read")?;
            text
        }
        Some(path) => std::fs::read(path).with_context(|| format!("{path} cannot be read"))?,
    };
    match signoff_contract::json::read(&text) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => bail!("{flag} must be a JSON object"),
        Err(error) => {
            let problem = Problem::from(error);
            let all = problem.errors.iter().filter(|_| problem.errors.len() > 1);
            let all: Vec<String> = all.map(|error| format!("\n  {error}")).collect();
            Err(anyhow!("{flag}: {}{}", problem.detail, all.concat()))
        }
    }
}

fn random_id() -> String {
    let mut bytes = [0; 12];
    rand::rng().fill_bytes(&mut bytes);
    format!("ask-{}", URL_SAFE_NO_PAD.encode(bytes))
}
