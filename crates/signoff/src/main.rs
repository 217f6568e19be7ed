//! Signoff's program: the command line, the configuration, and the composition root, where the
//! engine, the store, the channels and the HTTP surface are put together. What Signoff does is in
//! the other crates; nothing here decides about a request.

mod bot;
mod cli;
mod client;
mod commands;
mod config;
mod database;
mod exit;
mod logging;
mod output;
mod panics;
mod secret_file;
mod service;
mod signals;
mod speech;

use std::process::ExitCode;

use clap::Parser as _;

use crate::exit::Exit;

/// Requests are made on one thread and end on another, which the system's allocator dislikes:
/// this one takes a tenth off the processor time of a submit.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    panics::install();
    let cli = match cli::Cli::try_parse() {
        Ok(cli) => cli,
        Err(help) => {
            // Help goes to stdout and is a success; anything else is about the command line.
            let _ = help.print();
            return if help.use_stderr() {
                Exit::Usage
            } else {
                Exit::Success
            }
            .into();
        }
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            output::error(format_args!("the system gives no threads: {error}"));
            return Exit::Failure.into();
        }
    };
    let exit = match runtime.block_on(commands::run(cli.command)) {
        Ok(exit) => exit,
        Err(error) if is_broken_pipe(&error) => Exit::Success,
        Err(error) => {
            output::error(format_args!("{error:#}"));
            Exit::Failure
        }
    };
    // What was cut off is not waited for again.
    runtime.shutdown_background();
    exit.into()
}

/// Whether the reader of our data went away (`signoff audit export | head`).
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<std::io::Error>()
        .is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}
