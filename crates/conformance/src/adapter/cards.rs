//! The prompts that the checks show.

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use signoff_contract::adapter::{
    ButtonStyle, FreeText, FreeTextPurpose, HandleMeaning, PromptButton, PromptMessage,
    PromptPhase, PromptRecipient,
};
use signoff_contract::{
    ActionView, Decider, DeciderType, Digest, Kind, Outcome, PromptId, QuestionOption, RequestId,
    RequestResource, Risk, Status,
};

/// Somebody whom a prompt is for.
#[derive(Debug, Clone)]
pub(super) struct Reader {
    /// Where the prompt goes.
    pub(super) address: String,
    /// The chat's own id of the person.
    pub(super) user_id: String,
}

/// What makes one prompt different from all others.
#[derive(Debug, Clone)]
pub(super) struct Mint {
    /// Of this examination.
    pub(super) seed: u64,
    /// Of this prompt.
    pub(super) number: u64,
    /// When it is made.
    pub(super) now: Timestamp,
}

impl Mint {
    /// A word that no other prompt has in its title.
    pub(super) fn mark(&self) -> String {
        format!("kit-{:06x}-{:03}", self.seed & 0xff_ffff, self.number)
    }

    fn millis(&self) -> u64 {
        u64::try_from(self.now.as_millisecond()).unwrap_or_default()
    }

    fn random(&self) -> u128 {
        u128::from(self.seed) << 16 | u128::from(self.number)
    }

    fn handle(&self, of: &str) -> String {
        let name = format!("{}/{}/{of}", self.seed, self.number);
        let digest = Digest::of_bytes(name.as_bytes()).to_string();
        // As long as Signoff's own, of the same alphabet.
        let hex = digest.rsplit(':').next().unwrap_or_default();
        format!("AQG{}", hex.get(..44).unwrap_or_default())
    }
}

/// An approval, open, at its first revision.
pub(super) fn approval(
    mint: &Mint,
    readers: &[Reader],
    what: &str,
) -> anyhow::Result<PromptMessage> {
    let mark = mint.mark();
    let arguments =
        json!({ "service": "billing-api", "version": "1.2.3", "ticket": format!("arg-{mark}") });
    let mut message = blank(mint, readers, Kind::Approval, what)?;
    message.request.action = Some(action("kubernetes_apply", arguments));
    digest(&mut message.request);
    message.buttons = vec![
        button(mint, "approve", "Approve", ButtonStyle::Primary),
        button(mint, "deny", "Deny", ButtonStyle::Danger),
    ];
    message.free_text = Some(FreeText {
        handle: mint.handle("reason"),
        purpose: FreeTextPurpose::Reason,
    });
    Ok(message)
}

/// A question with these options, open, at its first revision.
pub(super) fn question(
    mint: &Mint,
    readers: &[Reader],
    what: &str,
    options: &[&str],
) -> anyhow::Result<PromptMessage> {
    let mut message = blank(mint, readers, Kind::Question, what)?;
    for (at, label) in options.iter().enumerate() {
        let id = format!("option-{at}");
        let (label, description) = ((*label).to_owned(), None);
        message
            .buttons
            .push(button(mint, &id, &label, ButtonStyle::Default));
        let option = QuestionOption {
            id,
            label,
            description,
        };
        message.request.options.push(option);
    }
    let decline = button(mint, "decline", "Decline to answer", ButtonStyle::Danger);
    message.buttons.push(decline);
    message.request.allow_custom = Some(true);
    message.free_text = Some(FreeText {
        handle: mint.handle("answer"),
        purpose: FreeTextPurpose::Answer,
    });
    Ok(message)
}

/// The same prompt at another revision, told by its title.
pub(super) fn revised(message: &PromptMessage, revision: u64) -> PromptMessage {
    let mut message = message.clone();
    let old = draft(message.revision, &message.request);
    message.revision = revision;
    let new = draft(revision, &message.request);
    message.request.title = message.request.title.replace(&old, &new);
    message
}

/// The word in the title that tells a revision from others.
pub(super) fn draft(revision: u64, request: &RequestResource) -> String {
    format!("draft-{revision:02}-{}", mark(request))
}

/// The word in the title that tells a prompt from others.
pub(super) fn mark(request: &RequestResource) -> &str {
    request.correlation_id.as_str()
}

/// The same prompt at another revision, ended like this.
pub(super) fn closed(message: &PromptMessage, revision: u64, status: Status) -> PromptMessage {
    let mut message = revised(message, revision);
    let at = message.request.created_at;
    let notice = match status {
        Status::Approved => "Approved by Ann Kit, 2026-01-02 03:04 UTC",
        Status::Denied => "Denied by Ann Kit, 2026-01-02 03:04 UTC",
        Status::Expired => "Expired, 2026-01-02 03:04 UTC: nobody decided in time",
        Status::Cancelled => "Withdrawn by the requester, 2026-01-02 03:04 UTC",
        Status::Failed | Status::Pending => "Could not be decided, 2026-01-02 03:04 UTC",
    };
    let decided = matches!(status, Status::Approved | Status::Denied);
    message.state = PromptPhase::Closed;
    message.notice = Some(notice.to_owned());
    message.buttons.clear();
    message.free_text = None;
    message.request.status = status;
    message.request.outcome = Some(Outcome {
        status,
        decided_at: at,
        reason: None,
        reason_via: None,
        answer: None,
        decided_by: decided
            .then(|| Decider {
                kind: DeciderType::Approver,
                name: "Ann Kit".to_owned(),
                channel: "api".to_owned(),
                at,
            })
            .into_iter()
            .collect(),
    });
    message
}

/// Other arguments for the same action.
pub(super) fn with_arguments(message: &mut PromptMessage, arguments: Value) {
    message.request.action = Some(action("kubernetes_apply", arguments));
    digest(&mut message.request);
}

fn blank(mint: &Mint, readers: &[Reader], kind: Kind, what: &str) -> anyhow::Result<PromptMessage> {
    let mark = mint.mark();
    let expires_at = signoff_contract::time::plus_seconds(mint.now, 3600);
    let recipients = readers.iter().map(|reader| PromptRecipient {
        approver: format!("kit {}", reader.user_id),
        address: reader.address.clone(),
        user_id: reader.user_id.clone(),
        language: None,
    });
    Ok(PromptMessage {
        prompt_id: PromptId::from_parts(mint.millis(), mint.random()),
        revision: 1,
        state: PromptPhase::Open,
        prompt_ref: None,
        recipients: recipients.collect(),
        buttons: Vec::new(),
        free_text: None,
        notice: None,
        remind: false,
        language: "en".to_owned(),
        expires_at,
        approvals: Vec::new(),
        approvals_needed: 1,
        asks_twice: false,
        notices: Vec::new(),
        show: None,
        request: RequestResource {
            id: RequestId::from_parts(mint.millis(), mint.random()),
            project: "default".to_owned(),
            correlation_id: mark.parse()?,
            kind,
            status: Status::Pending,
            title: format!("{what} draft-01-{mark}"),
            context: None,
            justification: None,
            risk_assessment: None,
            risk: Risk::Low,
            action: None,
            options: Vec::new(),
            allow_custom: None,
            requester: None,
            links: Vec::new(),
            route: "default".to_owned(),
            language: Some("en".to_owned()),
            ttl_seconds: 3600,
            intent_digest: None,
            view_digest: None,
            created_at: mint.now,
            expires_at,
            prompts: None,
            outcome: None,
            claimed_at: None,
            execution: None,
            callback: None,
        },
    })
}

fn button(mint: &Mint, of: &str, label: &str, style: ButtonStyle) -> PromptButton {
    PromptButton {
        handle: mint.handle(of),
        label: label.to_owned(),
        style,
        action: Some(match of {
            "approve" => HandleMeaning::Approve,
            "deny" => HandleMeaning::Deny,
            "decline" => HandleMeaning::Decline,
            _ => HandleMeaning::Choose,
        }),
        option_id: (style == ButtonStyle::Default).then(|| of.to_owned()),
    }
}

fn action(tool: &str, arguments: Value) -> ActionView {
    let arguments = match arguments {
        Value::Object(arguments) => arguments,
        other => Map::from_iter([("value".to_owned(), other)]),
    };
    ActionView {
        tool: tool.to_owned(),
        arguments,
        masked: Vec::new(),
    }
}

fn digest(request: &mut RequestResource) {
    let action = request.action.as_ref();
    let digest = action.map(|action| Digest::of_action(&action.tool, &action.arguments));
    request.intent_digest = digest;
    request.view_digest = digest;
}
