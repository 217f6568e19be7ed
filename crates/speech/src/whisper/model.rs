//! A model in memory, and what it hears.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use signoff_engine::TranscribeError;
use whisper_rs::{
    FullParams, SamplingStrategy, WhisperContext, WhisperContextParameters, WhisperState,
    get_lang_id, get_lang_str,
};

use super::file;
use crate::heard::Heard;
use crate::resample::RATE;
use crate::until::Until;

/// The most samples that a model hears at once: 30 s.
const WINDOW: usize = 30 * RATE as usize;

/// A model in memory.
pub(super) struct Model {
    pub(super) name: String,
    /// SHA-256 of the file in hexadecimal.
    pub(super) digest: String,
    context: WhisperContext,
    /// Room for what is being heard, kept from one recording to the next: as many as there were
    /// at once, which is as many as there are threads.
    states: Mutex<Vec<WhisperState>>,
}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Model")
            .field("name", &self.name)
            .field("digest", &self.digest)
            .finish_non_exhaustive()
    }
}

impl Model {
    /// Loads a file.
    pub(super) fn load(path: &Path) -> Result<Self, TranscribeError> {
        let unavailable = |cause: String| TranscribeError::Unavailable { cause };
        check_processor()?;
        // What whisper.cpp says goes nowhere: it says it on stderr.
        whisper_rs::install_logging_hooks();
        let shown = path.display();
        file::check(path).map_err(|flaw| unavailable(format!("the model {shown} {flaw}")))?;
        let digest = digest(path)
            .map_err(|error| unavailable(format!("the model {shown} cannot be read: {error}")))?;
        let context = WhisperContext::new_with_params(path, WhisperContextParameters::default());
        let context = context
            .map_err(|_| unavailable(format!("the model {shown} is refused by whisper.cpp")))?;
        let name = path.file_name().unwrap_or(path.as_os_str());
        Ok(Self {
            name: name.to_string_lossy().into_owned(),
            digest,
            context,
            states: Mutex::new(Vec::new()),
        })
    }

    /// Whether it knows languages other than English.
    pub(super) fn multilingual(&self) -> bool {
        self.context.is_multilingual()
    }

    /// That the model knows a language.
    pub(super) fn check_language(&self, language: Option<&str>) -> Result<(), TranscribeError> {
        let Some(code) = language else {
            return Ok(());
        };
        let cause = if code.contains('\0') || get_lang_id(code).is_none() {
            format!("whisper knows no language {code:?}")
        } else if code != "en" && !self.multilingual() {
            format!(
                "the model {} knows only English, and not {code:?}",
                self.name
            )
        } else {
            return Ok(());
        };
        Err(TranscribeError::Unavailable { cause })
    }

    /// What is said in these samples, and in which language.
    pub(super) fn hear(
        &self,
        samples: &[f32],
        language: Option<&str>,
        threads: u32,
        until: &Until,
    ) -> Result<(Vec<Heard>, Option<String>), TranscribeError> {
        self.check_language(language)?;
        // It knows nothing else, and would guess.
        let language = language.or((!self.multilingual()).then_some("en"));
        let failed = |error| TranscribeError::Failed {
            cause: format!("whisper: {error}"),
        };
        let kept = self.lock().pop();
        let mut state = match kept {
            Some(state) => state,
            None => self.context.create_state().map_err(failed)?,
        };
        let parameters = parameters(language, threads, samples.len());
        let running = Running::begin(until);
        let done = state.full(parameters, samples);
        drop(running);
        // A state that was interrupted is thrown away.
        until.check()?;
        done.map_err(failed)?;
        let end_of_text = self.context.token_eot();
        let mut heard = Vec::new();
        for segment in state.as_iter() {
            let text = segment.to_str_lossy().map_err(failed)?.into_owned();
            let mut part = Heard {
                text,
                probability: 0.0,
                tokens: 0,
                start: centiseconds(segment.start_timestamp()),
                end: centiseconds(segment.end_timestamp()),
            };
            let tokens = (0..segment.n_tokens()).filter_map(|at| segment.get_token(at));
            // Behind the words come the marks: of times, of languages, of the end.
            for token in tokens.filter(|token| token.token_id() < end_of_text) {
                part.probability += token.token_probability();
                part.tokens += 1;
            }
            heard.push(part);
        }
        let language = get_lang_str(state.full_lang_id_from_state()).map(str::to_owned);
        self.lock().push(state);
        Ok((heard, language))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<WhisperState>> {
        self.states.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

thread_local! {
    /// Until when the transcription on this thread may run. whisper.cpp asks on the thread that
    /// called it.
    static UNTIL: RefCell<Option<Until>> = const { RefCell::new(None) };
    /// Parameters by language. The library never frees the callback and the language that it is
    /// given, so each thread makes them once.
    static PARAMETERS: RefCell<HashMap<Option<&'static str>, FullParams<'static, 'static>>> =
        RefCell::new(HashMap::new());
}

/// A transcription that runs on this thread, until this is dropped.
struct Running;

impl Running {
    fn begin(until: &Until) -> Self {
        UNTIL.set(Some(until.clone()));
        Self
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        UNTIL.set(None);
    }
}

/// Whether the transcription on this thread should stop.
fn over() -> bool {
    UNTIL.with_borrow(|until| until.as_ref().is_some_and(Until::over))
}

fn parameters(
    language: Option<&str>,
    threads: u32,
    samples: usize,
) -> FullParams<'static, 'static> {
    let language = language.and_then(get_lang_id).and_then(get_lang_str);
    let mut parameters = PARAMETERS.with_borrow_mut(|made| {
        let made = made.entry(language);
        made.or_insert_with(|| common(language)).clone()
    });
    parameters.set_n_threads(i32::try_from(threads).unwrap_or(1).max(1));
    // What fits into one window needs no times to find the next.
    let one_window = samples <= WINDOW;
    parameters.set_no_timestamps(one_window);
    parameters.set_single_segment(one_window);
    parameters
}

/// What holds for every recording.
fn common(language: Option<&'static str>) -> FullParams<'static, 'static> {
    // One try at each temperature: several would take several times as long.
    let mut parameters = FullParams::new(SamplingStrategy::Greedy { best_of: 1 });
    // No language is `auto`.
    parameters.set_language(language);
    parameters.set_translate(false);
    parameters.set_no_context(true);
    parameters.set_print_special(false);
    parameters.set_print_progress(false);
    parameters.set_print_realtime(false);
    parameters.set_print_timestamps(false);
    // Sound only as this type: the library casts the pointer to what it took it for.
    let stop: Box<dyn FnMut() -> bool> = Box::new(over);
    parameters.set_abort_callback_safe(stop);
    parameters
}

fn centiseconds(time: i64) -> Duration {
    Duration::from_millis(u64::try_from(time).unwrap_or_default().saturating_mul(10))
}

/// SHA-256 of a file in hexadecimal.
fn digest(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut digest = Sha256::new();
    let mut buffer = vec![0; 256 * 1024];
    loop {
        let read = file.read(&mut buffer)?;
        let Some(read) = buffer.get(..read).filter(|read| !read.is_empty()) else {
            break;
        };
        digest.update(read);
    }
    let mut text = String::with_capacity(64);
    for byte in digest.finalize() {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    Ok(text)
}

/// That this processor can run what whisper.cpp was compiled to: otherwise it would end the process.
#[cfg(target_arch = "x86_64")]
fn check_processor() -> Result<(), TranscribeError> {
    // A build for the machine that it was built on is on that machine.
    let for_any = option_env!("GGML_NATIVE").is_none_or(|native| native == "OFF");
    let able = std::arch::is_x86_feature_detected!("avx2")
        && std::arch::is_x86_feature_detected!("fma")
        && std::arch::is_x86_feature_detected!("f16c")
        && std::arch::is_x86_feature_detected!("bmi2");
    if for_any && !able {
        return Err(TranscribeError::Unavailable {
            cause: "this processor has no AVX2, which the built-in whisper.cpp needs; build \
                    Signoff on this machine with GGML_NATIVE=ON, or use a server (speech.engine)"
                .to_owned(),
        });
    }
    Ok(())
}

#[cfg(not(target_arch = "x86_64"))]
#[expect(clippy::unnecessary_wraps, reason = "it can fail elsewhere")]
fn check_processor() -> Result<(), TranscribeError> {
    Ok(())
}
