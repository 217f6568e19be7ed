//! `docs/faults.md`: what was seen, written down.

use std::fmt::Write as _;
use std::path::Path;

use super::Cell;
use super::catalogue::METHODS;

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

/// The tests that the page names exist.
#[test]
fn every_story_of_its_own_is_a_test() {
    let mut sources = String::new();
    read(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it"),
        &mut sources,
    );
    let page = [PASSING, OTHERS].concat();
    let quoted = page.split('`').skip(1).step_by(2);
    let names: Vec<&str> = quoted.filter(|name| name.contains('_')).collect();
    assert!(names.len() > 10, "{names:?}");
    for name in names {
        assert!(sources.contains(&format!("fn {name}(")), "{name}");
    }
}

fn read(folder: &Path, into: &mut String) {
    for entry in std::fs::read_dir(folder).expect("the tests") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            read(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push_str(&std::fs::read_to_string(path).expect("a test"));
        }
    }
}

fn written(passed: &[Cell], lasted: &[Cell]) -> String {
    let mut page = String::from(INTRODUCTION);
    page.push_str(PASSING);
    table(passed, &mut page);
    page.push_str(LASTING);
    table(lasted, &mut page);
    page.push_str(OTHERS);
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
down what stands in the chat and what reaches the callback receiver. `make test-deep` fails when this page says anything
else; `make test` checks of every fault that passes that it costs no decision. To write the page anew:
`SIGNOFF_WRITE=1 cargo test -p signoff-telegram --test it the_page_of_faults -- --ignored`

Each row is one story. A request for approval, so long that its arguments are posted as a file before the card, is
submitted with a callback and 15 minutes to live. The owner has one private chat, and taps Approve (or Deny, where that
is all that is offered) on the newest card once the service knows that it stands there. Updates are polled for; in the
stories of setWebhook they are posted to the service, and in those of deleteWebhook somebody had set a webhook before.
When everything is over, the chat is read; a card that still has buttons is then pressed. Quotations are the end of a
message or the answer to that last press, without the time of day, in the chat's order. What the tap itself is answered
with is not in the table, nor a message that says the same in its stead (\"Approved\"): which of them comes is a question
of milliseconds. The test checks that neither ever says anything but the outcome. \"Any\" stands for getMe, setMyCommands,
getWebhookInfo, deleteWebhook, setWebhook, getUpdates, sendDocument, sendMessage, answerCallbackQuery and
editMessageText: every method that a request may need (another test reads that from the sources).
";

const PASSING: &str = "
## Faults that pass

Each hits one call: at the methods `get…`, `set…` and `delete…` the first of the service, at the others the first of the
request. Updates that come twice or in reverse do so at every poll. None costs a decision or doubles one. Nor do two of
them together: `two_faults_at_once_cost_no_more_than_either_alone` tells some 200 stories in which every two faults, every
two methods, and every fault and method meet, a 400 and a 403 that come once among them; a seed replays them. What cannot
be helped: Telegram has no idempotency key, so a file or a card whose sending had no answer may stand there twice. The
copy that nobody knows of keeps its buttons until its first press, which changes nothing and closes it.

";

const LASTING: &str = "
## Faults that last

Each hits every call of the method, from the same one on.

- **A card that Telegram refuses to change** keeps its buttons. The outcome is then posted as a reply to it, and whoever
  presses a button reads the outcome. While the request is open its buttons are good, and nothing is posted.
- **A revoked token (401) fails no request at once.** It says nothing about whom the request is for: the operator can put
  it right, `/readyz` and the log say how, and a card that could not be sent is sent then. Until then the requester sees
  that it is not presented yet, and at its deadline the request is `failed`, not `expired`: nobody was asked.
- **Refused updates** are named in `/readyz` and the log, with what to do: no press arrives. So is a webhook that cannot be
  removed, and another process that polls.

";

const OTHERS: &str = "
## Faults with stories of their own

| fault | what the owner sees | what the requester gets | shown by |
| --- | --- | --- | --- |
| The group became a supergroup | The card in the supergroup; a card that stood before is posted there again with the next change | The outcome | `a_group_that_became_a_supergroup_is_followed`, `a_card_that_stood_in_a_migrated_group_is_shown_again_where_it_can_be_pressed` |
| The topic is gone | The card in the group, without a topic | The outcome | `a_card_goes_to_its_topic_and_to_the_chat_when_the_topic_is_gone` |
| Somebody deleted the card | It is posted again with the next change: open with its buttons, ended with its outcome | The outcome | `a_deleted_card_is_posted_again_while_it_is_open`, `a_deleted_card_of_an_ended_request_leaves_a_message_with_the_outcome` |
| The card cannot be read any more (`InaccessibleMessage`) | The press counts, the card closes | The outcome | `a_press_on_a_card_that_cannot_be_read_any_more_counts_and_closes_it`, `a_press_on_a_message_that_cannot_be_read_adopts_nothing` |
| A batch of updates in reverse order, or twice | What was pressed first counts; each press is answered once | One outcome | `updates_in_reverse_order_are_handled_in_the_order_they_were_made`, `updates_that_come_twice_are_handled_once_each` |
| A kind of update, or of text, that is not known | Nothing: it is passed over, and a text is read without its looks | The outcome, the reason verbatim | `an_update_of_a_kind_that_is_not_known_holds_nothing_up`, `a_text_with_an_entity_of_the_future_is_not_lost` |
| A second poller with the same token | A tap that the other one took is answered by it: \"This button is not mine\". While the card has buttons, a further tap may reach us | One outcome | `of_two_services_with_one_token_neither_loses_nor_doubles_a_decision_that_it_confirmed` |
| Two replicas on one store | Nothing: one polls, the other one takes over | One outcome | `of_two_replicas_one_polls_and_the_other_takes_over` |
| Telegram away for ten minutes | Afterwards: from when to when taps were lost, and what waits; then the cards that had to wait | The outcome; nothing is lost | `an_outage_of_ten_minutes_loses_no_request_and_is_told_afterwards`, `after_an_outage_every_chat_learns_what_still_waits` |
| A token that was revoked and put right | The card, then | The outcome | `a_revoked_token_holds_requests_until_it_is_put_right` |
";
