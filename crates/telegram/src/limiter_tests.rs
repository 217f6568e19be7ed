//! The limits of chats, groups and the whole bot, at chosen times.

use super::*;

const GROUP: i64 = -100;
const ANN: i64 = 1001;

fn limiter() -> Limiter {
    Limiter::new(Limits::default())
}

/// Sends as fast as the limiter lets it, for so long; answers how many got through.
fn flood(
    limiter: &Limiter,
    chat: i64,
    priority: Priority,
    from: Instant,
    length: Duration,
) -> usize {
    let mut now = from;
    let mut sent = 0;
    while now < from + length {
        match limiter.ask(chat, priority, now) {
            Ok(()) => sent += 1,
            Err(wait) => now += wait,
        }
    }
    sent
}

#[test]
fn a_chat_takes_a_short_burst_and_then_one_a_second() {
    let (limiter, now) = (limiter(), Instant::now());
    for _ in 0..3 {
        assert_eq!(limiter.ask(ANN, Priority::NewCard, now), Ok(()));
    }
    assert_eq!(
        limiter.ask(ANN, Priority::NewCard, now),
        Err(Duration::from_secs(3) + MARGIN)
    );
    let sent = flood(&limiter, 1002, Priority::NewCard, now, MINUTE);
    assert!((50..=60).contains(&sent), "{sent} in a minute");
}

#[test]
fn a_group_takes_twenty_a_minute_of_which_five_are_kept() {
    let (limiter, now) = (limiter(), Instant::now());
    assert_eq!(flood(&limiter, GROUP, Priority::Close, now, MINUTE), 15);
    let late = now + Duration::from_secs(40);
    let limiter = Limiter::new(Limits {
        burst: 60,
        overall_per_second: 100,
        ..Limits::default()
    });
    for _ in 0..15 {
        assert_eq!(limiter.ask(GROUP, Priority::Notice, now), Ok(()));
    }
    assert_eq!(
        limiter.ask(GROUP, Priority::Notice, late),
        Err(Duration::from_secs(20) + MARGIN)
    );
    for _ in 0..5 {
        assert_eq!(limiter.ask(GROUP, Priority::Conversation, late), Ok(()));
    }
    assert_eq!(
        limiter.ask(GROUP, Priority::Conversation, late),
        Err(Duration::from_secs(20) + MARGIN)
    );
}

#[test]
fn all_chats_together_take_thirty_a_second() {
    let (limiter, now) = (limiter(), Instant::now());
    for chat in 1..=30 {
        assert_eq!(limiter.ask(chat, Priority::NewCard, now), Ok(()));
    }
    let free = SECOND + OVERALL_MARGIN;
    assert_eq!(limiter.ask(31, Priority::NewCard, now), Err(free));
    assert_eq!(limiter.ask(31, Priority::NewCard, now + free), Ok(()));
}

#[test]
fn a_pause_holds_for_its_chat_only() {
    let (limiter, now) = (limiter(), Instant::now());
    limiter.pause(GROUP, Duration::from_secs(30), now);
    limiter.pause(GROUP, Duration::from_secs(5), now);
    let wait = limiter.ask(GROUP, Priority::Conversation, now + Duration::from_secs(10));
    assert_eq!(wait, Err(Duration::from_secs(20)), "the longer pause holds");
    assert_eq!(limiter.ask(ANN, Priority::Notice, now), Ok(()));
    assert_eq!(
        limiter.ask(GROUP, Priority::Notice, now + Duration::from_secs(30)),
        Ok(())
    );
}

#[test]
fn a_waiting_conversation_goes_first() {
    let (limiter, now) = (limiter(), Instant::now());
    let ticket = limiter.announce(GROUP);
    assert_eq!(limiter.ask(GROUP, Priority::NewCard, now), Err(YIELD));
    assert_eq!(limiter.ask(GROUP, Priority::Conversation, now), Ok(()));
    drop(ticket);
    assert_eq!(limiter.ask(GROUP, Priority::NewCard, now), Ok(()));
}

#[test]
fn what_is_refused_is_not_counted() {
    let (limiter, now) = (limiter(), Instant::now());
    for _ in 0..100 {
        let _ = limiter.ask(ANN, Priority::Conversation, now);
    }
    assert_eq!(
        limiter.ask(
            ANN,
            Priority::Conversation,
            now + Duration::from_secs(3) + MARGIN
        ),
        Ok(())
    );
}

#[test]
fn quiet_chats_are_forgotten() {
    let limiter = Limiter::new(Limits {
        overall_per_second: usize::MAX,
        ..Limits::default()
    });
    let now = Instant::now();
    for chat in 1..=1_000 {
        assert_eq!(limiter.ask(chat, Priority::NewCard, now), Ok(()));
    }
    assert_eq!(limiter.ask(2_000, Priority::NewCard, now + MINUTE), Ok(()));
    assert_eq!(limiter.with(|state| state.chats.len()), 1);
}
