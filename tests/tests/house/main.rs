//! The house tests: what no single crate can prove alone. One module per subject, and nothing else here.

#![expect(
    clippy::expect_used,
    reason = "a helper that cannot go on fails its test; clippy.toml frees test functions alone"
)]

mod adapter;
mod apart;
mod architecture;
mod better;
mod browser;
mod chat_page;
mod chat_voice;
mod hunt;
mod keeping;
mod kill;
#[cfg(target_os = "linux")]
mod machine;
mod receiver;
mod receivers;
#[cfg(target_os = "linux")]
mod secrets;
mod security_page;
mod service;
mod trip;
mod voice;
