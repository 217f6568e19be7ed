//! `signoff internal generate`: writes what is generated from the code into the repository. The
//! same code writes the same bytes; CI runs it and fails when something changes.

mod checks_page;
mod cli_page;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Subcommand;

use crate::config::{Shape, json_schema, render};
use crate::exit::Exit;
use crate::output;

#[derive(Debug, Subcommand)]
pub(crate) enum Internal {
    /// Write generated files: the API's description, the configuration's schema and example, pages of errors, of
    /// the command line and of the conformance kit's checks.
    Generate(Generate),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Generate {
    /// The root of the repository
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

pub(crate) fn run(Internal::Generate(args): Internal) -> anyhow::Result<Exit> {
    for (path, text) in files()? {
        write(&args.out.join(&path), &text)?;
        output::data(path)?;
    }
    Ok(Exit::Success)
}

/// The generated files, by their paths from the root.
fn files() -> anyhow::Result<Vec<(String, String)>> {
    let shape = Shape::of_config();
    let mut schema = json_schema();
    forget_example_marks(&mut schema);
    let mut files = vec![
        (
            "contracts/openapi.json".to_owned(),
            signoff_server::openapi(),
        ),
        (
            "contracts/adapter.openapi.json".to_owned(),
            signoff_server::adapter_openapi(),
        ),
        (
            "contracts/config.schema.json".to_owned(),
            format!("{}\n", serde_json::to_string_pretty(&schema)?),
        ),
        ("signoff.example.toml".to_owned(), render::example(&shape)),
        ("docs/cli.md".to_owned(), cli_page::page()),
        ("docs/checks.md".to_owned(), checks_page::page()),
    ];
    let pages = signoff_server::error_pages().into_iter();
    files.extend(pages.map(|(name, text)| (format!("docs/errors/{name}"), text)));
    Ok(files)
}

/// `x-active` only tells the example how to look.
fn forget_example_marks(schema: &mut serde_json::Value) {
    match schema {
        serde_json::Value::Object(members) => {
            members.remove("x-active");
            members.values_mut().for_each(forget_example_marks);
        }
        serde_json::Value::Array(items) => items.iter_mut().for_each(forget_example_marks),
        _ => {}
    }
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    fs::write(path, text).with_context(|| format!("{} cannot be written", path.display()))
}
