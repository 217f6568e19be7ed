//! What the simulator promises, tested through its HTTP interface as a bot would use it.
#![expect(
    clippy::expect_used,
    reason = "helpers of tests: what cannot be set up must fail the test"
)]

mod api_json;
mod bot;
mod faults;
mod groups;
mod html;
mod limits;
mod messages;
mod parameters;
mod polling;
mod refusals;
mod sim_http;
mod webhooks;

use bot::{Bot, start, start_with};
