//! `signoff config check`: what is in force.

use std::path::Path;

use clap::Subcommand;
use serde_json::json;

use crate::cli::{ConfigFile, Json};
use crate::config::{Shape, check, check_adapter, is_adapters, load, render};
use crate::exit::Exit;
use crate::output;

#[derive(Debug, Subcommand)]
pub(crate) enum Config {
    /// Check the configuration and print what is in force, secrets hidden.
    Check(Args),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    config: ConfigFile,
    #[command(flatten)]
    json: Json,
}

pub(crate) fn run(Config::Check(args): Config) -> anyhow::Result<Exit> {
    let checked = load(&args.config.source()).and_then(|loaded| {
        let warnings = if is_adapters(&loaded) {
            check_adapter(&loaded)?.warnings
        } else {
            check(&loaded)?.warnings
        };
        Ok((warnings, loaded))
    });
    let (warnings, loaded) = match checked {
        Ok(both) => both,
        Err(findings) if args.json.json => {
            let errors: Vec<_> = findings
                .0
                .iter()
                .map(|finding| {
                    json!({
                        "key": finding.key,
                        "origin": finding.origin,
                        "rule": finding.rule,
                        "remedy": finding.remedy,
                    })
                })
                .collect();
            output::json(&json!({ "valid": false, "errors": errors }))?;
            return Ok(Exit::Failure);
        }
        Err(findings) => return Err(findings.into()),
    };
    for warning in &warnings {
        output::warning(warning);
    }
    let config = serde_json::to_value(&loaded.config)?;
    if args.json.json {
        output::json(&json!({ "valid": true, "config": config }))?;
    } else {
        let file = loaded
            .file
            .as_deref()
            .map(Path::display)
            .map(|file| file.to_string());
        let note = |path: &str| {
            let origin = loaded.origins.exactly(path)?;
            (Some(origin) != file.as_deref()).then(|| origin.to_owned())
        };
        output::data(render::in_force(&Shape::of_config(), &config, &note))?;
        let what = file.unwrap_or_else(|| "no file, the environment and defaults".to_owned());
        output::say(format_args!("{what}: fine"));
    }
    Ok(Exit::Success)
}
