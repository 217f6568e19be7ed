//! Everything that the simulator says, checked against the machine-readable Bot API, where that file is present.

use std::path::Path;

use serde_json::{Value, json};

use super::{Bot, start};

/// The description of the API: `{methods, types}`.
struct Spec(Value);

impl Spec {
    /// The file beside the repository; `None` where it is absent.
    fn load() -> Option<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let text = std::fs::read_to_string(root.join("../shared/telegram/api.json")).ok()?;
        Some(Self(
            serde_json::from_str(&text).expect("the specification is JSON"),
        ))
    }

    /// Complaints about a value that should be of one of the types.
    fn check(&self, value: &Value, types: &[Value], place: &str) -> Vec<String> {
        let mut best: Option<Vec<String>> = None;
        for kind in types {
            let complaints = self.check_one(value, kind.as_str().unwrap_or_default(), place);
            if complaints.is_empty() {
                return complaints;
            }
            if best
                .as_ref()
                .is_none_or(|known| complaints.len() < known.len())
            {
                best = Some(complaints);
            }
        }
        best.unwrap_or_default()
    }

    fn check_one(&self, value: &Value, kind: &str, place: &str) -> Vec<String> {
        if let Some(inner) = kind.strip_prefix("Array of ") {
            let Some(items) = value.as_array() else {
                return vec![format!("{place}: not an array: {value}")];
            };
            let inner = [json!(inner)];
            return items
                .iter()
                .enumerate()
                .flat_map(|(i, v)| self.check(v, &inner, &format!("{place}[{i}]")))
                .collect();
        }
        let fits = match kind {
            "String" | "InputFile" => value.is_string(),
            "Integer" => value.is_i64() || value.is_u64(),
            "Boolean" => value.is_boolean(),
            "Float" => value.is_number(),
            _ => return self.check_object(value, kind, place),
        };
        if fits {
            Vec::new()
        } else {
            vec![format!("{place}: not {kind}: {value}")]
        }
    }

    fn check_object(&self, value: &Value, kind: &str, place: &str) -> Vec<String> {
        let definition = &self.0["types"][kind];
        if let Some(subtypes) = definition["subtypes"].as_array() {
            return self.check(value, subtypes, place);
        }
        let Some(object) = value.as_object() else {
            return vec![format!("{place}: not {kind}: {value}")];
        };
        let fields = definition["fields"].as_array().cloned().unwrap_or_default();
        self.check_fields(object, &fields, &format!("{place}<{kind}>"), true)
    }

    fn check_fields(
        &self,
        object: &serde_json::Map<String, Value>,
        fields: &[Value],
        place: &str,
        check_types: bool,
    ) -> Vec<String> {
        let mut complaints = Vec::new();
        for field in fields {
            let name = field["name"].as_str().unwrap_or_default();
            match object.get(name) {
                None if field["required"] == true => {
                    complaints.push(format!("{place}.{name} is missing"));
                }
                Some(content) if check_types => {
                    let kinds = field["types"].as_array().cloned().unwrap_or_default();
                    complaints.extend(self.check(content, &kinds, &format!("{place}.{name}")));
                }
                _ => {}
            }
        }
        for name in object.keys() {
            if !fields.iter().any(|field| field["name"] == json!(name)) {
                complaints.push(format!("{place}.{name} is unknown"));
            }
        }
        complaints
    }
}

/// A story that uses every method and makes every kind of update.
async fn play(bot: &Bot, sim: &signoff_telegram_sim::Sim) {
    let ann = sim.person("Ann");
    let call = |method: &'static str, params: Value| bot.ok(method, params);
    call("getMe", json!({})).await;
    ann.starts();
    let id = bot.card(ann.id()).await;
    let card = sim.next_message(&ann).await;
    let reply = json!({ "message_id": id });
    let force = json!({ "force_reply": true, "input_field_placeholder": "Why" });
    let prompt = json!({ "chat_id": ann.id(), "text": "Why?", "reply_parameters": reply, "reply_markup": force });
    call("sendMessage", prompt).await;
    let prompt = sim.next_message(&ann).await;
    let said = ann.replies(&prompt, "because of /this and https://x.y/z");
    ann.edits(&said, "changed");
    ann.sends_voice(
        &ann,
        signoff_telegram_sim::VoiceNote::ogg("OggS", 2),
        Some(&prompt),
    );
    ann.sends_file(&ann, "log.txt", "text/plain", "log");
    ann.forwards(&card, &ann);
    let tap = ann.taps(&card, "Approve");
    call(
        "answerCallbackQuery",
        json!({ "callback_query_id": tap.query_id(), "text": "ok" }),
    )
    .await;
    sim.make_inaccessible(&card);
    ann.taps(&card, "Deny");
    let text = format!(
        "<pre>x</pre> <a href=\"tg://user?id={}\">Ann</a> <a href=\"https://x.y\">l</a>",
        ann.id()
    );
    let edit = json!({ "chat_id": ann.id(), "message_id": id, "text": text, "parse_mode": "HTML" });
    call("editMessageText", edit).await;
    call(
        "sendChatAction",
        json!({ "chat_id": ann.id(), "action": "typing" }),
    )
    .await;
    let voice = sim
        .transcript(&ann)
        .into_iter()
        .find_map(|m| m.voice)
        .expect("a voice note");
    call("getFile", json!({ "file_id": voice.file_id })).await;
    call(
        "sendVoice",
        json!({ "chat_id": ann.id(), "voice": voice.file_id, "duration": 2, "caption": "c" }),
    )
    .await;
    let document = sim
        .transcript(&ann)
        .into_iter()
        .find_map(|m| m.document)
        .expect("a document");
    let sent = call(
        "sendDocument",
        json!({ "chat_id": ann.id(), "document": document.file_id }),
    )
    .await;
    let target = json!({ "chat_id": ann.id(), "message_id": sent["message_id"], "caption": "new" });
    call("editMessageCaption", target).await;
    call(
        "setMyCommands",
        json!({ "commands": [{ "command": "help", "description": "Help" }] }),
    )
    .await;
    call("getMyCommands", json!({})).await;
    call("deleteMyCommands", json!({})).await;
    groups(bot, sim).await;
    ann.blocks_bot();
    ann.unblocks_bot();
    call("getUpdates", json!({ "limit": 100 })).await;
    let hook = json!({ "url": "http://127.0.0.1:1/", "allowed_updates": ["message"], "ip_address": "127.0.0.1" });
    call("setWebhook", hook).await;
    ann.says(&ann, "to the webhook");
    call("getWebhookInfo", json!({})).await;
    call("deleteWebhook", json!({ "drop_pending_updates": true })).await;
    let reply_markup =
        json!({ "inline_keyboard": [[{ "text": "a", "copy_text": { "text": "x" } }]] });
    let edit = json!({ "chat_id": ann.id(), "message_id": id, "reply_markup": reply_markup });
    call("editMessageReplyMarkup", edit).await;
    sim.read_all(&ann);
}

/// The part of the story that takes place in groups.
async fn groups(bot: &Bot, sim: &signoff_telegram_sim::Sim) {
    let (ann, ben) = (sim.person("Ann"), sim.person("Ben"));
    let call = |method: &'static str, params: Value| bot.ok(method, params);
    let group = sim.group("R", &[&ann]).create();
    group.adds(&ben);
    group.promotes_anonymously(&ben);
    ben.says(&group, "/pending");
    group.removes(&ben);
    call("getChat", json!({ "chat_id": group.id() })).await;
    for person in [ann.id(), ben.id()] {
        call(
            "getChatMember",
            json!({ "chat_id": group.id(), "user_id": person }),
        )
        .await;
    }
    let _ = group.migrates();
    let forum = sim.group("F", &[&ann]).forum().bot_is_admin().create();
    let topic = call(
        "createForumTopic",
        json!({ "chat_id": forum.id(), "name": "t" }),
    )
    .await;
    let thread = &topic["message_thread_id"];
    let sent = call(
        "sendMessage",
        json!({ "chat_id": forum.id(), "message_thread_id": thread, "text": "x" }),
    )
    .await;
    call(
        "editForumTopic",
        json!({ "chat_id": forum.id(), "message_thread_id": thread, "name": "u" }),
    )
    .await;
    call(
        "closeForumTopic",
        json!({ "chat_id": forum.id(), "message_thread_id": thread }),
    )
    .await;
    call(
        "reopenForumTopic",
        json!({ "chat_id": forum.id(), "message_thread_id": thread }),
    )
    .await;
    call(
        "pinChatMessage",
        json!({ "chat_id": forum.id(), "message_id": sent["message_id"] }),
    )
    .await;
    call("getChat", json!({ "chat_id": forum.id() })).await;
    let member = json!({ "chat_id": forum.id(), "user_id": sim.bot_token().split(':').next() });
    call("getChatMember", member).await;
    call("unpinChatMessage", json!({ "chat_id": forum.id() })).await;
    call("unpinAllChatMessages", json!({ "chat_id": forum.id() })).await;
    call(
        "deleteMessage",
        json!({ "chat_id": forum.id(), "message_id": sent["message_id"] }),
    )
    .await;
    call("leaveChat", json!({ "chat_id": forum.id() })).await;
}

#[tokio::test]
async fn results_updates_and_requests_fit_the_published_api() {
    let (sim, bot) = start().await;
    sim.clock().advance(std::time::Duration::from_secs(1));
    play(&bot, &sim).await;
    let Some(spec) = Spec::load() else {
        let notice = "shared/telegram/api.json is absent: shapes were played but not checked\n";
        std::io::Write::write_all(&mut std::io::stderr(), notice.as_bytes()).expect("stderr");
        return;
    };
    let mut complaints = Vec::new();
    let mut methods = std::collections::BTreeSet::new();
    for call in sim.calls() {
        let definition = &spec.0["methods"][&call.method];
        assert!(definition.is_object(), "{} is no method", call.method);
        methods.insert(call.method.clone());
        let returns = definition["returns"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        complaints.extend(spec.check(&call.response["result"], &returns, &call.method));
        let fields = definition["fields"].as_array().cloned().unwrap_or_default();
        let params = call.params.as_object().cloned().unwrap_or_default();
        // Only names and presence: values may come as text in any encoding.
        complaints.extend(spec.check_fields(
            &params,
            &fields,
            &format!("{} parameters", call.method),
            false,
        ));
    }
    for update in sim.updates_created() {
        complaints.extend(spec.check_one(&update, "Update", "update"));
    }
    assert!(
        complaints.is_empty(),
        "{}:\n{}",
        complaints.len(),
        complaints.join("\n")
    );
    assert_eq!(
        methods.len(),
        28,
        "the story uses every method: {methods:?}"
    );
    let broken = json!({ "update_id": 1, "message": { "message_id": "one", "date": 0, "chat": { "id": 1 }, "x": 1 } });
    assert_eq!(
        spec.check_one(&broken, "Update", "update").len(),
        3,
        "the check itself finds faults"
    );
}
