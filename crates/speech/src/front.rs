//! What every engine has: its rules, the queue in front of it, the threads that work for it, and
//! the counters.

use std::future::Future;
use std::time::{Duration, Instant};

use signoff_engine::{SpeechRules, TranscribeError, Transcript, Turn};

use crate::Error;
use crate::metrics::Metrics;
use crate::pool::{Lost, Pool};
use crate::queue::Queue;
use crate::until::Until;

/// How much later than the deadline somebody is answered whose work has not noticed it: whisper
/// looks at the clock after each step, and the longest step is a pass of its encoder.
const GRACE: Duration = Duration::from_millis(500);

/// What is the same for every engine.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// What a recording may be, and how its text is treated.
    pub rules: SpeechRules,
    /// The language that is spoken (ISO 639-1); `None` finds out.
    pub language: Option<String>,
    /// How many recordings are transcribed at once.
    pub parallel: usize,
}

/// What every engine has.
#[derive(Debug)]
pub(crate) struct Front {
    pub(crate) settings: Settings,
    pub(crate) pool: Pool,
    pub(crate) queue: Queue,
    metrics: Metrics,
}

impl Front {
    pub(crate) fn new(settings: Settings, metrics: Metrics) -> Result<Self, Error> {
        Ok(Self {
            pool: Pool::new(settings.parallel).map_err(Error::Threads)?,
            queue: Queue::new(settings.parallel, metrics.waiting.clone()),
            settings,
            metrics,
        })
    }

    /// Runs a transcription within the time that the rules allow, and counts it. The turn ends when
    /// the work has really ended, not when somebody is told that the time is up: `work` keeps it.
    pub(crate) async fn within<F>(
        &self,
        turn: Turn,
        work: impl FnOnce(Turn, Until) -> F,
    ) -> Result<Transcript, TranscribeError>
    where
        F: Future<Output = Result<Transcript, TranscribeError>>,
    {
        let began = Instant::now();
        let allowed = self.settings.rules.timeout;
        // Whoever drops this future no longer listens, and the work stops.
        let (until, listener) = Until::within(allowed);
        let up = until.up();
        let result = tokio::time::timeout(allowed.saturating_add(GRACE), work(turn, until)).await;
        let result = result.unwrap_or(Err(up));
        drop(listener);
        self.metrics.ended(&result, began.elapsed());
        result
    }
}

/// A job that broke off gave no text.
pub(crate) fn broke_off(lost: &Lost) -> TranscribeError {
    TranscribeError::Failed {
        cause: lost.to_string(),
    }
}
