//! How much of what was said is understood, set by set, beside what the model's README says. The
//! recordings are real Opus, and everything between them and the text is what the service runs.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use signoff_engine::{TranscribeError, Transcriber as _};

use crate::engine::engine;
use crate::recordings::{data, heard, rules};

/// How much worse than the README a set may be: a point.
const TOLERANCE: f64 = 1.0;
/// What the README says of the published sets, in per cent of words. Of the long clips it promises
/// nothing but that nothing breaks.
const README: [(&str, f64); 2] = [("seen_voice", 0.0), ("unseen_voice", 0.0)];

/// A clip: its file, what is said in it, and the set it belongs to.
fn clips() -> Vec<(String, String, String)> {
    let table = data("eval/transcripts.tsv");
    let table = String::from_utf8(table.to_vec()).unwrap();
    let lines = table.lines().skip(1);
    let clip = |line: &str| {
        let cells: Vec<&str> = line.split('\t').collect();
        (
            cells[0].to_owned(),
            cells[1].to_owned(),
            cells[2].to_owned(),
        )
    };
    lines.map(clip).collect()
}

/// The fewest words that were replaced, left out or put in.
fn word_errors(said: &str, heard: &str) -> usize {
    let (said, heard): (Vec<_>, Vec<_>) = (
        said.split_whitespace().collect(),
        heard.split_whitespace().collect(),
    );
    let mut row: Vec<usize> = (0..=heard.len()).collect();
    for (done, word) in said.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = done + 1;
        for (at, other) in heard.iter().enumerate() {
            let replaced = diagonal + usize::from(word != other);
            diagonal = row[at + 1];
            row[at + 1] = replaced.min(row[at] + 1).min(diagonal + 1);
        }
    }
    row[heard.len()]
}

#[test]
fn words_that_differ_are_counted() {
    for (said, heard, errors) in [
        ("wait for bob", "wait for bob", 0),
        ("wait for bob", "wait bob", 1),
        ("wait for bob", "wait for four bobs", 2),
        ("wait", "", 1),
        ("", "no", 1),
    ] {
        assert_eq!(word_errors(said, heard), errors, "{said:?} {heard:?}");
    }
}

#[tokio::test]
async fn each_set_is_understood_as_well_as_the_models_readme_says() {
    let engine = engine();
    let mut sets: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    let mut wrong = Vec::new();
    for (file, said, set) in clips() {
        if set == "blank" || set == "long" {
            continue;
        }
        let transcript = heard(&engine, data(&format!("eval/{file}"))).await.unwrap();
        let errors = word_errors(&said, &transcript.text);
        if errors > 0 {
            wrong.push(format!(
                "{file}: {said:?} was heard as {:?}",
                transcript.text
            ));
        }
        // The README: of right clips the lowest is 0.77, of these short ones 0.94.
        assert!(
            errors > 0 || transcript.mean_probability > 0.9,
            "{transcript:?}"
        );
        let (all, words) = sets.entry(set).or_default();
        *all += errors;
        *words += said.split_whitespace().count();
    }
    assert_eq!(sets.len(), README.len(), "{sets:?}");
    for (set, figure) in README {
        let (errors, words) = sets[set];
        #[expect(clippy::cast_precision_loss, reason = "a few hundred words")]
        let rate = 100.0 * errors as f64 / words as f64;
        assert!(
            rate <= figure + TOLERANCE,
            "{set}: {errors} of {words} words, {rate:.2} %: {wrong:#?}"
        );
    }
}

#[tokio::test]
async fn blank_clips_hold_no_speech() {
    let engine = engine();
    let blank = clips().into_iter().filter(|(.., set)| set == "blank");
    let mut count = 0;
    for (file, ..) in blank {
        count += 1;
        let result = heard(&engine, data(&format!("eval/{file}"))).await;
        assert_eq!(result, Err(TranscribeError::NoSpeech), "{file}");
    }
    assert_eq!(count, 2);
}

#[tokio::test]
async fn long_clips_break_nothing_and_take_no_time() {
    let engine = engine();
    let long = clips().into_iter().filter(|(.., set)| set == "long");
    let mut count = 0;
    for (file, ..) in long {
        count += 1;
        let began = Instant::now();
        let transcript = heard(&engine, data(&format!("eval/{file}"))).await.unwrap();
        assert!(began.elapsed() < rules().timeout, "{file}");
        assert!(transcript.audio > Duration::from_secs(12), "{transcript:?}");
        assert!(!transcript.text.is_empty());
    }
    assert_eq!(count, 2);
    assert!(!engine.busy());
}
