//! `[[projects]]`, the project that is there always, and whose secrets sign for whom.

use signoff_engine::Project;

use super::Rules;
use super::callbacks::{MAKE_A_SECRET, signing_secrets};
use crate::config::types::{Config, DEFAULT_PROJECT, max_pending};

/// The projects. One that is the only one may use the secrets of `[callbacks]`.
pub(super) fn projects(rules: &mut Rules<'_>, config: &Config) -> Vec<Project> {
    const SHARED: &str = "callbacks.signing_secrets";
    let callbacks = &config.callbacks;
    let before = rules.found.len();
    let file = callbacks.signing_secrets_file.as_deref();
    let shared = signing_secrets(rules, SHARED, &callbacks.signing_secrets, file);
    let shared = match &rules.loaded.previous {
        Some(previous) if shared.is_empty() => {
            previous.signing_secret.clone().into_iter().collect()
        }
        _ => shared,
    };
    // A secret that cannot be read is reported once, not again as one that is missing.
    let shared_is_broken = rules.found.len() > before;

    rules.distinct(
        "projects",
        config.projects.iter().map(|project| project.name.as_str()),
    );
    let several = config.projects.len() > 1;
    let mut projects = Vec::new();
    for (index, project) in config.projects.iter().enumerate() {
        let key = format!("projects[{index}].signing_secrets");
        let before = rules.found.len();
        let file = project.signing_secrets_file.as_deref();
        let own = signing_secrets(rules, &key, &project.signing_secrets, file);
        let own_is_broken = rules.found.len() > before;
        let secrets = match own.is_empty() {
            false => own,
            true if !several => shared.clone(),
            true => Vec::new(),
        };
        if secrets.is_empty() && !own_is_broken && (several || !shared_is_broken) {
            missing(rules, &key, &project.name, several);
        }
        projects.push(Project {
            name: project.name.clone(),
            max_pending: project.max_pending,
            signing_secrets: secrets,
        });
    }
    if projects
        .iter()
        .all(|project| project.name != DEFAULT_PROJECT)
    {
        let used = config.projects.is_empty()
            || config
                .routes
                .iter()
                .any(|route| route.project == DEFAULT_PROJECT)
            || config
                .api_keys
                .iter()
                .any(|key| key.project == DEFAULT_PROJECT);
        if used && shared.is_empty() && !shared_is_broken {
            missing(rules, SHARED, DEFAULT_PROJECT, false);
        }
        if used || !shared.is_empty() {
            projects.push(Project {
                name: DEFAULT_PROJECT.to_owned(),
                max_pending: max_pending(),
                signing_secrets: shared,
            });
        }
    }
    projects
}

fn missing(rules: &mut Rules<'_>, key: &str, project: &str, several: bool) {
    let rule = if several {
        format!("is missing: of several projects, each signs its own callbacks ({project:?} too)")
    } else {
        format!("is missing: nothing signs the callbacks of the project {project:?}")
    };
    rules.wrong(key, rule, MAKE_A_SECRET);
}
