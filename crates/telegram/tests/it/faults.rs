//! Every fault, once, at every method of a request's way from submit to closed card, and the page
//! that tells what people see of it; and two faults at once (`pairs.rs`).

mod catalogue;
pub(crate) mod methods;
mod page;
mod pairs;
mod story;

use signoff_telegram_sim::Fault;

use self::catalogue::{lasting, passing};
use self::story::Seen;

/// What was seen with which fault at which method.
struct Cell {
    fault: &'static str,
    method: &'static str,
    seen: Seen,
}

/// Every passing fault at every method: a decision each, and one callback.
async fn all_that_pass() -> Vec<Cell> {
    let mut passed = Vec::new();
    for fault in passing() {
        for &method in &fault.methods {
            let seen = story::with_faults(&[fault.at(method, 1)]).await;
            // A card whose sending had no answer may stand there unknown until it is pressed.
            let unknown = usize::from(method == "sendMessage");
            let story = format!("{} at {method}", fault.name);
            judge(&seen, ("approved", unknown), &story);
            passed.push(Cell {
                fault: fault.name,
                method,
                seen,
            });
        }
    }
    passed
}

/// Fails unless the request ends so, that is told once, and cards close; but for so many that keep
/// their buttons until they are pressed.
fn judge(seen: &Seen, (end, open): (&str, usize), story: &str) {
    assert_eq!(seen.status, end, "{story}: {seen:?}");
    assert_eq!(seen.callbacks, 1, "{story}: {seen:?}");
    assert!(seen.left_open <= open, "{story}: {seen:?}");
    assert_eq!(seen.never_closed, 0, "{story}: {seen:?}");
}

#[tokio::test(start_paused = true)]
async fn no_fault_that_passes_costs_a_decision() {
    all_that_pass().await;
}

#[tokio::test(start_paused = true)]
#[ignore = "make test-deep"]
async fn the_page_of_faults_tells_what_is_seen() {
    let passed = all_that_pass().await;
    let mut lasted = Vec::new();
    for fault in lasting() {
        for &method in &fault.methods {
            let planted = Fault::on(method, fault.does.clone()).times(u32::MAX);
            let seen = story::with_faults(&[planted]).await;
            let name = fault.name;
            assert_eq!(seen.callbacks, 1, "{name} at {method}: {seen:?}");
            lasted.push(Cell {
                fault: name,
                method,
                seen,
            });
        }
    }
    page::is_true(&passed, &lasted);
}
