//! `docs/faults.md`: what was seen, written down.

use std::fmt::Write as _;
use std::path::Path;

use super::{Cell, METHODS};

/// Fails when the page does not tell what was seen; with `SIGNOFF_WRITE=1` it is written anew.
pub(super) fn is_true(passed: &[Cell], lasted: &[Cell]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/faults.md");
    let page = written(passed, lasted);
    if std::env::var("SIGNOFF_WRITE").is_ok_and(|write| write == "1") {
        std::fs::write(&path, &page).expect("the page can be written");
    }
    let stands = std::fs::read_to_string(&path).expect("docs/faults.md");
    for (stands, seen) in stands.lines().zip(page.lines()) {
        assert_eq!(
            stands, seen,
            "docs/faults.md; SIGNOFF_WRITE=1 writes it anew"
        );
    }
    assert!(
        stands == page,
        "docs/faults.md; SIGNOFF_WRITE=1 writes it anew"
    );
}

fn written(passed: &[Cell], lasted: &[Cell]) -> String {
    let mut page = String::from(INTRODUCTION);
    page.push_str(PASSING);
    table(passed, &mut page);
    page.push_str(LASTING);
    table(lasted, &mut page);
    page
}

/// One row for all methods of a fault at which the same is seen.
fn table(cells: &[Cell], page: &mut String) {
    page.push_str("| fault | at method | what the owner sees | what the requester gets |\n");
    page.push_str("| --- | --- | --- | --- |\n");
    let alike = |a: &Cell, b: &Cell| {
        a.fault == b.fault && a.seen.owner == b.seen.owner && a.seen.requester == b.seen.requester
    };
    for (index, cell) in cells.iter().enumerate() {
        if cells[..index].iter().any(|earlier| alike(earlier, cell)) {
            continue;
        }
        let same: Vec<&str> = cells
            .iter()
            .filter(|other| alike(other, cell))
            .map(|other| other.method)
            .collect();
        let at = if same.len() == METHODS.len() {
            "any".to_owned()
        } else {
            same.join(", ")
        };
        let row = [cell.fault, &at, &cell.seen.owner, &cell.seen.requester];
        let row = row.map(|field| field.replace('|', "\\|"));
        writeln!(page, "| {} |", row.join(" | ")).expect("a string takes everything");
    }
}

const INTRODUCTION: &str = "\
# What people see when Telegram fails

Generated from a test, not written by hand: the test plants each fault at each method in the simulated Telegram
(`crates/telegram-sim`), runs the real channel, engine and store against it on a clock that is not real, and writes
down what stands in the chat and what reaches the callback receiver. It fails when this page says anything else, but
CI does not run that comparison yet: where a refusal of answerCallbackQuery lasts, whether the message about it has come
when the story ends depends on timing. That no fault which passes costs a decision is checked by `make test`.
`SIGNOFF_WRITE=1 cargo test -p signoff-telegram --test it faults -- --ignored` writes the page anew.

Each row is one story. A request for approval, so long that its arguments are posted as a file before the card, is
submitted with a callback and 15 minutes to live. The owner has one private chat, receives by polling, and taps Approve
(or Deny, where that is all that is offered) on the newest card once the service knows that it stands there. A minute
and a half after the end everything in the chat is read; a card that still has buttons is then pressed. Quotations are
the end of a message or the answer to that last press, without the time of day, in the chat's order. What the tap itself
is answered with is not in the table, nor a message that says the same in its stead (\"Approved\"): which of them comes is
a question of milliseconds. The test checks that neither ever says anything but the outcome. \"Any\" stands for getMe,
setMyCommands, getWebhookInfo, getUpdates, sendDocument, sendMessage, answerCallbackQuery and editMessageText.
";

const PASSING: &str = "
## Faults that pass

Each hits one call: at the methods `get…` and `set…` the first of the service, at the others the first of the request.
None costs a decision or doubles one. What cannot be helped: Telegram has no idempotency key, so a file or a card whose
sending had no answer may stand there twice. The copy that nobody knows of keeps its buttons until its first press,
which changes nothing and closes it.

";

const LASTING: &str = "
## Faults that last

Each hits every call of the method, from the same one on.

";
