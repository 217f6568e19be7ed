//! An error in words.

use std::error::Error;

/// An error and everything behind it, for the log.
#[must_use]
pub fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::chain;

    #[derive(Debug, thiserror::Error)]
    #[error("the letter did not arrive")]
    struct Lost(#[source] std::num::ParseIntError);

    #[test]
    fn what_is_behind_an_error_is_said_too() {
        let Err(cause) = "seven".parse::<u8>() else {
            panic!("seven is no number");
        };
        let said = chain(&Lost(cause));
        assert_eq!(
            said,
            "the letter did not arrive: invalid digit found in string"
        );
    }
}
