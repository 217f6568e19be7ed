//! Whether what people speak is heard: the model loads, and a sentence is understood.

use signoff_server::ServerOptions;

use super::Check;
use crate::config::Speech;
use crate::speech::{Ears, SAID, SAMPLE, WINDOW, heard};

const NAME: &str = "speech";

pub(super) async fn check(speech: Option<&Speech>) -> Check {
    let Some(speech) = speech.cloned() else {
        let detail = "nothing hears: a voice note is answered with \"please type\"";
        return Check::good(NAME, detail);
    };
    let rules = speech.rules.clone();
    let ears = match Ears::new(speech, &mut ServerOptions::default()) {
        Ok(ears) => ears,
        Err(error) => return Check::bad(NAME, format!("{error:#}"), "try again"),
    };
    let remedy = "docs/voice.md says which model to take and where to get it";
    let ready = match ears.ready().await {
        Ok(ready) => ready,
        Err(error) => return Check::bad(NAME, error.to_string(), remedy),
    };
    let sample = heard(&*ears.transcriber(), SAMPLE, Some("en".to_owned())).await;
    let transcript = match sample {
        Ok(transcript) => transcript,
        Err(error) => {
            let detail = format!("{ready}; of a spoken sentence: {error}");
            return Check::bad(NAME, detail, remedy);
        }
    };
    let took = transcript.took.as_secs_f64();
    let detail = format!("{ready}; heard {:?} in {took:.1} s", transcript.text);
    if words(&transcript.text) != words(SAID) {
        let detail = format!("{detail}, and {SAID:?} was said");
        return Check::doubtful(
            NAME,
            detail,
            "take a larger model; docs/voice.md compares them",
        );
    }
    let windows = f64::from(rules.max_seconds) / WINDOW.as_secs_f64();
    let longest = took * windows.ceil().max(1.0);
    if longest > rules.timeout.as_secs_f64() {
        let detail = format!(
            "{detail}; a recording of {} s would take about {longest:.0} s, and \
             speech.timeout_seconds is {}",
            rules.max_seconds,
            rules.timeout.as_secs()
        );
        let remedy = "take a smaller model, more speech.threads or fewer speech.max_seconds";
        return Check::doubtful(NAME, detail, remedy);
    }
    Check::good(NAME, detail)
}

/// The words, without how they are written.
fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}
