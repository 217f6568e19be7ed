//! The page on security names the test that shows each claim: here, that every one of them exists.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

/// The fewest rows that the page may have: a row that goes needs a reason, and this number with it.
const LEAST_ROWS: usize = 50;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every Rust file that may hold tests.
fn sources(folder: &Path, into: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() && !path.ends_with("target") {
            sources(&path, into)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(path);
        }
    }
    Ok(())
}

/// The names of all tests: functions below an attribute that makes them one, within `proptest!`, or in the store's
/// suite, whose functions are given a world by a list.
fn tests() -> Result<BTreeSet<String>> {
    let mut files = Vec::new();
    for folder in ["crates", "tests"] {
        sources(&root().join(folder), &mut files)?;
    }
    let mut names = BTreeSet::new();
    for file in files {
        let text = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        let suite = file.components().any(|part| part.as_os_str() == "store");
        let mut attributed = false;
        for line in text.lines().map(str::trim) {
            let function = line.split_once("fn ").filter(|(before, _)| {
                let before = before.trim();
                ["", "async", "pub(crate)", "pub(crate) async"].contains(&before)
            });
            if line == "#[test]" || line.starts_with("#[tokio::test") {
                attributed = true;
            } else if let Some((_, rest)) = function {
                let name = rest.split(['(', '<']).next().unwrap_or_default();
                if attributed || (suite && rest.contains("world: World")) {
                    names.insert(name.to_owned());
                }
                attributed = false;
            }
        }
    }
    Ok(names)
}

/// The rows below "Threats": the threat, what stops it, and what shows it.
fn rows(page: &str) -> Result<Vec<[String; 3]>> {
    let part = page.split_once("\n## Threats\n").context("no threats")?.1;
    let part = part.split("\n## ").next().unwrap_or_default();
    let mut rows = Vec::new();
    for line in part.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let [threat, stops, shown] = cells[..] else {
            anyhow::bail!("not three cells: {line}");
        };
        if threat != "threat" {
            rows.push([threat, stops, shown].map(str::to_owned));
        }
    }
    Ok(rows)
}

/// What stands between backticks.
fn quoted(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

#[test]
fn every_threat_has_what_stops_it_and_a_test_that_exists() -> Result<()> {
    let page = fs::read_to_string(root().join("docs/security.md"))?;
    let script = fs::read_to_string(root().join("scripts/test.sh"))?;
    let deep = fs::read_to_string(root().join("scripts/test-deep.sh"))?;
    let (rows, tests) = (rows(&page)?, tests()?);
    ensure!(rows.len() >= LEAST_ROWS, "{} rows", rows.len());
    let mut missing = Vec::new();
    for [threat, stops, shown] in &rows {
        ensure!(stops.len() > 5, "nothing stops {threat:?}");
        ensure!(quoted(shown).count() > 0, "nothing shows {threat:?}");
        for name in quoted(shown) {
            let has = |script: &str, step| script.contains(&format!("\nstep_{step}() "));
            let exists = if let Some(step) = name.strip_prefix("make test STEPS=") {
                has(&script, step)
            } else if let Some(step) = name.strip_prefix("make test-deep STEPS=") {
                has(&deep, step)
            } else {
                tests.contains(name)
            };
            if !exists {
                missing.push(format!("{threat}: {name}"));
            }
        }
    }
    ensure!(
        missing.is_empty(),
        "docs/security.md names what is not there:\n{}",
        missing.join("\n")
    );
    Ok(())
}
