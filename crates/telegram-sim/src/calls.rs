//! The record of everything that the bot called.

use serde::Serialize;
use serde_json::Value;

use crate::world::World;

/// The record keeps the most recent calls, so that a long demo does not grow without end.
const KEPT: usize = 20_000;

/// One call of the bot and its answer.
#[derive(Debug, Clone, Serialize)]
pub struct Call {
    /// Counts up from 1.
    pub sequence: u64,
    /// Unix time in milliseconds, on the simulator's clock.
    pub at_ms: i64,
    /// The method in the documentation's spelling (`sendMessage`), whatever case was used.
    pub method: String,
    /// The parameters; JSON in strings is decoded, files are shown as their size.
    pub params: Value,
    /// HTTP status of the answer; 0 when the connection was cut instead.
    pub status: u16,
    /// The answer's body, as it was before a fault damaged it.
    pub response: Value,
    /// The fault that hit this call.
    pub fault: Option<String>,
}

impl World {
    pub(crate) fn record(&mut self, mut call: Call) {
        call.sequence = self.calls.back().map_or(1, |last| last.sequence + 1);
        if self.calls.len() == KEPT {
            self.calls.pop_front();
        }
        self.calls.push_back(call);
    }
}
