//! Names that lead elsewhere: what they resolve to is judged where it is connected to.

use std::net::Ipv4Addr;
use std::sync::Arc;

use signoff_engine::callback::{AllowList, Network, Sender, Sent, Verdict};

use crate::lines::{Line, Names, Receiver};
use crate::sender::{callback, now, secrets};

/// The address that the operator allows, and one that nobody does.
const GOOD: &str = "127.0.0.1";
const BAD: &str = "127.0.0.2";
const ANSWER: Line = Line::HangsUpAfter("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n");

/// A sender for which `hooks.example.org` is found by these names.
fn sender(names: &Arc<Names>) -> Sender {
    let network = Network {
        lookup: names.clone(),
        ..Network::default()
    };
    let allow = AllowList::parse(&["hooks.example.org", GOOD]).expect("entries");
    Sender::on(network, Arc::new(allow))
}

async fn send(sender: &Sender, port: u16) -> Sent {
    let url = format!("http://hooks.example.org:{port}/hook");
    sender.send(&callback(&url), &secrets(), now()).await
}

/// Receivers at both addresses, on one port.
async fn both() -> (Receiver, Receiver) {
    let good = Receiver::at(&format!("{GOOD}:0"), ANSWER).await;
    let port = good.address.port();
    let bad = Receiver::at(&format!("{BAD}:{port}"), ANSWER).await;
    (good, bad)
}

fn is_refused(sent: &Sent, address: &str) {
    assert_eq!(sent.verdict, Verdict::Failed { retry_after: None });
    assert_eq!(
        sent.attempt.detail,
        format!(
            "no connection: dns error: no address of the name is allowed: {address} is not a public \
             address, and no IP or CIDR entry of the operator's callbacks.allow list matches it"
        )
    );
}

#[tokio::test]
async fn a_name_that_changes_its_mind_between_two_attempts_is_refused_at_the_second() {
    let (good, bad) = both().await;
    let names = Names::answering(&[&[GOOD], &[BAD]]);
    let sender = sender(&names);
    let first = send(&sender, good.address.port()).await;
    assert_eq!(first.verdict, Verdict::Taken);
    let second = send(&sender, good.address.port()).await;
    is_refused(&second, BAD);
    assert_eq!((good.connections(), bad.connections()), (1, 0));
}

#[tokio::test]
async fn a_name_is_asked_once_an_attempt_so_what_is_checked_is_what_is_connected_to() {
    let (good, bad) = both().await;
    // Were it asked once to check and once to connect, the second answer would be the bad one.
    let names = Names::answering(&[&[GOOD], &[BAD]]);
    let sent = send(&sender(&names), good.address.port()).await;
    assert_eq!(sent.verdict, Verdict::Taken);
    assert_eq!(names.asked(), 1);
    assert_eq!((good.connections(), bad.connections()), (1, 0));
}

#[tokio::test]
async fn of_a_good_and_a_bad_address_only_the_good_one_is_connected_to() {
    for answer in [[GOOD, BAD], [BAD, GOOD]] {
        let (good, bad) = both().await;
        let names = Names::answering(&[&answer]);
        let sent = send(&sender(&names), good.address.port()).await;
        assert_eq!(sent.verdict, Verdict::Taken, "{answer:?}");
        assert_eq!(
            (good.connections(), bad.connections()),
            (1, 0),
            "{answer:?}"
        );
    }
}

#[tokio::test]
async fn a_good_address_that_does_not_answer_leads_to_no_bad_one() {
    let (good, bad) = both().await;
    let port = good.address.port();
    // Another address of the good kind, where nobody listens.
    let names = Names::answering(&[&["::1", BAD]]);
    let network = Network {
        lookup: names,
        ..Network::default()
    };
    let allow = AllowList::parse(&["hooks.example.org", "::1"]).expect("entries");
    let sent = send(&Sender::on(network, Arc::new(allow)), port).await;
    assert_eq!(sent.verdict, Verdict::Failed { retry_after: None });
    assert_eq!((good.connections(), bad.connections()), (0, 0));
}

#[tokio::test]
async fn another_spelling_of_a_bad_address_is_refused_and_named() {
    let (good, bad) = both().await;
    let names = Names::answering(&[&[&format!("::ffff:{BAD}")]]);
    is_refused(&send(&sender(&names), good.address.port()).await, BAD);
    for never in [
        "64:ff9b::a9fe:a9fe",
        "2002:a9fe:a9fe::1",
        "::ffff:169.254.169.254",
    ] {
        let sent = send(&sender(&Names::answering(&[&[never]])), good.address.port()).await;
        assert_eq!(sent.verdict, Verdict::Failed { retry_after: None });
        let detail = &sent.attempt.detail;
        assert!(
            detail.contains("callbacks never go there"),
            "{never}: {detail}"
        );
    }
    assert_eq!((good.connections(), bad.connections()), (0, 0));
    // The same spelling of the good one is the good one.
    let mapped = format!("::ffff:{GOOD}");
    let sent = send(
        &sender(&Names::answering(&[&[&mapped]])),
        good.address.port(),
    )
    .await;
    assert_eq!(sent.verdict, Verdict::Taken);
}

#[tokio::test]
async fn an_address_in_the_url_is_judged_in_every_spelling() {
    let (good, bad) = both().await;
    let port = good.address.port();
    let sender = sender(&Names::answering(&[&[]]));
    let number = u32::from(BAD.parse::<Ipv4Addr>().expect("an address"));
    for host in [
        BAD.to_owned(),
        number.to_string(),
        format!("{number:#x}"),
        format!("0{number:o}"),
        "0177.0.0.2".to_owned(),
        "127.2".to_owned(),
        "0x7f.0.0.2".to_owned(),
        format!("[::ffff:{BAD}]"),
        "[64:ff9b::7f00:2]".to_owned(),
        "[2002:7f00:2::1]".to_owned(),
        "[::127.0.0.2]".to_owned(),
    ] {
        let url = format!("http://{host}:{port}/hook");
        let sent = sender.send(&callback(&url), &secrets(), now()).await;
        assert_eq!(
            sent.verdict,
            Verdict::Failed { retry_after: None },
            "{host}"
        );
        let detail = &sent.attempt.detail;
        assert!(detail.contains("callbacks.allow"), "{host}: {detail}");
    }
    assert_eq!((good.connections(), bad.connections()), (0, 0));
}

#[tokio::test]
async fn a_name_without_an_address_says_so() {
    let sent = send(&sender(&Names::answering(&[&[]])), 80).await;
    assert_eq!(
        sent.attempt.detail,
        "no connection: dns error: the name has no address"
    );
}
