//! What a failed wait prints: the transcript and the latest calls, so that nobody has to run it twice.

use std::fmt::Write;

use crate::world::World;

/// How many of the latest calls a report shows.
const CALLS: usize = 12;

impl World {
    /// The chat as text: one line per message with its buttons.
    pub(crate) fn transcript_text(&self, chat_id: i64) -> String {
        let mut out = String::new();
        for message in self.transcript(chat_id) {
            let unread = if message.from_bot && !message.read {
                " (unread)"
            } else {
                ""
            };
            let edited = if message.revision > 0 {
                format!(" (edited {}×)", message.revision)
            } else {
                String::new()
            };
            let what = if let Some(service) = &message.service {
                service.to_string()
            } else if let Some(document) = &message.document {
                format!(
                    "[document {}] {}",
                    document.file_name.as_deref().unwrap_or("?"),
                    message.text
                )
            } else if message.voice.is_some() {
                format!("[voice] {}", message.text)
            } else if message.audio.is_some() || message.video_note.is_some() {
                format!("[sound] {}", message.text)
            } else {
                message.text.clone()
            };
            let _ = writeln!(
                out,
                "  #{} {}{unread}{edited}: {}",
                message.message_id,
                message.from.first_name,
                what.replace('\n', "\n      ")
            );
            for row in &message.buttons {
                let labels: Vec<&str> = row.iter().map(|button| button.text.as_str()).collect();
                let _ = writeln!(out, "      [ {} ]", labels.join(" ] [ "));
            }
        }
        if out.is_empty() {
            "  (nothing)\n".to_owned()
        } else {
            out
        }
    }

    /// The transcript of a chat and the latest calls of the bot.
    pub(crate) fn report(&self, chat_id: i64) -> String {
        let mut out = format!(
            "transcript of chat {chat_id}:\n{}",
            self.transcript_text(chat_id)
        );
        let _ = writeln!(out, "latest calls of the bot:");
        let interesting = self.calls.iter().filter(|call| {
            call.method != "getUpdates" || call.status != 200 || call.fault.is_some()
        });
        let all: Vec<_> = interesting.collect();
        for call in all.iter().skip(all.len().saturating_sub(CALLS)) {
            let answer = call.response["description"].as_str().unwrap_or("ok");
            let params: String = call.params.to_string().chars().take(160).collect();
            let _ = writeln!(
                out,
                "  {} {params} -> {} {answer}",
                call.method, call.status
            );
        }
        out
    }
}
