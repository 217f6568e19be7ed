//! How often someone may call: failed authentications per address, requests per limited key.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultDirectRateLimiter, DefaultKeyedRateLimiter, Quota, RateLimiter};
use signoff_engine::Caller;

/// After so many failures, addresses that have been quiet for long are forgotten.
const SWEEP_EVERY: u32 = 1_000;

/// The limits, with what was counted so far.
pub(crate) struct Limits {
    clock: DefaultClock,
    failures: DefaultKeyedRateLimiter<IpAddr>,
    counted: AtomicU32,
    keys: RwLock<HashMap<String, (NonZeroU32, Arc<DefaultDirectRateLimiter>)>>,
}

impl Limits {
    /// No address may fail more often than this, at once or in a minute.
    pub(crate) fn new(failures_per_minute: NonZeroU32) -> Self {
        Self {
            clock: DefaultClock::default(),
            failures: RateLimiter::keyed(Quota::per_minute(failures_per_minute)),
            counted: AtomicU32::new(0),
            keys: RwLock::default(),
        }
    }

    /// Counts a failed authentication; `Err` says how long to wait when there were too many.
    pub(crate) fn count_failure(&self, from: IpAddr) -> Result<(), Duration> {
        if self.counted.fetch_add(1, Ordering::Relaxed) % SWEEP_EVERY == SWEEP_EVERY - 1 {
            self.failures.retain_recent();
            self.failures.shrink_to_fit();
        }
        let checked = self.failures.check_key(&network(from));
        checked.map_err(|early| early.wait_time_from(self.clock.now()))
    }

    /// Counts a request of a key; `Err` says how long to wait when the operator limited it.
    pub(crate) fn count_request(&self, caller: &Caller) -> Result<(), Duration> {
        let Some(max) = caller.max_per_second.and_then(NonZeroU32::new) else {
            return Ok(());
        };
        let checked = self.limiter(&caller.key, max).check();
        checked.map_err(|early| early.wait_time_from(self.clock.now()))
    }

    fn limiter(&self, key: &str, max: NonZeroU32) -> Arc<DefaultDirectRateLimiter> {
        let known = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, limiter)) = known.get(key)
            && *of == max
        {
            return limiter.clone();
        }
        drop(known);
        let limiter = Arc::new(RateLimiter::direct(Quota::per_second(max)));
        let mut known = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        let (of, kept) = known
            .entry(key.to_owned())
            .or_insert_with(|| (max, limiter.clone()));
        if *of != max {
            (*of, *kept) = (max, limiter);
        }
        kept.clone()
    }
}

/// What counts as one address: with IPv6, the /64 that one subscriber has at least.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

/// Where an HTTP request came from; [`serve`](crate::serve) notes it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ClientAddress(pub(crate) IpAddr);

impl Default for ClientAddress {
    /// Of a request that came through no connection of ours.
    fn default() -> Self {
        Self(Ipv4Addr::UNSPECIFIED.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_subscriber_is_one_address_however_it_is_spelled() {
        let of = |text: &str| network(text.parse().unwrap());
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
        assert_eq!(
            of("2001:db8:1:2::1"),
            of("2001:db8:1:2:ffff:ffff:ffff:ffff")
        );
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
        let limits = Limits::new(NonZeroU32::MIN);
        for (fits, from) in [(true, 1), (false, 1), (false, 2)] {
            let from = format!("2001:db8::{from}").parse().unwrap();
            assert_eq!(limits.count_failure(from).is_ok(), fits, "{from}");
        }
    }
}
