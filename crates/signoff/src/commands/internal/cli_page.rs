//! The page of the command line, from what clap knows.

use std::fmt::Write as _;

use clap::{Arg, Command, CommandFactory as _};

use crate::cli::Cli;

/// What the page begins with.
const HEAD: &str = "\
<!-- Generated from the program; `make generate` writes it. -->

# Command line

Data goes to stdout, everything for people to stderr. `--json` makes data JSON. Exit codes are
0 when it worked, 1 when it did not, and 2 when the command line makes no sense; `signoff ask` has
more.

Commands that work on the database directly (`key`, `approvers`, `callbacks`, `audit`, `backup`)
can be used while the service runs, as the user that runs it; it notices within seconds. `ask` and
`approvals` go over the API and run anywhere.
";

/// The page.
pub(super) fn page() -> String {
    let mut root = Cli::command();
    root.build();
    let mut text = HEAD.to_owned();
    commands(&mut text, &root, "signoff");
    text
}

fn commands(text: &mut String, parent: &Command, path: &str) {
    let visible = parent.get_subcommands().filter(|one| !one.is_hide_set());
    for command in visible.filter(|one| one.get_name() != "help") {
        let path = format!("{path} {}", command.get_name());
        if command.has_subcommands() {
            commands(text, command, &path);
        } else {
            page_of(text, command, &path);
        }
    }
}

fn page_of(text: &mut String, command: &Command, path: &str) {
    // Writing to a String cannot fail, here and below.
    let _ = writeln!(text, "\n## `{path}`\n");
    let about = command.get_long_about().or(command.get_about());
    if let Some(about) = about {
        let about = about.to_string();
        let stop = if about.ends_with('.') { "" } else { "." };
        let _ = writeln!(text, "{about}{stop}\n");
    }
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage:").trim();
    let _ = writeln!(text, "```text\n{usage}\n```\n");
    let args: Vec<&Arg> = command
        .get_arguments()
        .filter(|arg| !arg.is_hide_set() && arg.get_id() != "help")
        .collect();
    if !args.is_empty() {
        text.push_str("| argument | meaning |\n| --- | --- |\n");
        for arg in args {
            row(text, arg);
        }
    }
    if let Some(after) = command.get_after_help() {
        let _ = writeln!(text, "\n```text\n{after}\n```");
    }
}

fn row(text: &mut String, arg: &Arg) {
    let values: Vec<String> = arg
        .get_value_names()
        .filter(|_| arg.get_action().takes_values())
        .unwrap_or_default()
        .iter()
        .map(|name| {
            if arg.is_positional() {
                name.to_string()
            } else {
                format!(" <{name}>")
            }
        })
        .collect();
    let name = arg
        .get_long()
        .map_or_else(String::new, |long| format!("--{long}"));
    let mut meaning = arg.get_help().map(ToString::to_string).unwrap_or_default();
    let words: Vec<String> = arg
        .get_possible_values()
        .iter()
        .filter(|_| arg.get_action().takes_values())
        .map(|value| format!("`{}`", value.get_name()))
        .collect();
    if !words.is_empty() {
        let _ = write!(meaning, " ({})", words.join(", "));
    }
    let takes_values = arg.get_action().takes_values();
    if let ([default], true) = (arg.get_default_values(), takes_values) {
        let _ = write!(meaning, " [default: {}]", default.to_string_lossy());
    }
    if let Some(variable) = arg.get_env() {
        let _ = write!(meaning, " [environment: {}]", variable.to_string_lossy());
    }
    let _ = writeln!(
        text,
        "| `{name}{}` | {} |",
        values.concat(),
        meaning.replace('|', "\\|")
    );
}
