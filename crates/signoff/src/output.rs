//! The one place that writes to the terminal: data to stdout, people's text to stderr.

use std::fmt::Display;
use std::io::{self, IsTerminal as _, Write as _};

use serde::Serialize;

/// Writes a line of data.
pub(crate) fn data(line: impl Display) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

/// Writes data as one JSON document.
pub(crate) fn json(value: &impl Serialize) -> io::Result<()> {
    data(serde_json::to_string_pretty(value)?)
}

/// Writes data as one line of JSON.
pub(crate) fn json_line(value: &impl Serialize) -> io::Result<()> {
    data(serde_json::to_string(value)?)
}

/// Says something to people. That nobody listens is no error.
pub(crate) fn say(line: impl Display) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// Says what went wrong.
pub(crate) fn error(line: impl Display) {
    say(format_args!(
        "{} {line}",
        stderr_style(Style::Bad, "error:")
    ));
}

/// Says what may be wrong.
pub(crate) fn warning(line: impl Display) {
    say(format_args!(
        "{} {line}",
        stderr_style(Style::Doubtful, "warning:")
    ));
}

/// Overwrites one line of stderr, on a terminal only. An empty text clears it.
pub(crate) fn progress(text: &str) {
    let mut err = io::stderr().lock();
    if err.is_terminal() {
        let _ = write!(err, "\r\x1b[2K{text}");
        let _ = err.flush();
    }
}

/// How a text stands out.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Style {
    /// It worked.
    Good,
    /// It did not.
    Bad,
    /// It may not.
    Doubtful,
    /// It matters.
    Strong,
    /// It matters less.
    Dim,
}

/// The text, standing out where stderr is a terminal.
pub(crate) fn stderr_style(style: Style, text: &str) -> String {
    paint(style, text, io::stderr().is_terminal())
}

/// The text, standing out where stdout is a terminal.
pub(crate) fn stdout_style(style: Style, text: &str) -> String {
    paint(style, text, io::stdout().is_terminal())
}

fn paint(style: Style, text: &str, terminal: bool) -> String {
    // https://no-color.org
    let wanted = terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let code = match style {
        _ if !wanted => return text.to_owned(),
        Style::Good => "32",
        Style::Bad => "31",
        Style::Doubtful => "33",
        Style::Strong => "1",
        Style::Dim => "2",
    };
    format!("\x1b[{code}m{text}\x1b[0m")
}

/// Writes rows under headings, in columns.
pub(crate) fn table<const N: usize>(headings: [&str; N], rows: &[[String; N]]) -> io::Result<()> {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells
            .chain([headings[column].len()])
            .max()
            .unwrap_or_default()
    };
    let widths: [usize; N] = std::array::from_fn(width);
    let line = |cells: [&str; N]| {
        let padded: Vec<String> = cells
            .iter()
            .zip(widths)
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        padded.join("  ").trim_end().to_owned()
    };
    data(stdout_style(Style::Strong, &line(headings)))?;
    rows.iter()
        .try_for_each(|row| data(line(std::array::from_fn(|column| row[column].as_str()))))
}

/// Text from elsewhere, safe to show on a terminal: control and bidirectional characters are
/// written out rather than obeyed. Line breaks and tabs stay.
pub(crate) fn clean(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        let hidden = matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}')
            || matches!(c, '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{061c}');
        if hidden || (c.is_control() && !matches!(c, '\n' | '\t')) {
            safe.extend(c.escape_unicode());
        } else {
            safe.push(c);
        }
    }
    safe
}
