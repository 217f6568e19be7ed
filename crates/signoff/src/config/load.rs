//! Finds the file, lays the environment over it, and checks the shape of the whole.

use std::fmt;
use std::path::{Path, PathBuf};

use figment::Figment;
use figment::providers::{Format, Toml};
use figment::value::Value;

use super::environment::{Environment, variable};
use super::finding::{Finding, Findings};
use super::previous::Previous;
use super::shape::Shape;
use super::structure::{Origins, Walk};
use super::types::Config;

/// The file that is read when none is named and it is there.
const DEFAULT_FILE: &str = "signoff.toml";

/// What a configuration is read from.
#[derive(Clone, Default)]
pub(crate) struct Source {
    /// The file that the caller named.
    pub(crate) file: Option<PathBuf>,
    /// The environment.
    pub(crate) variables: Vec<(String, String)>,
}

impl fmt::Debug for Source {
    /// Without the environment, which holds everybody's secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source")
            .field("file", &self.file)
            .finish_non_exhaustive()
    }
}

impl Source {
    /// The named file, and this process's environment.
    pub(crate) fn of_process(file: Option<PathBuf>) -> Self {
        // What is not UTF-8 is none of our variables.
        let variables = std::env::vars_os()
            .filter_map(|(name, text)| Some((name.into_string().ok()?, text.into_string().ok()?)))
            .collect();
        Self { file, variables }
    }
}

/// A configuration of the right shape.
#[derive(Debug)]
pub(crate) struct Loaded {
    /// It.
    pub(crate) config: Config,
    /// The file that was read, if any.
    pub(crate) file: Option<PathBuf>,
    /// Where each value came from.
    pub(crate) origins: Origins,
    /// What the environment says of the bot whose place this is to take, when nothing but the
    /// environment is there.
    pub(crate) previous: Option<Previous>,
    /// What is allowed and was seen on the way.
    pub(crate) notes: Vec<Finding>,
}

/// Reads the configuration.
pub(crate) fn load(source: &Source) -> Result<Loaded, Findings> {
    let shape = Shape::of_config();
    let mut found = Vec::new();
    let mut notes = Vec::new();
    let variables = source.variables.iter().cloned();
    let environment = Environment::read(variables, &shape, &mut found, &mut notes);
    let file = find(source)?;
    let previous = Previous::read(&source.variables, file.as_deref(), &mut found, &mut notes);
    if file.is_none() && previous.is_none() && environment.is_empty() && found.is_empty() {
        let rule = format!("there is no configuration: no {DEFAULT_FILE} in this folder");
        let remedy =
            "name a file with --config or SIGNOFF_CONFIG, or start from signoff.example.toml";
        return Err(Finding::new("", rule, remedy).into());
    }
    let mut figment = Figment::new();
    if let Some(previous) = &previous {
        figment = figment.merge(previous);
    }
    if let Some(path) = &file {
        figment = figment.merge(Toml::string(&read(path)?));
    }
    let values = values(&figment.merge(&environment), file.as_deref(), &environment)?;

    let origin = |path: &str| {
        let inherited = previous.as_ref().and_then(|previous| previous.origin(path));
        origin(path, file.as_deref(), &environment, inherited)
    };
    let mut walk = Walk {
        origin: &origin,
        root: &shape,
        origins: Origins::default(),
        found,
    };
    walk.value("", &values, &shape);
    let Walk { origins, found, .. } = walk;
    Findings::none_or(found, ())?;
    let config = values.deserialize().map_err(|error| {
        // The walk should have found it; what figment says may hold the value, so it is not shown.
        let key = error.path.join(".");
        Finding::new(
            key,
            "has a value that cannot be read",
            "compare it with signoff.example.toml",
        )
    })?;
    Ok(Loaded {
        config,
        file,
        origins,
        previous,
        notes,
    })
}

/// The file to read: the named one, or the usual one when it is there.
fn find(source: &Source) -> Result<Option<PathBuf>, Finding> {
    match &source.file {
        None => Ok(Some(PathBuf::from(DEFAULT_FILE)).filter(|path| path.is_file())),
        Some(path) if path.is_file() => Ok(Some(path.clone())),
        Some(path) => {
            let remedy = "name a TOML file with --config or SIGNOFF_CONFIG";
            Err(Finding::new("", "there is no such file", remedy).from(path.display().to_string()))
        }
    }
}

fn read(path: &Path) -> Result<String, Finding> {
    std::fs::read_to_string(path).map_err(|error| {
        let rule = format!("the file cannot be read: {error}");
        let remedy = "let the user that runs signoff read it";
        Finding::new("", rule, remedy).from(path.display().to_string())
    })
}

/// Everything together. A secret that the environment gives, in whichever of its two forms,
/// replaces the other form in the file.
fn values(
    figment: &Figment,
    file: Option<&Path>,
    environment: &Environment,
) -> Result<Value, Finding> {
    let mut values = figment.find_value("").map_err(|error| {
        let file = file.map_or_else(String::new, |path| path.display().to_string());
        let remedy = "correct the TOML; texts stand between quotation marks";
        Finding::new("", not_toml(&error.kind.to_string()), remedy).from(file)
    })?;
    if let Value::Dict(_, sections) = &mut values {
        for (section, keys) in sections {
            if let Value::Dict(_, keys) = keys {
                keys.retain(|key, _| {
                    let other = match key.strip_suffix("_file") {
                        Some(plain) => plain.to_owned(),
                        None => format!("{key}_file"),
                    };
                    environment.has(section, key) || !environment.has(section, &other)
                });
            }
        }
    }
    Ok(values)
}

/// What the parser said, without the line that it quotes: a secret may stand there.
fn not_toml(said: &str) -> String {
    let place = said.lines().next().unwrap_or_default();
    let why = said
        .lines()
        .rfind(|line| !line.trim().is_empty())
        .unwrap_or_default();
    if why == place || why.contains('|') {
        return place.to_owned();
    }
    format!("{place}: {}", why.trim())
}

fn origin(
    path: &str,
    file: Option<&Path>,
    environment: &Environment,
    inherited: Option<&str>,
) -> String {
    let top = path.split('[').next().unwrap_or(path);
    match top.split_once('.') {
        Some((section, key)) if environment.has(section, key) => variable(section, key),
        _ => file.map_or_else(
            || inherited.unwrap_or("environment").to_owned(),
            |path| path.display().to_string(),
        ),
    }
}
