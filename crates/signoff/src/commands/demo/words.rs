//! What the demo says.

use std::path::Path;

use signoff_contract::{RequestResource, time};

use super::control_plane::Received;
use super::house::House;
use crate::output::{Style, clean, stdout_style};

/// The model of the repository's own tests.
const TEST_MODEL: &str = "ggml-signoff-test.en.bin";

/// Whether one can speak, and with what that is heard.
fn voice(model: Option<&Path>) -> String {
    let Some(model) = model else {
        return "Voice notes are answered with \"please type\": --model FILE hears them."
            .to_owned();
    };
    let how = "Custom answer and Deny with a reason also take a voice note: the microphone below the \
               chat, or a sound file.";
    if model.file_name().is_some_and(|name| name == TEST_MODEL) {
        return format!(
            "{how}\n   It is heard with the tests' own model: 165 English words in synthetic voices, \
             and no\n   human ones. Send crates/speech/tests/data/eval/seen_voice_005.ogg, or bring a \
             real model:\n   SIGNOFF_DEMO_MODEL=FILE make demo (docs/voice.md says where to get one)."
        );
    }
    format!(
        "{how}\n   It is heard with {}, on this machine.",
        model.display()
    )
}

/// What is running, and what to do.
pub(super) fn welcome(house: &House, callback_url: &str, folder: Option<&Path>) -> String {
    let page = stdout_style(Style::Strong, &house.simulator.page_url());
    let service = format!("http://{}", house.service.address());
    let key = house.visitors_key.reveal();
    // The one that runs: `make demo` puts none on the PATH.
    let program = std::env::current_exe()
        .map_or_else(|_| "signoff".to_owned(), |path| path.display().to_string());
    let kept = folder.map_or_else(
        || "Everything is forgotten at the end; --dir keeps it.".to_owned(),
        |folder| {
            format!(
                "The database and the configuration are in {}.",
                folder.display()
            )
        },
    );
    let voice = voice(house.model.as_deref());
    format!(
        "Signoff's demo: a control plane asks, Ann and Ben answer, and you are all of them.\n\
         Nothing leaves this machine. {kept}\n\n\
         1. Open the chats of Ann and Ben:   {page}\n\
         2. Press a button under a card. High risk asks twice; the group has cards for both.\n\
         3. See below what the control plane is told: signed, and only what was decided.\n\
         4. {voice}\n\n\
         Ask something yourself:\n\n\
         curl -sS {service}/v1/requests \\\n  \
         -H 'Authorization: Bearer {key}' \\\n  \
         -H 'Content-Type: application/json' \\\n  \
         -d '{{\"correlation_id\":\"mine-1\",\"kind\":\"question\",\"title\":\"Tea or coffee?\",\
         \"options\":[{{\"id\":\"tea\",\"label\":\"Tea\"}},{{\"id\":\"coffee\",\"label\":\"Coffee\"}}],\
         \"callback\":{{\"url\":\"{callback_url}\"}}}}'\n\n\
         or wait for the answer in a shell:\n\n\
         SIGNOFF_URL={service} SIGNOFF_KEY={key} \\\n  \
         {program} ask 'Delete the old backups?' --tool backups.delete --arguments '{{\"older_than_days\":90}}'\n\n\
         The API is described at {service}/docs. Ctrl-C ends everything.\n"
    )
}

/// A request went out.
pub(super) fn asked(request: &RequestResource) -> String {
    let arrow = stdout_style(Style::Dim, "asked  ->");
    let (kind, risk) = (request.kind.as_str(), request.risk.as_str());
    format!(
        "{arrow} {kind}, {risk} risk: {}  ({})",
        request.title, request.correlation_id
    )
}

/// A callback came in.
pub(super) fn callback(received: &Received) -> String {
    let request = &received.resource;
    let arrow = stdout_style(Style::Good, "callback <-");
    let again = if received.is_first { "" } else { ", again" };
    let mut lines = vec![format!(
        "{arrow} {} for {}  (signature valid{again}, {})",
        stdout_style(Style::Strong, &received.event),
        request.correlation_id,
        received.id,
    )];
    if let Some(outcome) = &request.outcome {
        for decider in &outcome.decided_by {
            let at = time::format(decider.at);
            lines.push(format!(
                "    by       {} in {} at {at}",
                decider.name, decider.channel
            ));
        }
        if let Some(answer) = &outcome.answer {
            let option = answer.option_id.as_ref().map(|id| format!("[{id}] "));
            let option = option.unwrap_or_default();
            lines.push(format!(
                "    answer   {option}{} ({})",
                answer.text,
                answer.via.as_str()
            ));
        }
        if let Some(reason) = &outcome.reason {
            let via = outcome.reason_via.map(|via| format!(" ({})", via.as_str()));
            lines.push(format!("    reason   {reason}{}", via.unwrap_or_default()));
        }
    }
    if let (Some(action), Some(intent)) = (&request.action, &request.intent_digest) {
        lines.push(format!("    for      {} with intent {intent}", action.tool));
        if !action.masked.is_empty() {
            lines.push(format!(
                "    hidden   {} from everyone's eyes",
                action.masked.join(", ")
            ));
        }
    }
    // The arrow and the event may carry colours of ours; everything else is made safe.
    let first = lines.remove(0);
    let rest = lines.iter().map(|line| format!("\n{}", clean(line)));
    first + &rest.collect::<String>()
}
