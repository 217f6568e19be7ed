//! Durations as Go writes them.

use std::time::Duration;

/// Whole seconds, rounded up, of a duration as Go writes it: `1h30m`, `1.5h`, `300ms`.
pub(super) fn seconds(text: &str) -> Option<u64> {
    const UNITS: [(&str, f64); 8] = [
        ("ns", 1e-9),
        ("us", 1e-6),
        ("µs", 1e-6),
        ("μs", 1e-6),
        ("ms", 1e-3),
        ("s", 1.0),
        ("m", 60.0),
        ("h", 3_600.0),
    ];
    let mut rest = text.strip_prefix('+').unwrap_or(text);
    if rest == "0" {
        return Some(0);
    }
    let mut total = 0.0;
    while !rest.is_empty() {
        let digits = rest
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .filter(|at| *at > 0)?;
        let number: f64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let end = rest
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .unwrap_or(rest.len());
        let (_, unit) = UNITS.iter().find(|(unit, _)| *unit == &rest[..end])?;
        total += number * unit;
        rest = &rest[end..];
    }
    if text.is_empty() {
        return None;
    }
    let whole = Duration::try_from_secs_f64(total).ok()?;
    Some(whole.as_secs() + u64::from(whole.subsec_nanos() > 0))
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn durations_are_read_as_go_reads_them_and_rounded_up_to_seconds() {
        for (text, whole) in [
            ("1h", 3_600),
            ("1h30m", 5_400),
            ("1.5h", 5_400),
            ("90s", 90),
            ("+45m", 2_700),
            ("300ms", 1),
            ("1500ms", 2),
            ("1m0.5s", 61),
            ("1us", 1),
            ("5µs5μs5ns", 1),
            ("0", 0),
            ("0s", 0),
            ("720h", 2_592_000),
            (".5m", 30),
        ] {
            assert_eq!(seconds(text), Some(whole), "{text}");
        }
        for text in [
            "",
            "-5s",
            "90",
            "1d",
            "h",
            "1h 30m",
            "1..5h",
            "1e3s",
            "s1",
            "1H",
            "99999999999999999999h",
        ] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }
}
