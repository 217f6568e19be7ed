//! The list of all checks: what reports and pages are made of.

use std::collections::BTreeSet;
use std::path::Path;

#[test]
fn every_check_has_a_name_of_its_own_that_begins_with_its_kind_of_peer() {
    let mut names = BTreeSet::new();
    for (kind, checks) in signoff_conformance::ALL {
        for check in *checks {
            let parts: Vec<&str> = check.id.split('.').collect();
            let [its, area, what] = parts[..] else {
                panic!("{} has not three parts", check.id)
            };
            assert_eq!(its, *kind, "{}", check.id);
            let plain = |part: &str| part.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
            assert!(plain(area) && plain(what), "{}", check.id);
            assert!(names.insert(check.id), "{} is there twice", check.id);
            assert!(
                check.sentence.ends_with('.'),
                "{}: {}",
                check.id,
                check.sentence
            );
        }
    }
    assert!(names.len() > 30, "{names:?}");
}

/// As people's viewers make them of headings: lower case, spaces to hyphens, other signs dropped.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().to_lowercase();
    let kept = kept
        .chars()
        .filter(|it| it.is_alphanumeric() || " -_".contains(*it));
    kept.map(|it| if it == ' ' { '-' } else { it }).collect()
}

#[test]
fn every_check_links_to_a_heading_that_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for (_, checks) in signoff_conformance::ALL {
        for check in *checks {
            let (page, wanted) = check.link.split_once('#').expect("a page and a heading");
            let text = std::fs::read_to_string(root.join(page));
            let text = text.unwrap_or_else(|error| panic!("{}: {page}: {error}", check.id));
            let mut code = false;
            let found = text.lines().any(|line| {
                code ^= line.starts_with("```");
                let heading = line.trim_start_matches('#');
                !code && line.starts_with('#') && anchor(heading) == wanted
            });
            assert!(found, "{}: {page} has no heading for #{wanted}", check.id);
        }
    }
}
