//! What is written of a panic of this process: where it happened, and of its message what
//! [`panics::words`] lets through.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::panic::{Location, PanicHookInfo};

use signoff_core::panics;

use crate::output;

/// From now on panics of this process are written so: to the log when it has begun, else to stderr.
pub(crate) fn install() {
    std::panic::set_hook(Box::new(report));
}

fn report(panic: &PanicHookInfo<'_>) {
    let at = panic.location().map(Location::to_string);
    let at = at.as_deref().unwrap_or("an unknown place");
    let said = panics::words(panic.payload());
    let thread = std::thread::current();
    let thread = thread.name().unwrap_or("without a name");
    // `RUST_BACKTRACE` asks for it, as ever. It holds names and places, no values.
    let backtrace = Backtrace::capture();
    let backtrace = match backtrace.status() {
        BacktraceStatus::Captured => format!("\n{backtrace}"),
        _ => String::new(),
    };
    if tracing::dispatcher::has_been_set() {
        tracing::error!(thread, "panicked at {at}: {said}{backtrace}");
    } else {
        output::error(format_args!(
            "thread {thread} panicked at {at}: {said}{backtrace}"
        ));
    }
}
