//! `signoff transcribe FILE`: what is said in a recording, to try a model or a server.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use serde_json::json;
use signoff_engine::{SpeechRules, Transcript};
use signoff_server::ServerOptions;

use crate::cli::{ConfigFile, Json};
use crate::config::{Hears, Speech, check, load, speech_of};
use crate::exit::Exit;
use crate::output;
use crate::speech::{Ears, heard};

/// Print what is said in a recording.
///
/// Does what the service does with a voice note: the same limits, the same model or server. The
/// recording is a file that people send: ogg or webm with Opus, m4a, mp4, mp3 or wav. Nothing is
/// sent to anybody but the speech server, when one is configured.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The recording
    file: PathBuf,
    /// A model in ggml format, in place of the configured one; no configuration is needed then
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
    /// The language that is spoken, in place of the configured one: en, ru, zh, …
    #[arg(long, value_name = "CODE")]
    language: Option<String>,
    #[command(flatten)]
    config: ConfigFile,
    #[command(flatten)]
    json: Json,
}

pub(crate) async fn run(args: Args) -> anyhow::Result<Exit> {
    let speech = speech(&args)?;
    let rules = speech.rules.clone();
    let bytes = read(&args.file)?;
    let ears = Ears::new(speech, &mut ServerOptions::default())?.transcriber();
    let transcript = heard(&*ears, bytes, args.language).await?;
    if args.json.json {
        output::json(&document(&transcript, &rules))?;
        return Ok(Exit::Success);
    }
    output::data(output::clean(&transcript.text))?;
    let unclear = if rules.unclear(&transcript) {
        ", which counts as unclear"
    } else {
        ""
    };
    output::say(format_args!(
        "{:.0} % sure{unclear}; {}; {:.1} s of sound in {:.2} s by {}",
        transcript.mean_probability * 100.0,
        transcript.language.as_deref().unwrap_or("language unknown"),
        transcript.audio.as_secs_f64(),
        transcript.took.as_secs_f64(),
        transcript.model
    ));
    Ok(Exit::Success)
}

/// What is to hear: as configured, or the model that was named.
fn speech(args: &Args) -> anyhow::Result<Speech> {
    let configured = load(&args.config.source()).and_then(|loaded| check(&loaded));
    let Some(model) = args.model.clone() else {
        return configured?.settings.speech.context(
            "no model is configured: set speech.model, or name one with --model; docs/voice.md \
             says where to get one",
        );
    };
    let configured = configured.ok().and_then(|checked| checked.settings.speech);
    let mut speech = configured.unwrap_or_else(|| speech_of(model.clone()));
    let threads = match speech.hears {
        Hears::Whisper { threads, .. } => threads,
        Hears::Http { .. } => 1,
    };
    speech.hears = Hears::Whisper {
        model,
        threads,
        preload: false,
    };
    Ok(speech)
}

/// The file, or as much of it as is needed to see that it is too large.
fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    let shown = path.display();
    let file = File::open(path).with_context(|| format!("{shown} cannot be read"))?;
    if file.metadata().is_ok_and(|facts| facts.is_dir()) {
        bail!("{shown} is a folder");
    }
    let mut bytes = Vec::new();
    file.take(SpeechRules::MAX_BYTES as u64 + 1)
        .read_to_end(&mut bytes)
        .with_context(|| format!("{shown} cannot be read"))?;
    Ok(bytes)
}

fn document(transcript: &Transcript, rules: &SpeechRules) -> serde_json::Value {
    let segments: Vec<_> = transcript
        .segments
        .iter()
        .map(|segment| {
            json!({
                "text": segment.text,
                "mean_probability": segment.mean_probability,
                "start_seconds": segment.start.as_secs_f64(),
                "end_seconds": segment.end.as_secs_f64(),
            })
        })
        .collect();
    json!({
        "text": transcript.text,
        "language": transcript.language,
        "mean_probability": transcript.mean_probability,
        "unclear": rules.unclear(transcript),
        "segments": segments,
        "audio_seconds": transcript.audio.as_secs_f64(),
        "took_seconds": transcript.took.as_secs_f64(),
        "model": transcript.model,
        "model_digest": transcript.model_digest,
    })
}
