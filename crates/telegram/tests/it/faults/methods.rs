//! Which methods of the Bot API this crate calls: read from its sources, so that one that is new
//! does not go without its row in the page of faults.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use signoff_telegram_sim::Call;

use super::catalogue::METHODS;

/// What `signoff doctor` asks besides: nobody's request waits for it. And what a voice note takes,
/// whose faults are in the tests of voice notes.
const ASKED_BESIDES: [&str; 3] = ["getChat", "getFile", "sendChatAction"];

#[test]
fn every_method_that_is_called_has_its_faults_in_the_table() {
    let mut called = BTreeSet::new();
    look(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        &mut called,
    );
    let known: BTreeSet<String> = METHODS
        .iter()
        .chain(&ASKED_BESIDES)
        .map(|&method| method.to_owned())
        .collect();
    assert_eq!(
        called, known,
        "what is called (left), and what the faults are planted at (right)"
    );
}

/// Fails when a bot called another method, in whatever test. Tests that call one themselves, past
/// the client, call none but these.
pub(crate) fn are_known(calls: &[Call]) {
    for call in calls {
        let known = METHODS.iter().chain(&ASKED_BESIDES);
        assert!(
            known.into_iter().any(|known| *known == call.method),
            "{} is called, and no fault is planted there",
            call.method
        );
    }
}

/// The methods that these sources call.
fn look(folder: &Path, called: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).expect("the sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            look(&path, called);
            continue;
        }
        let text = fs::read_to_string(&path).expect("a source");
        // Every payload is teloxide's, or is named where it is sent.
        for names in text.split("teloxide_core::payloads::").skip(1) {
            let names = names.split(';').next().unwrap_or_default();
            let words = names.split(|c: char| !c.is_ascii_alphanumeric());
            let payloads = words.filter(|word| !word.is_empty() && !word.ends_with("Setters"));
            called.extend(payloads.filter(|word| *word != "as").map(spelled));
        }
        for call in ["call_raw(\"", ".upload(\""] {
            let flat: String = text.split_whitespace().collect();
            let methods = flat
                .split(call)
                .skip(1)
                .filter_map(|rest| rest.split('"').next());
            called.extend(methods.map(str::to_owned));
        }
    }
}

/// `GetMe` → `getMe`.
fn spelled(payload: &str) -> String {
    let (first, rest) = payload.split_at(1);
    format!("{}{rest}", first.to_ascii_lowercase())
}
