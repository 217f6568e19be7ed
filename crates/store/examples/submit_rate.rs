//! How fast the store takes submissions: `cargo run --release -p signoff-store --example submit_rate`.
#![expect(clippy::print_stdout, reason = "a measurement prints")]

use std::error::Error;
use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use signoff_contract::{PromptId, RequestId, submission, time};
use signoff_core::request::{Pending, Presentation, Prompt, Request, State};
use signoff_store::{Clock, Key, NewRequest, Store, Submitted};

const CALLERS: u64 = 64;
const SECONDS: u64 = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir_in(".")?;
    println!("fdatasync p50: {:?}", fdatasync_p50(folder.path())?);
    let mut seed = 1_u64;
    let random = move |bytes: &mut [u8]| {
        for byte in bytes {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            *byte = seed.to_be_bytes()[0];
        }
    };
    let store = Store::open(&folder.path().join("signoff.db"), Clock::system(), random)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().build()?;
    let count = Arc::new(AtomicU64::new(0));
    let began = Instant::now();
    let busy = cpu_of("store-writer");
    let tasks: Vec<_> = (0..CALLERS)
        .map(|caller| {
            let (store, count) = (store.clone(), Arc::clone(&count));
            runtime.spawn(async move {
                while began.elapsed() < Duration::from_secs(SECONDS) {
                    let n = count.fetch_add(1, Ordering::Relaxed);
                    let submitted = store.submit(new_request(n, caller, &store)).await;
                    assert!(
                        matches!(submitted, Ok(Submitted::Created(_))),
                        "{submitted:?}"
                    );
                }
            })
        })
        .collect();
    for task in tasks {
        runtime.block_on(task)?;
    }
    let took = began.elapsed();
    let done = count.load(Ordering::Relaxed);
    let writer = cpu_of("store-writer").saturating_sub(busy);
    println!("{done} submits in {took:.2?}: {:.0}/s", rate(done, took));
    println!(
        "writer thread: {:.1} µs of CPU a submit",
        rate(1, writer).recip() * 1e6 / rate(done, Duration::from_secs(1))
    );
    let began = Instant::now();
    runtime.block_on(async {
        for n in 0..10_000 {
            let correlation_id = format!("c-{n}").parse()?;
            let key = Key::Named {
                project: "default".to_owned(),
                correlation_id,
            };
            store.request(&key).await?.ok_or("not found")?;
        }
        Ok::<_, Box<dyn Error>>(())
    })?;
    println!(
        "one reader after another: {:.1?} a read",
        began.elapsed() / 10_000
    );
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "a rate for people")]
fn rate(count: u64, took: Duration) -> f64 {
    count as f64 / took.as_secs_f64()
}

fn new_request(n: u64, caller: u64, store: &Store) -> NewRequest {
    let body = format!(
        r#"{{"correlation_id":"c-{n}","kind":"approval","title":"Deploy billing-api 1.2.3",
            "justification":"Fixes the double charge reported this morning.","risk":"medium",
            "action":{{"tool":"k8s.deploy","arguments":{{"namespace":"prod",
            "image":"registry/billing:1.2.3","replicas":3}}}},
            "callback":{{"url":"http://127.0.0.1:9000/hook"}}}}"#
    );
    let parsed = submission::parse(body.as_bytes()).unwrap_or_else(|error| panic!("{error:?}"));
    let now = store.clock().now();
    let millis = u64::try_from(now.as_millisecond()).unwrap_or(0);
    let random = u128::from(n) * 7_919 + u128::from(caller);
    let request = Request {
        id: RequestId::from_parts(millis, random),
        project: "default".to_owned(),
        route: "default".to_owned(),
        intent_digest: None,
        view_digest: None,
        submission: parsed.submission,
        masked: Vec::new(),
        min_approvals: 1,
        submitted_by: "bench".to_owned(),
        submitted_for: None,
        created_at: now,
        expires_at: time::plus_seconds(now, 3_600),
        remind_at: None,
        state: State::Pending(Pending::default()),
        prompts: vec![Prompt {
            id: PromptId::from_parts(millis, random),
            number: 0,
            channel: "telegram".to_owned(),
            place: "1001".to_owned(),
            approvers: vec!["ann".to_owned()],
            presentation: Presentation::Waiting,
        }],
        claimed_at: None,
        execution: None,
        dialect: None,
    };
    NewRequest {
        request,
        unreachable: Vec::new(),
        body_mac: [7; 32],
        max_pending: u32::MAX,
    }
}

/// CPU time that the thread with this name has used so far, from procfs (100 ticks a second).
fn cpu_of(name: &str) -> Duration {
    let tasks = std::fs::read_dir("/proc/self/task")
        .into_iter()
        .flatten()
        .flatten();
    let stats = tasks.filter_map(|task| std::fs::read_to_string(task.path().join("stat")).ok());
    let ticks = stats.filter_map(|stat| {
        let (before, after) = stat.split_once(") ")?;
        let fields: Vec<&str> = after.split(' ').collect();
        let ticks = fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?;
        before.ends_with(name).then_some(ticks)
    });
    Duration::from_millis(ticks.sum::<u64>() * 10)
}

fn fdatasync_p50(folder: &std::path::Path) -> std::io::Result<Duration> {
    let mut file = std::fs::File::create(folder.join("sync"))?;
    let mut took = Vec::new();
    for _ in 0..200 {
        file.write_all(&[0; 4096])?;
        let began = Instant::now();
        file.sync_data()?;
        took.push(began.elapsed());
    }
    took.sort_unstable();
    Ok(took[took.len() / 2])
}
