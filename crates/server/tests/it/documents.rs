//! The documents that the crate writes: `OpenAPI`, the page for people, the error pages.

use std::collections::BTreeSet;

use reqwest::{Method, StatusCode};
use serde_json::Value;
use signoff_contract::{Code, submission};

use crate::answer::openapi;
use crate::world::World;

const METHODS: [&str; 7] = ["get", "put", "post", "delete", "options", "head", "patch"];

/// Every operation: method, path, description.
fn operations() -> impl Iterator<Item = (Method, &'static str, &'static Value)> {
    let paths = openapi()["paths"].as_object().expect("paths");
    paths.iter().flat_map(|(path, item)| {
        METHODS.iter().filter_map(move |name| {
            let operation = item.get(*name)?;
            Some((
                name.to_uppercase().parse().expect("a method"),
                path.as_str(),
                operation,
            ))
        })
    })
}

#[tokio::test]
async fn every_documented_operation_is_there_and_no_other() {
    let world = World::start().await;
    let nobody = world.nobody();
    let paths: BTreeSet<&str> = operations().map(|(_, path, _)| path).collect();
    for path in paths {
        let real = path
            .replace("{correlation_id}", "some-name")
            .replace("{code}", "not_found");
        for name in ["GET", "PUT", "POST", "DELETE", "PATCH"] {
            let method: Method = name.parse().expect("a method");
            let described = operations().any(|(m, p, _)| m == method && p == path);
            let answer = nobody
                .request(method, &real)
                .send()
                .await
                .expect("an answer");
            let there = answer.status() != StatusCode::METHOD_NOT_ALLOWED
                && answer.status() != StatusCode::NOT_FOUND;
            assert_eq!(there, described, "{name} {path}");
        }
    }
    // Each of them is counted by its own name, so the list of routes is whole.
    let metrics = nobody.get("/metrics").await;
    assert!(
        !metrics
            .body
            .as_str()
            .expect("a text")
            .contains("route=\"extra\"")
    );
}

#[tokio::test]
async fn the_type_of_every_problem_leads_to_its_page() {
    let world = World::start().await;
    let nobody = world.nobody();
    for code in Code::ALL {
        let page = nobody.get(&code.type_url()).await;
        assert_eq!(page.status, StatusCode::OK, "{code:?}");
        let text = page.body.as_str().expect("a text").to_owned();
        assert!(text.contains(code.remedy()), "{code:?}: {text}");
    }
    let unknown = nobody.get("/docs/errors/unheard_of").await;
    assert_eq!(
        (unknown.status, &unknown.body["code"]),
        (StatusCode::NOT_FOUND, &"not_found".into())
    );
}

#[test]
fn every_problem_code_is_documented_with_an_example() {
    let mut documented = BTreeSet::new();
    let shared = openapi()["components"]["responses"]
        .as_object()
        .expect("responses");
    let answers = operations()
        .flat_map(|(_, _, operation)| operation["responses"].as_object().expect("responses"));
    for (status, answer) in answers.chain(shared) {
        let problem = &answer["content"]["application/problem+json"];
        let Some(examples) = problem["examples"].as_object() else {
            continue;
        };
        assert_eq!(problem["schema"]["$ref"], "#/components/schemas/Problem");
        for (code, example) in examples {
            assert_eq!(example["value"]["code"], code.as_str());
            if status.parse::<u16>().is_ok() {
                assert_eq!(example["value"]["status"].to_string(), *status, "{code}");
            }
            documented.insert(code.as_str());
        }
    }
    let all: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(documented, all);
}

#[test]
fn every_reference_leads_somewhere_and_operations_have_names_of_their_own() {
    let mut references = Vec::new();
    collect_references(openapi(), &mut references);
    assert!(references.len() > 30);
    for reference in references {
        let pointer = reference.strip_prefix('#').expect("a local reference");
        assert!(openapi().pointer(pointer).is_some(), "{reference}");
    }
    let ids: Vec<&str> = operations()
        .filter_map(|(_, _, operation)| operation["operationId"].as_str())
        .collect();
    let distinct: BTreeSet<&&str> = ids.iter().collect();
    assert_eq!(distinct.len(), operations().count());
}

fn collect_references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::Object(members) => {
            found.extend(members.get("$ref").and_then(Value::as_str));
            members
                .values()
                .for_each(|value| collect_references(value, found));
        }
        Value::Array(items) => items
            .iter()
            .for_each(|value| collect_references(value, found)),
        _ => {}
    }
}

#[test]
fn operations_with_a_key_say_so_and_all_say_what_they_take() {
    for (method, path, operation) in operations() {
        let secured = operation["security"][0]["api_key"].is_array();
        assert_eq!(secured, path.starts_with("/v1/"), "{method} {path}");
        assert_eq!(
            operation["requestBody"].is_object(),
            method == Method::POST,
            "{method} {path}"
        );
        for part in ["summary", "operationId"] {
            assert!(operation[part].is_string(), "{method} {path} has no {part}");
        }
        for answer in operation["responses"]
            .as_object()
            .expect("responses")
            .values()
        {
            assert!(
                answer["headers"]["x-request-id"].is_object(),
                "{method} {path}"
            );
        }
    }
}

#[test]
fn the_examples_of_a_submission_are_valid() {
    let content = &openapi()["paths"]["/v1/requests"]["post"]["requestBody"]["content"];
    let examples = content["application/json"]["examples"]
        .as_object()
        .expect("examples");
    assert_eq!(examples.len(), 2);
    for example in examples.values() {
        submission::parse(example["value"].to_string().as_bytes()).expect("a valid submission");
    }
}

#[test]
fn every_text_that_callers_send_says_what_it_may_hold() {
    let bodies = [
        "Submission",
        "Action",
        "QuestionOption",
        "Requester",
        "Link",
        "CancelBody",
        "ClaimBody",
        "DecisionBody",
        "ExecutionBody",
    ];
    let mut texts = 0;
    for body in bodies {
        let fields = &openapi()["components"]["schemas"][body]["properties"];
        for (name, field) in fields.as_object().expect("fields") {
            let kind = &field["type"];
            if kind != "string" && kind[0] != "string" {
                continue;
            }
            texts += 1;
            // Of these two the length says enough: what is no tag and no option's id is refused.
            let known = ["language", "option_id"].contains(&name.as_str());
            let said = field["pattern"].is_string() || field["format"].is_string();
            assert!(said || known, "{body}.{name}");
        }
    }
    assert!(texts > 20, "{texts}");
}

#[test]
fn the_document_is_the_same_every_time() {
    assert_eq!(signoff_server::openapi(), signoff_server::openapi());
    assert!(signoff_server::openapi().ends_with("}\n"));
}

#[tokio::test]
async fn the_service_answers_with_the_document_and_a_page_of_it_without_script() {
    let world = World::start().await;
    let document = world
        .nobody()
        .get("/openapi.json")
        .await
        .expect(StatusCode::OK);
    assert_eq!(&document.body, openapi());
    let page = world.nobody().get("/docs").await.expect(StatusCode::OK);
    let text = page.body.as_str().expect("a page");
    for (_, path, operation) in operations() {
        assert!(text.contains(path), "{path}");
        let id = operation["operationId"].as_str().expect("an id");
        assert!(
            text.contains(&format!("<section id=\"operation-{id}\">")),
            "{id}"
        );
    }
    for schema in openapi()["components"]["schemas"]
        .as_object()
        .expect("schemas")
        .keys()
    {
        assert!(
            text.contains(&format!("<section id=\"schema-{schema}\">")),
            "{schema}"
        );
    }
    for link in text.split("href=\"#").skip(1) {
        let target = link.split('"').next().expect("a target");
        assert!(text.contains(&format!("id=\"{target}\"")), "{target}");
    }
    assert!(!text.contains("<script") && !text.contains("http-equiv"));
    assert!(
        page.header("content-security-policy")
            .starts_with("default-src 'none'")
    );
}

#[test]
fn every_code_has_a_page() {
    let pages = signoff_server::error_pages();
    let mut expected = vec!["README.md".to_owned()];
    expected.extend(Code::ALL.iter().map(|code| format!("{}.md", code.as_str())));
    let names: Vec<&String> = pages.iter().map(|(name, _)| name).collect();
    assert_eq!(names, expected.iter().collect::<Vec<_>>());
    for (name, text) in pages.iter().filter(|(name, _)| {
        ["README.md", "correlation_conflict.md", "rate_limited.md"].contains(&name.as_str())
    }) {
        insta::assert_snapshot!(name.as_str(), text);
    }
}
