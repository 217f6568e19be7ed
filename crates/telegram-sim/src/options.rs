//! How a simulator is set up.

use std::time::Duration;

use crate::clock::ClockMode;

/// Settings of one simulator. The defaults suit an in-process test.
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent facts, named at every use"
)]
#[derive(Debug, Clone)]
pub struct SimOptions {
    /// Port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// The bot's token, `<id>:<secret>`. The id before the colon is the bot's user id.
    pub bot_token: String,
    /// The bot's username, without `@`.
    pub bot_username: String,
    /// The bot's first name.
    pub bot_name: String,
    /// Whether the bot is in privacy mode, which hides ordinary group messages from it. On by default, as with `BotFather`.
    pub privacy_mode: bool,
    /// The clock that dates, expiries and limits follow.
    pub clock: ClockMode,
    /// Enforce Telegram's sending limits (1 message/s per chat, 20/min per group with edits, 30/s in all). Off by default.
    pub rate_limits: bool,
    /// How long `wait_for_…` waits, in real time, before it fails with the transcript.
    pub wait_timeout: Duration,
    /// Panic on drop when a message of the bot was never read. Off by default.
    pub fail_on_unread: bool,
    /// Accept `http://` webhooks and any port, as a local Bot API server does. On by default, because the simulator
    /// lives on loopback; turn it off to see Telegram's own refusal.
    pub allow_http_webhook: bool,
    /// How long a callback query can be answered. Telegram documents no number; clients give up after about this time.
    pub callback_answer_deadline: Duration,
}

impl Default for SimOptions {
    fn default() -> Self {
        Self {
            port: 0,
            bot_token: "7000000001:AASimulatedTokenForTestsOnly-00000000".to_owned(),
            bot_username: "signoff_sim_bot".to_owned(),
            bot_name: "Signoff".to_owned(),
            privacy_mode: true,
            clock: ClockMode::System,
            rate_limits: false,
            wait_timeout: Duration::from_secs(10),
            fail_on_unread: false,
            allow_http_webhook: true,
            callback_answer_deadline: Duration::from_mins(1),
        }
    }
}
