//! The person's program: what it is told, and what is made of what it says.

use signoff_conformance::adapter::{Deed, Person as _, Place, Program, Times, Wanted};
use signoff_conformance::{Miss, Outcome};

fn place() -> Place {
    Place {
        user_id: "u-1".to_owned(),
        address: "operations".to_owned(),
        prompt_id: "prm_01JD0000000000000000000000".parse().expect("an id"),
        prompt_ref: None,
        mark: "kit-1".to_owned(),
    }
}

fn buttons(labels: &[&str]) -> Wanted {
    Wanted {
        times: Times::Once,
        shows: Vec::new(),
        hides: Vec::new(),
        buttons: Some(labels.iter().map(|&label| label.to_owned()).collect()),
        input: Some(true),
    }
}

async fn press(command: &str, told: Option<&str>) -> Outcome {
    let label = "Say yes".to_owned();
    let deed = Deed::Press { label };
    Program::new(command).act(&place(), &deed, told).await
}

fn failed(outcome: Outcome) -> String {
    match outcome {
        Err(Miss::Failed(why)) => why,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn it_is_told_on_stdin_who_does_what_where() {
    let says = r#"read -r act; case $act in
        *'"act":"press"'*'"label":"Say yes"'*'"mark":"kit-1"'*'"prompt_ref":null'*'"user_id":"u-1"'*) echo '{"told": "Taken."}';;
        *) echo "it was told $act" >&2; exit 1;; esac"#;
    assert_eq!(press(says, Some("Taken.")).await, Ok(()));
}

#[tokio::test]
async fn what_it_cannot_do_or_says_wrongly_is_a_finding() {
    let why = failed(
        press(
            "echo first >&2; echo there is no such button >&2; exit 3",
            None,
        )
        .await,
    );
    assert!(
        why.contains("exit status: 3") && why.ends_with(": there is no such button"),
        "{why}"
    );
    let why = failed(press("echo yes", None).await);
    assert!(
        why.contains("printed what is not asked for") && why.ends_with(": yes\n"),
        "{why}"
    );
    let why = failed(press("echo '{}'", Some("Taken.")).await);
    assert_eq!(why, "the person was told nothing, and not “Taken.”");
    let why = failed(press("echo '{\"told\": \"Later.\"}'", Some("Taken.")).await);
    assert_eq!(why, "the person was told “Later.”, and not “Taken.”");
    assert_eq!(
        press("echo '{}'", None).await,
        Ok(()),
        "where nothing need be told"
    );
}

#[tokio::test]
async fn what_it_reads_is_compared_again_until_the_chat_has_settled() {
    let folder = std::env::temp_dir().join(format!("signoff-kit-{}", std::process::id()));
    let seen = folder.display();
    // The button comes only when it is looked for the second time.
    let says = format!(
        "if mkdir '{seen}' 2>/dev/null; then labels=; else labels='\"Yes\"'; fi; \
         echo '{{\"messages\": [{{\"text\": \"\", \"buttons\": ['$labels'], \"input\": true}}]}}'"
    );
    let settled = Program::new(says).look(&place(), &buttons(&["Yes"])).await;
    std::fs::remove_dir(&folder).expect("it looked");
    assert_eq!(settled, Ok(()));
    let never = Program::new(r#"echo '{"messages": []}'"#);
    let why = failed(never.look(&place(), &buttons(&["Yes"])).await);
    assert_eq!(why, "it is not shown");
}
