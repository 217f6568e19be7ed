//! One row of the control plane's list, and the request that it becomes.

use serde_json::{Map, Value, json};
use signoff_contract::Digest;

use crate::output;

/// The longest title, agent and run that the native contract takes, in characters.
const TITLE_CHARS: usize = 300;
const NAME_CHARS: usize = 200;

/// Something that waits for approval there.
pub(super) struct Row {
    /// Their number.
    pub(super) id: i64,
    /// Everything that it says.
    said: Map<String, Value>,
}

impl Row {
    /// The row, if it has a number.
    pub(super) fn read(row: Value) -> Option<Self> {
        let Value::Object(mut said) = row else {
            output::warning("a row of the control plane's list is no object; it is passed over");
            return None;
        };
        let Some(id) = said.get("id").and_then(Value::as_i64) else {
            output::warning("a row of the control plane's list has no id; it is passed over");
            return None;
        };
        said.retain(|_, value| !value.is_null());
        Some(Self { id, said })
    }

    /// The request. The same row gives the same bytes, so asking again asks nobody twice. People see
    /// all that the row says, as the arguments of the action.
    pub(super) fn submission(&self, name: &str, route: Option<&str>) -> Value {
        let tool = self.tool();
        let action = self.line("action", TITLE_CHARS).unwrap_or_default();
        let title = match action.as_str() {
            "" => tool.clone(),
            action => format!("{tool}: {action}"),
        };
        let mut body = json!({
            "correlation_id": name,
            "kind": "approval",
            "title": cut(&title, TITLE_CHARS),
            "action": { "tool": tool, "arguments": self.said },
            "requester": {
                "agent": self.line("requested_by", NAME_CHARS),
                "run_id": self.line("run_id", NAME_CHARS),
                "run_label": self.line("trigger_label", NAME_CHARS),
            },
        });
        if let Some(route) = route {
            body["route"] = Value::from(route);
        }
        body
    }

    /// What an approval of this row, as it reads now, would be an approval of.
    pub(super) fn intent(&self) -> Digest {
        Digest::of_action(&self.tool(), &self.said)
    }

    fn tool(&self) -> String {
        let named = self.line("tool_name", NAME_CHARS);
        named.unwrap_or_else(|| "codex-k8s".to_owned())
    }

    /// A field as one line; `None` where it says nothing.
    fn line(&self, field: &str, most: usize) -> Option<String> {
        let text = match self.said.get(field)? {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => return None,
        };
        let plain = text.replace(|c: char| c.is_control(), " ");
        Some(cut(plain.trim(), most)).filter(|text| !text.is_empty())
    }
}

fn cut(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}
