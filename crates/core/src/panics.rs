//! What may be said of a panic.

use std::any::Any;

/// In place of a message that was put together at run time.
pub const WITHHELD: &str = "its message may quote data, and is not written";

/// The message of a panic when it is a part of the program. One that was put together may quote
/// what was being worked on (a text cut at the wrong place, a value that could not be read), and
/// that may be a secret: [`WITHHELD`] stands for it. The place is enough to find the mistake.
#[must_use]
pub fn words(panic: &(dyn Any + Send)) -> &'static str {
    panic
        .downcast_ref::<&'static str>()
        .copied()
        .unwrap_or(WITHHELD)
}

#[cfg(test)]
mod tests {
    use std::panic::{catch_unwind, panic_any};

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
        assert_eq!(words(&*cut), WITHHELD);

        let formatted = catch_unwind(|| panic!("the key is {}", String::from(secret)));
        assert_eq!(words(&*formatted.unwrap_err()), WITHHELD);
        let other = catch_unwind(|| panic_any(vec![secret]));
        assert_eq!(words(&*other.unwrap_err()), WITHHELD);

        let literal = catch_unwind(|| panic!("the queue is closed"));
        assert_eq!(words(&*literal.unwrap_err()), "the queue is closed");
    }
}
