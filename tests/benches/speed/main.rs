//! The speed of the whole house beside its goals: `make bench`, or one part of it with
//! `make bench BENCH=latency`. Durable submits have a benchmark of their own, `submits.rs`.
//!
//! Each part prints what it does while it does it, and all parts end in one table. Where a real
//! process is measured, it is the release binary, or this program again as a service whose
//! Telegram limits are raised (`service.rs`); the simulator and the receivers live here.

#![expect(clippy::print_stdout, reason = "a benchmark prints")]

mod footprint;
mod growth;
mod latency;
mod limits;
mod load;
mod models;
mod receivers;
mod report;
mod service;
mod soak;
mod speech;
mod world;

use std::time::Instant;

use anyhow::{Context as _, bail};

use crate::report::{Row, fdatasync_p50, machine, ms, table};

/// The service's allocator, so that the figures are the service's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The parts, in the order in which they run. The models and the soak run only when they are named.
const PARTS: [&str; 6] = [
    "latency",
    "limits",
    "footprint",
    "receivers",
    "growth",
    "speech",
];

/// How much is measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scale {
    quick: bool,
}

impl Scale {
    /// The amount for a benchmark, or the one that only shows that the benchmark works.
    pub(crate) fn pick<T>(self, full: T, quick: T) -> T {
        if self.quick { quick } else { full }
    }
}

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    if arguments.first().is_some_and(|first| first == "--serve") {
        return runtime.block_on(service::serve_as_child(&arguments[1..]));
    }
    // `cargo test --all-targets` runs benchmarks too, to see that they work.
    let scale = Scale {
        quick: !arguments.iter().any(|argument| argument == "--bench"),
    };
    let named: Vec<&str> = arguments
        .iter()
        .map(String::as_str)
        // What `cargo test` was given is the name of a test, and not for us.
        .filter(|argument| !argument.starts_with("--") && (!scale.quick || is_part(argument)))
        .collect();
    let unnamed = !arguments.iter().any(|argument| !argument.starts_with("--"));
    let parts = if unnamed { PARTS.to_vec() } else { named };
    runtime.block_on(run(&parts, scale))
}

fn is_part(name: &str) -> bool {
    PARTS.contains(&name) || ["models", "soak"].contains(&name)
}

async fn run(parts: &[&str], scale: Scale) -> anyhow::Result<()> {
    println!("machine: {}", machine());
    let folder = world::folder()?;
    let fdatasync = fdatasync_p50(folder.path(), 200)?;
    println!("fdatasync of 4 KiB, p50: {}", ms(fdatasync));
    let mut rows = vec![Row::fact("`fdatasync` of 4 KiB, p50", ms(fdatasync))];
    for part in parts {
        println!("\n{part}:");
        let began = Instant::now();
        let of_part = match *part {
            "latency" => latency::run(scale).await,
            "limits" => limits::run(scale).await,
            "footprint" => footprint::run(scale).await,
            "receivers" => receivers::run(scale).await,
            "growth" => growth::run(scale).await,
            "speech" => speech::run(scale).await,
            "models" => models::run(scale).await,
            "soak" => soak::run(scale).await,
            other => bail!(
                "no part is called {other}: {}, models, soak",
                PARTS.join(", ")
            ),
        };
        rows.extend(of_part.with_context(|| format!("the part {part}"))?);
        println!("  ({part} took {:.0} s)", began.elapsed().as_secs_f64());
    }
    if scale.quick {
        println!("\nit works; `make bench` measures");
    } else {
        println!("\n{}", table(&rows));
    }
    Ok(())
}
