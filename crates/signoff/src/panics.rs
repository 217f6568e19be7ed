//! What is written of a panic: where it happened, and its message only when that is a part of the
//! program. A message that was put together at run time may quote what was being worked on (a text
//! that was cut at the wrong place, a value that could not be read), and that may be a secret. The
//! place is enough to find the mistake.

use std::any::Any;
use std::backtrace::{Backtrace, BacktraceStatus};
use std::panic::{Location, PanicHookInfo};

use crate::output;

/// In place of a message that was put together.
const WITHHELD: &str = "its message may quote data, and is not written";

/// From now on panics of this process are written so: to the log when it has begun, else to stderr.
pub(crate) fn install() {
    std::panic::set_hook(Box::new(report));
}

fn report(panic: &PanicHookInfo<'_>) {
    let at = panic.location().map(Location::to_string);
    let at = at.as_deref().unwrap_or("an unknown place");
    let said = said(panic.payload());
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

/// The message, if it is a literal.
fn said(payload: &dyn Any) -> &'static str {
    payload
        .downcast_ref::<&'static str>()
        .copied()
        .unwrap_or(WITHHELD)
}

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;

    use super::*;

    #[test]
    #[expect(
        clippy::string_slice,
        clippy::panic,
        reason = "a mistake is made here on purpose"
    )]
    fn of_a_panic_only_a_literal_message_is_said() {
        let secret = "ñ-hunter2";
        let cut = catch_unwind(|| secret[..1].len()).unwrap_err();
        let quoted = cut.downcast_ref::<String>().unwrap();
        assert!(quoted.contains("hunter2"), "such messages quote: {quoted}");
        assert_eq!(said(&*cut), WITHHELD);

        let formatted = catch_unwind(|| panic!("the key is {}", String::from(secret)));
        assert_eq!(said(&*formatted.unwrap_err()), WITHHELD);
        let other = catch_unwind(|| std::panic::panic_any(vec![secret]));
        assert_eq!(said(&*other.unwrap_err()), WITHHELD);

        let literal = catch_unwind(|| panic!("the queue is closed"));
        assert_eq!(said(&*literal.unwrap_err()), "the queue is closed");
    }
}
