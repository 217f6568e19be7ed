//! The shape of the house: which crate may know which, and how its source files look.
//!
//! The rules are those of the architecture page. A failing test names the edge and the rule it breaks.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package, PackageId};

/// Who may depend on whom among our crates. What is not here is forbidden, and so is a crate that is not here.
///
/// The arrows of the architecture page, and with each the two pure crates at their end: `core` and `contract` are the
/// words that everyone above them speaks.
const ALLOWED: &[(&str, &[&str])] = &[
    ("signoff-contract", &[]),
    ("signoff-core", &["signoff-contract"]),
    ("signoff-store", &["signoff-core", "signoff-contract"]),
    (
        "signoff-engine",
        &["signoff-store", "signoff-core", "signoff-contract"],
    ),
    (
        "signoff-server",
        &["signoff-engine", "signoff-core", "signoff-contract"],
    ),
    (
        "signoff-telegram",
        &["signoff-engine", "signoff-core", "signoff-contract"],
    ),
    (
        "signoff-speech",
        &["signoff-engine", "signoff-core", "signoff-contract"],
    ),
    (
        "signoff-adapter",
        &["signoff-engine", "signoff-core", "signoff-contract"],
    ),
    ("signoff-telegram-sim", &[]),
    ("signoff-client", &["signoff-contract"]),
    ("signoff-conformance", &["signoff-contract"]),
    (
        "signoff",
        &[
            "signoff-adapter",
            "signoff-client",
            "signoff-conformance",
            "signoff-server",
            "signoff-telegram",
            "signoff-speech",
            "signoff-engine",
            "signoff-store",
            "signoff-telegram-sim",
            "signoff-core",
            "signoff-contract",
        ],
    ),
];

/// Crates that may be reached from nowhere in the shipped part of one of ours, however indirectly.
const OUT_OF_SIGHT: &[(&str, &[&str], &str)] = &[
    (
        "signoff-contract",
        PURE,
        "the contract does no I/O, so that a peer in Rust needs nothing else",
    ),
    ("signoff-core", PURE, "the domain is sans I/O"),
    (
        "signoff-telegram-sim",
        &["teloxide", "teloxide-core"],
        "the simulator has wire types of its own, because sharing teloxide's would hide shared bugs",
    ),
];

const PURE: &[&str] = &[
    "tokio",
    "axum",
    "reqwest",
    "rusqlite",
    "teloxide",
    "teloxide-core",
];

/// At 400 lines one thinks about a seam; at 600 one has to cut.
const LONGEST_FILE: usize = 600;

#[test]
fn our_crates_depend_on_each_other_only_as_the_architecture_allows() -> Result<()> {
    let metadata = metadata()?;
    let ours: BTreeSet<&str> = ours(&metadata)
        .map(|package| package.name.as_str())
        .collect();
    let mut broken = Vec::new();
    for package in ours_but_the_house_tests(&metadata) {
        for dependency in &package.dependencies {
            // Tests may reach further (the channel's tests drive the simulator); the shipped part may not.
            let shipped = dependency.kind != DependencyKind::Development;
            let stranger = package.name.as_str() == "signoff-telegram-sim";
            if ours.contains(dependency.name.as_str()) && (shipped || stranger) {
                broken.extend(forbidden(&package.name, &dependency.name));
            }
        }
    }
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
    Ok(())
}

#[test]
fn a_forbidden_edge_is_told_in_a_sentence_that_names_both_crates_and_the_rule() {
    assert_eq!(
        forbidden("signoff-server", "signoff-telegram").as_deref(),
        Some(
            "signoff-server depends on signoff-telegram, but may depend only on signoff-engine, signoff-core, \
             signoff-contract (see the arrows in ARCHITECTURE.md)"
        )
    );
    assert_eq!(
        forbidden("signoff-telegram-sim", "signoff-contract").as_deref(),
        Some(
            "signoff-telegram-sim depends on signoff-contract, but may depend on none of our crates \
             (see the arrows in ARCHITECTURE.md)"
        )
    );
    assert_eq!(
        forbidden("signoff-new", "signoff-core").as_deref(),
        Some("signoff-new is not in the architecture: give it its arrows there and in this test")
    );
    assert_eq!(forbidden("signoff-engine", "signoff-store"), None);
}

#[test]
fn every_crate_of_ours_has_its_place_in_the_architecture() -> Result<()> {
    let metadata = metadata()?;
    for package in ours_but_the_house_tests(&metadata) {
        assert!(
            ALLOWED
                .iter()
                .any(|(name, _)| *name == package.name.as_str()),
            "{} is not in the architecture: give it its arrows there and in this test",
            package.name
        );
        let folder = package
            .manifest_path
            .parent()
            .and_then(|folder| folder.file_name());
        let short = package
            .name
            .strip_prefix("signoff-")
            .unwrap_or(&package.name);
        assert_eq!(
            folder,
            Some(short),
            "{} lives in a folder of another name",
            package.name
        );
    }
    Ok(())
}

#[test]
fn the_pure_crates_and_the_simulator_never_see_what_they_must_not() -> Result<()> {
    let metadata = metadata()?;
    let edges = shipped_edges(&metadata)?;
    let mut broken = Vec::new();
    for (name, banned, why) in OUT_OF_SIGHT {
        let root = ours(&metadata)
            .find(|package| package.name.as_str() == *name)
            .with_context(|| format!("the workspace has no crate {name}"))?;
        for path in paths_from(&root.id, &edges) {
            let names: Vec<&str> = path.iter().map(|id| metadata[id].name.as_str()).collect();
            if names.last().is_some_and(|last| banned.contains(last)) {
                broken.push(format!(
                    "{name} reaches a crate that it must not see: {} ({why})",
                    names.join(" → ")
                ));
            }
        }
    }
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
    Ok(())
}

#[test]
fn every_source_file_opens_by_saying_what_lives_there() -> Result<()> {
    let mut silent = Vec::new();
    for file in source_files()? {
        if !fs::read_to_string(&file)?.starts_with("//!") {
            silent.push(file.display().to_string());
        }
    }
    assert!(
        silent.is_empty(),
        "these files do not open with `//!`:\n{}",
        silent.join("\n")
    );
    Ok(())
}

#[test]
fn no_source_file_is_longer_than_a_reader_can_hold() -> Result<()> {
    let mut long = Vec::new();
    for file in source_files()? {
        let lines = fs::read_to_string(&file)?.lines().count();
        if lines > LONGEST_FILE {
            long.push(format!("{}: {lines} lines", file.display()));
        }
    }
    assert!(
        long.is_empty(),
        "split these at a seam; {LONGEST_FILE} lines is the most:\n{}",
        long.join("\n")
    );
    Ok(())
}

/// The sentence about an edge that the architecture does not draw.
fn forbidden(from: &str, to: &str) -> Option<String> {
    let Some((_, allowed)) = ALLOWED.iter().find(|(name, _)| *name == from) else {
        return Some(format!(
            "{from} is not in the architecture: give it its arrows there and in this test"
        ));
    };
    if allowed.contains(&to) {
        return None;
    }
    let rule = match allowed {
        [] => "on none of our crates".to_owned(),
        some => format!("only on {}", some.join(", ")),
    };
    Some(format!(
        "{from} depends on {to}, but may depend {rule} (see the arrows in ARCHITECTURE.md)"
    ))
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn metadata() -> Result<Metadata> {
    MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .exec()
        .context("`cargo metadata` failed")
}

fn ours(metadata: &Metadata) -> impl Iterator<Item = &Package> {
    metadata.workspace_packages().into_iter()
}

/// The house tests may know everyone, and nobody can depend on a package without a library.
fn ours_but_the_house_tests(metadata: &Metadata) -> impl Iterator<Item = &Package> {
    ours(metadata).filter(|package| package.name.as_str() != "signoff-house-tests")
}

/// The resolved graph without what only tests need.
fn shipped_edges(metadata: &Metadata) -> Result<BTreeMap<&PackageId, Vec<&PackageId>>> {
    let resolve = metadata
        .resolve
        .as_ref()
        .context("`cargo metadata` gave no resolved graph")?;
    Ok(resolve
        .nodes
        .iter()
        .map(|node| {
            let normal = node
                .deps
                .iter()
                .filter(|dependency| {
                    dependency
                        .dep_kinds
                        .iter()
                        .any(|kind| kind.kind == DependencyKind::Normal)
                })
                .map(|dependency| &dependency.pkg)
                .collect();
            (&node.id, normal)
        })
        .collect())
}

/// One path from a crate to each crate that it reaches.
fn paths_from<'a>(
    start: &'a PackageId,
    edges: &BTreeMap<&'a PackageId, Vec<&'a PackageId>>,
) -> Vec<Vec<&'a PackageId>> {
    let mut paths = vec![vec![start]];
    let mut seen = BTreeSet::from([start]);
    let mut next = 0;
    while let Some(path) = paths.get(next).cloned() {
        next += 1;
        let reached = path.last().and_then(|last| edges.get(last));
        for &dependency in reached.into_iter().flatten() {
            if seen.insert(dependency) {
                let mut longer = path.clone();
                longer.push(dependency);
                paths.push(longer);
            }
        }
    }
    paths
}

/// Every Rust file under `crates/*/src`.
fn source_files() -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root().join("crates"))? {
        let mut folders = vec![entry?.path().join("src")];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder)
                .with_context(|| format!("cannot list {}", folder.display()))?
            {
                let path = entry?.path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "rs") {
                    found.push(path);
                }
            }
        }
    }
    found.sort();
    anyhow::ensure!(!found.is_empty(), "found no source file");
    Ok(found)
}
