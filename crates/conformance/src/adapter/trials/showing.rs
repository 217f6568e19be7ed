//! What people can read, press and write under.

use serde_json::{Value, json};
use signoff_contract::Risk;
use signoff_contract::adapter::PromptMessage;

use crate::Outcome;
use crate::adapter::bench::{Bench, Put};
use crate::adapter::cards::{mark, revised, with_arguments};
use crate::adapter::person::Wanted;

pub(crate) async fn title(bench: &Bench<'_>) -> Outcome {
    let mut message = bench.approval("Deploy billing-api 1.2.3 to production,")?;
    message.request.context = Some("Canary has been healthy since noon.\nTwo regions.".to_owned());
    message.request.justification = Some("The fix for invoices twice sent.".to_owned());
    message.request.risk_assessment = Some("A roll-back takes four minutes.".to_owned());
    bench.put(&message).await?;
    bench.look(&message, &with_texts(&message)).await
}

pub(crate) async fn action(bench: &Bench<'_>) -> Outcome {
    let mut message = bench.approval("Show what will run:")?;
    with_arguments(
        &mut message,
        json!({
            "namespace": "prod", "replicas": 3_703_701, "force": false, "selector": null,
            "nested": { "list": ["alpha", { "deep": "omega" }], "empty": {} },
        }),
    );
    bench.put(&message).await?;
    bench.look(&message, &with_arguments_shown(&message)).await
}

pub(crate) async fn risk(bench: &Bench<'_>) -> Outcome {
    let mut message = bench.approval("Be careful with")?;
    message.request.risk = Risk::Critical;
    bench.put(&message).await?;
    let wanted = Wanted::like(&message).saying("the risk", Risk::Critical.as_str());
    bench.look(&message, &wanted).await
}

pub(crate) async fn digest(bench: &Bench<'_>) -> Outcome {
    let message = bench.approval("Compare")?;
    bench.put(&message).await?;
    let digest = message.request.view_digest.map(|digest| digest.short());
    let wanted = Wanted::like(&message).showing("the digest", digest.unwrap_or_default());
    bench.look(&message, &wanted).await
}

pub(crate) async fn buttons(bench: &Bench<'_>) -> Outcome {
    let message = bench.approval("Press something under")?;
    bench.put(&message).await?;
    let wanted = Wanted::like(&message).offering(&message);
    bench.look(&message, &wanted).await
}

pub(crate) async fn two_options(bench: &Bench<'_>) -> Outcome {
    choose(bench, "Which of two?", &["Canary first", "All at once"]).await
}

pub(crate) async fn five_options(bench: &Bench<'_>) -> Outcome {
    let long = "in every region, one after the other, with a pause in between";
    let labels = ["One", "Two", "Three", "Four", "Five"].map(|one| format!("{one}: {long}"));
    let labels = labels.each_ref().map(String::as_str);
    choose(bench, "Which of five?", &labels).await
}

async fn choose(bench: &Bench<'_>, what: &str, labels: &[&str]) -> Outcome {
    let message = bench.question(what, labels)?;
    bench.put(&message).await?;
    let wanted = Wanted::like(&message).offering(&message);
    bench.look(&message, &wanted).await?;
    let last = labels.last().copied().unwrap_or_default();
    let deed = bench.press(&message, last, Vec::new(), None).await?;
    bench.heard(deed, 1).await.map(drop)
}

pub(crate) async fn notice(bench: &Bench<'_>) -> Outcome {
    let mut message = bench.approval("Listen to")?;
    "ru".clone_into(&mut message.language);
    for (button, label) in message.buttons.iter_mut().zip(["Разрешить", "Отказать"])
    {
        label.clone_into(&mut button.label);
    }
    let lines = ["1 из 2: Борис <b>", "Чтобы разрешить, нужно нажать дважды."];
    message.notice = Some(lines.join("\n"));
    bench.put(&message).await?;
    let wanted = Wanted::like(&message).offering(&message);
    let wanted = lines
        .iter()
        .fold(wanted, |wanted, line| wanted.showing("the notice", *line));
    bench.look(&message, &wanted).await
}

pub(crate) async fn long_texts(bench: &Bench<'_>) -> Outcome {
    let mut message = bench.approval("Read all of")?;
    let left = 300_usize.saturating_sub(message.request.title.chars().count());
    message.request.title.push_str(&counted("T", left));
    message.request.context = Some(counted("C", 4000));
    message.request.justification = Some(counted("J", 4000));
    message.request.risk_assessment = Some(counted("R", 4000));
    whole_or_refused(bench, &message, with_texts(&message)).await
}

pub(crate) async fn long_arguments(bench: &Bench<'_>) -> Outcome {
    let mut message = bench.approval("Read all arguments of")?;
    let items: Vec<String> = (0..600)
        .map(|item| format!("{item:03} {}", counted("item", 90)))
        .collect();
    let last = format!("last-{}", mark(&message.request));
    with_arguments(&mut message, json!({ "items": items, "zz_last": last }));
    whole_or_refused(bench, &message, with_arguments_shown(&message)).await
}

/// Shown whole; or refused loudly, which is honest as well.
async fn whole_or_refused(bench: &Bench<'_>, message: &PromptMessage, wanted: Wanted) -> Outcome {
    match bench.put_or_refused(message).await? {
        Put::Refused(_) => Ok(()),
        Put::Shown => bench.look(message, &wanted).await,
    }
}

pub(crate) async fn markup(bench: &Bench<'_>) -> Outcome {
    let html = "<script>alert(1)</script><b>bold</b> &amp; &lt;i&gt; <img src=x onerror=alert(2)>";
    let marks = "*bold* _slanted_ `code` ~~gone~~ [all is well](https://example.org) # no heading <!here> @everyone :tada:";
    literally(bench, html, &[html, marks, "{{7*7}} ${HOME} %s \\n"]).await
}

pub(crate) async fn right_to_left(bench: &Bench<'_>) -> Outcome {
    let arabic = "نشر الفوترة إلى الإنتاج";
    let hebrew = "פריסת 1.2.3 לייצור";
    let reversed = "invoice\u{202e}gpj.exe";
    let isolated = "a\u{2066}b\u{2069}c\u{200b}d";
    literally(bench, arabic, &[hebrew, reversed, isolated]).await
}

pub(crate) async fn controls(bench: &Bench<'_>) -> Outcome {
    let terminal = "\u{1b}[2J\u{1b}[31mcleared";
    let zero = "before\u{0}after";
    let backspaces = "rm -rf /\u{8}\u{8}\u{8}tmp";
    literally(
        bench,
        "Let nothing vanish",
        &[terminal, zero, backspaces, "a\tb\r\nc"],
    )
    .await
}

/// A text in the title, and several as arguments, are shown as they are.
async fn literally(bench: &Bench<'_>, title: &str, arguments: &[&str]) -> Outcome {
    let mut message = bench.approval(title)?;
    message.request.context = Some(title.to_owned());
    with_arguments(&mut message, json!({ "values": arguments }));
    bench.put(&message).await?;
    bench.look(&message, &with_arguments_shown(&message)).await
}

pub(crate) async fn apart(bench: &Bench<'_>) -> Outcome {
    let one = bench.approval("This one,")?;
    let other = bench.approval("That one,")?;
    bench.put(&one).await?;
    bench.put(&other).await?;
    bench.put(&revised(&one, 2)).await?;
    for (message, stranger) in [(&revised(&one, 2), &other), (&other, &one)] {
        let wanted = with_arguments_shown(message)
            .hiding("the other's mark", mark(&stranger.request))
            .hiding(
                "the other's argument",
                format!("arg-{}", mark(&stranger.request)),
            );
        bench.look(message, &wanted).await?;
    }
    Ok(())
}

/// Once, with all texts.
fn with_texts(message: &PromptMessage) -> Wanted {
    let request = &message.request;
    let texts = [
        ("the context", &request.context),
        ("the justification", &request.justification),
        ("the risk assessment", &request.risk_assessment),
    ];
    texts
        .into_iter()
        .filter_map(|(what, text)| Some((what, text.as_deref()?)))
        .fold(Wanted::like(message), |wanted, (what, text)| {
            wanted.showing(what, text)
        })
}

/// Once, with the tool and every argument.
fn with_arguments_shown(message: &PromptMessage) -> Wanted {
    let mut wanted = with_texts(message);
    if let Some(action) = &message.request.action {
        wanted = wanted.showing("the tool", &action.tool);
        let mut leaves = Vec::new();
        leaves_of(&Value::Object(action.arguments.clone()), &mut leaves);
        for leaf in leaves {
            wanted = wanted.showing("an argument", leaf);
        }
    }
    wanted
}

/// Every name and every value.
fn leaves_of(value: &Value, leaves: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                leaves.push(name.clone());
                leaves_of(value, leaves);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| leaves_of(item, leaves)),
        Value::String(text) => leaves.push(text.clone()),
        Value::Number(number) => leaves.push(number.to_string()),
        // How nothing and truth look is the language's affair: `null`, `None`, a tick.
        Value::Null | Value::Bool(_) => {}
    }
}

/// A text of so many characters in which every part is different.
fn counted(of: &str, chars: usize) -> String {
    let words = (0..).map(|number| format!(" {of}{number:04}"));
    words
        .flat_map(|word| word.chars().collect::<Vec<_>>())
        .take(chars)
        .collect::<String>()
        .trim_end()
        .to_owned()
}
