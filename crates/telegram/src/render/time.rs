//! Times for people: absolute in UTC, relative in steps.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::texts::{self, Language};

/// `15:02 UTC`, or with its date when that is another day than the reference's.
pub(crate) fn absolute(at: Timestamp, reference: Timestamp) -> String {
    let (zoned, day) = (
        at.to_zoned(TimeZone::UTC),
        reference.to_zoned(TimeZone::UTC).date(),
    );
    let format = if zoned.date() == day {
        "%H:%M UTC"
    } else {
        "%Y-%m-%d %H:%M UTC"
    };
    zoned.strftime(format).to_string()
}

/// `answer by 15:02 UTC (in 55 min)`.
pub(crate) fn deadline(
    language: Language,
    expires_at: Timestamp,
    created_at: Timestamp,
    now: Timestamp,
) -> String {
    let left = left(language, expires_at.duration_since(now).as_secs());
    texts::deadline(language, &absolute(expires_at, created_at), &left)
}

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// How long is left. In steps: a card that is rendered again soon after, say because the service
/// was restarted in between, mostly reads the same, and then nothing has to be edited.
fn left(language: Language, seconds: i64) -> String {
    let rounded = |unit: i64| u64::try_from((seconds + unit / 2) / unit).unwrap_or(0);
    match seconds {
        ..=0 => texts::left_over(language),
        _ if seconds < MINUTE => texts::left_soon(language),
        _ if seconds < 10 * MINUTE => texts::left_minutes(language, rounded(MINUTE)),
        _ if seconds < 2 * HOUR => texts::left_minutes(language, rounded(5 * MINUTE) * 5),
        _ if seconds < 2 * DAY => texts::left_hours(language, rounded(HOUR)),
        _ => texts::left_days(language, rounded(DAY)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_said_in_steps() {
        let said = |seconds| left(Language::English, seconds);
        assert_eq!(said(-5), "now");
        assert_eq!(said(59), "in less than a minute");
        assert_eq!(said(100), "in 2 min");
        assert_eq!(said(3_600), "in 60 min");
        assert_eq!(said(3_598), "in 60 min", "a moment later it reads the same");
        assert_eq!(said(2 * HOUR), "in 2 h");
        assert_eq!(said(30 * DAY), "in 30 days");
    }

    #[test]
    fn another_day_is_named() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let created = at("2026-11-21T23:30:00Z");
        assert_eq!(absolute(at("2026-11-21T23:59:59Z"), created), "23:59 UTC");
        assert_eq!(
            absolute(at("2026-11-22T00:30:00Z"), created),
            "2026-11-22 00:30 UTC"
        );
    }
}
