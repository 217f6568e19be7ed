//! The limits of a submission. Unless a source is named, a limit is ours, from the contract.

use std::ops::RangeInclusive;

/// The longest request body, in bytes (256 KiB). More is answered with 413.
pub const MAX_BODY_BYTES: usize = 256 * 1024;

/// The largest `action.arguments`, in bytes of their canonical form (64 KiB).
pub const MAX_ARGUMENTS_BYTES: usize = 64 * 1024;

/// Characters (Unicode scalar values, as everywhere here) of a title: one line on a phone.
pub const TITLE_CHARS: RangeInclusive<usize> = 1..=300;

/// The longest `context`, `justification`, `risk_assessment`, reason, answer or execution
/// detail, in characters: about one Telegram message (4,096 UTF-16 units, Bot API).
pub const MAX_TEXT_CHARS: usize = 4_000;

/// Characters of a tool's name.
pub const TOOL_CHARS: RangeInclusive<usize> = 1..=200;

/// How many options a question has: fewer is no choice, more do not fit under a card.
pub const OPTIONS: RangeInclusive<usize> = 2..=5;

/// Characters of an option's id, of `A-Z a-z 0-9 . _ -`.
pub const OPTION_ID_CHARS: RangeInclusive<usize> = 1..=64;

/// Characters of an option's label.
pub const OPTION_LABEL_CHARS: RangeInclusive<usize> = 1..=300;

/// The longest description of an option, in characters.
pub const MAX_OPTION_DESCRIPTION_CHARS: usize = 500;

/// The longest text in each field of `requester`, in characters.
pub const MAX_REQUESTER_CHARS: usize = 200;

/// The most links.
pub const MAX_LINKS: usize = 10;

/// Characters of a link's label.
pub const LINK_LABEL_CHARS: RangeInclusive<usize> = 1..=200;

/// The longest URL of a link or a callback, in characters as sent.
pub const MAX_URL_CHARS: usize = 2_000;

/// Characters of a route's name.
pub const ROUTE_CHARS: RangeInclusive<usize> = 1..=100;

/// The longest language tag, in characters: RFC 5646, section 4.4.1.
pub const MAX_LANGUAGE_CHARS: usize = 35;

/// Seconds until a request expires: ten seconds to 30 days.
pub const TTL_SECONDS: RangeInclusive<u64> = 10..=2_592_000;
