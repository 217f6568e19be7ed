//! The simulator alone, for programs in other languages: `cargo run -p signoff-telegram-sim --example serve`.
//!
//! Prints one line of JSON (`{"api_url": …, "token": …}`) and ends when its standard input ends.

use std::io::Write;

use signoff_telegram_sim::{Sim, SimOptions};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let sim = Sim::start(SimOptions::default()).await?;
    let line = serde_json::json!({ "api_url": sim.api_url(), "token": sim.bot_token() });
    let mut out = std::io::stdout();
    writeln!(out, "{line}")?;
    out.flush()?;
    let until_eof = || std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
    tokio::task::spawn_blocking(until_eof).await??;
    sim.stop().await;
    Ok(())
}
