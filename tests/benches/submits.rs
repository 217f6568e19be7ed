//! Durable submits per second over HTTP at 64 connections, as a ratio to a bare axum echo of the
//! same body, in the same run and from the same load generator: `make bench`.
//!
//! Everything is there that a submit has in service: authentication, strict reading, masking,
//! both digests, a full row, its audit event and its prompt, `synchronous=FULL`, sealing beside
//! it. Only the channel is paused. The machine's fdatasync is printed beside, since it bounds
//! every durable figure.

#![expect(clippy::print_stdout, reason = "a benchmark prints")]

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use axum::Router;
use axum::body::Bytes;
use axum::routing::post;
use prometheus_client::registry::Registry;
use signoff_contract::compat::Defaults;
use signoff_contract::signature::SigningSecret;
use signoff_core::Masker;
use signoff_engine::callback::AllowList;
use signoff_engine::metrics::Metrics;
use signoff_engine::{
    ApiKey, Approver, Caller, Clock, ConfiguredKey, Directory, Engine, Project, Route, Scope,
    Settings, Store, workers,
};
use signoff_server::{Callers, CompatOptions, ServerOptions, routers, serve};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

/// The service's allocator, so that the figures are the service's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const CONNECTIONS: u64 = 64;
const ROUND: Duration = Duration::from_secs(4);
const ROUNDS: usize = 3;

fn main() -> anyhow::Result<()> {
    // `cargo test --all-targets` runs benchmarks too, to see that they work; once is enough there.
    let quick = !std::env::args().any(|argument| argument == "--bench");
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    // For a profiler: only the submits.
    let durable_only = std::env::args().any(|argument| argument == "durable");
    let rounds = if quick { 1 } else { ROUNDS };
    runtime.block_on(run(
        rounds,
        if quick { ROUND / 20 } else { ROUND },
        durable_only,
    ))
}

async fn run(rounds: usize, round: Duration, durable_only: bool) -> anyhow::Result<()> {
    // Beside the build, not in a temporary folder that may be memory.
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let fdatasync = fdatasync_p50(folder.path())?;
    println!(
        "fdatasync of 4 KiB, p50: {:.0} µs",
        fdatasync.as_secs_f64() * 1e6
    );
    let stop = CancellationToken::new();
    let echo = echo(stop.clone()).await?;
    let Signoff {
        native,
        drop_in,
        key,
    } = signoff(folder.path(), stop.clone()).await?;
    let count = Arc::new(AtomicU64::new(0));
    let (mut ratios, mut drop_in_ratios) = (Vec::new(), Vec::new());
    println!(
        "{CONNECTIONS} connections, {} s a round",
        round.as_secs_f64()
    );
    for n in 1..=rounds {
        let before = Cpu::used();
        let durable = load(native, "/v1/requests", &key, b"202", &count, round).await?;
        println!(
            "  a submit: {}",
            Cpu::used()
                .since(&before)
                .per(durable * round.as_secs_f64())
        );
        if durable_only {
            println!("submits in all: {}", count.load(Ordering::Relaxed));
            continue;
        }
        let before = Cpu::used();
        let bare = load(echo, "/echo", &key, b"200", &count, round).await?;
        println!(
            "  an echo: {}",
            Cpu::used().since(&before).per(bare * round.as_secs_f64())
        );
        let ratio = durable / bare;
        println!("round {n}: echo {bare:.0}/s, durable submits {durable:.0}/s, ratio {ratio:.3}");
        ratios.push(ratio);
        let dropped_in = load(drop_in, "/approve", &key, b"202", &count, round).await?;
        let drop_in_ratio = dropped_in / durable;
        println!("  by the drop-in endpoint {dropped_in:.0}/s, {drop_in_ratio:.3} of native");
        drop_in_ratios.push(drop_in_ratio);
    }
    if let Some(median) = median(ratios) {
        println!("durable submits / bare echo, median: {median:.3}");
    }
    if let Some(median) = median(drop_in_ratios) {
        println!("drop-in submits / native submits, median: {median:.3} (goal: 0.9 or more)");
    }
    stop.cancel();
    Ok(())
}

fn median(mut ratios: Vec<f64>) -> Option<f64> {
    ratios.sort_by(f64::total_cmp);
    ratios.get(ratios.len() / 2).copied()
}

/// Processor time of this process, in ticks of 10 ms: unlike the clock's time, it says the same
/// whatever else the machine does. Zero where there is no `/proc`.
#[derive(Clone, Copy, Default)]
struct Cpu {
    all: u64,
    kernel: u64,
    writer: u64,
}

impl Cpu {
    fn used() -> Self {
        let mut used = Self::default();
        for task in std::fs::read_dir("/proc/self/task")
            .into_iter()
            .flatten()
            .flatten()
        {
            let stat = std::fs::read_to_string(task.path().join("stat")).unwrap_or_default();
            // The name stands in brackets; then, from the third on, fields 14 and 15 are the times.
            let Some((name, fields)) = stat.rsplit_once(')') else {
                continue;
            };
            let ticks = |n: usize| {
                let field = fields.split_ascii_whitespace().nth(n - 3);
                field
                    .and_then(|field| field.parse::<u64>().ok())
                    .unwrap_or(0)
            };
            let (in_user, in_kernel) = (ticks(14), ticks(15));
            used.all += in_user + in_kernel;
            used.kernel += in_kernel;
            if name.ends_with("store-writer") {
                used.writer += in_user + in_kernel;
            }
        }
        used
    }

    fn since(self, before: &Self) -> Self {
        Self {
            all: self.all - before.all,
            kernel: self.kernel - before.kernel,
            writer: self.writer - before.writer,
        }
    }

    fn per(self, answers: f64) -> String {
        #[expect(clippy::cast_precision_loss, reason = "a printed figure")]
        let micros = |ticks: u64| ticks as f64 * 10_000.0 / answers;
        format!(
            "{:.1} µs of CPU with the load generator's share, {:.1} in the kernel, {:.1} in the writer",
            micros(self.all),
            micros(self.kernel),
            micros(self.writer)
        )
    }
}

/// What every submit has to wait for at least, shared by those that commit together.
fn fdatasync_p50(folder: &Path) -> anyhow::Result<Duration> {
    let mut file = std::fs::File::create(folder.join("fdatasync"))?;
    let mut took = Vec::new();
    for _ in 0..200 {
        file.write_all(&[1; 4096])?;
        let began = Instant::now();
        file.sync_data()?;
        took.push(began.elapsed());
    }
    took.sort();
    Ok(took[took.len() / 2])
}

async fn echo(stop: CancellationToken) -> anyhow::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let router = Router::new().route("/echo", post(|body: Bytes| async move { body }));
    tokio::spawn(async move {
        axum::serve(listener, router)
            .with_graceful_shutdown(stop.cancelled_owned())
            .await
    });
    Ok(address)
}

/// Where the service is, and what opens it.
struct Signoff {
    native: SocketAddr,
    drop_in: SocketAddr,
    key: String,
}

async fn signoff(folder: &Path, stop: CancellationToken) -> anyhow::Result<Signoff> {
    let random = |bytes: &mut [u8]| rand::RngCore::fill_bytes(&mut rand::rng(), bytes);
    let store = Store::open(&folder.join("signoff.db"), Clock::system(), random)?;
    store.lock_for_service()?;
    let key = ApiKey::generate(&mut rand::rng());
    let caller = Caller {
        key: "bench".to_owned(),
        project: "default".to_owned(),
        scopes: vec![Scope::RequestsWrite],
        approver: None,
        max_per_second: None,
    };
    let mut registry = Registry::default();
    let settings = Settings {
        directory: directory()?,
        masker: Masker::new(&[], &[])?,
        api_keys: vec![ConfiguredKey {
            key_sha256: key.hash().to_hex(),
            caller: caller.clone(),
        }],
        channels: vec!["telegram".to_owned()],
        callbacks: AllowList::loopback(),
        retention_days: None,
    };
    let engine = Engine::new(store, settings, Metrics::register(&mut registry)).await?;
    tokio::spawn(workers::run(Arc::clone(&engine), Vec::new(), stop.clone()));
    let options = ServerOptions {
        shutdown: stop.clone(),
        registry,
        ..ServerOptions::default()
    };
    let compat = CompatOptions {
        caller,
        route: "default".to_owned(),
        defaults: Defaults {
            language: "en".to_owned(),
            timeout_seconds: 3_600,
            metadata: false,
            timeout_message: None,
        },
        callers: Callers::Of(vec!["127.0.0.0/8".parse()?]),
        token: None,
        extra: Router::new(),
    };
    let routers = routers(engine, options, Some(compat));
    let drop_in = routers.compat.context("it was asked for")?;
    Ok(Signoff {
        native: listening(routers.native, &stop).await?,
        drop_in: listening(drop_in, &stop).await?,
        key: key.reveal().to_owned(),
    })
}

/// Answers with this router; where.
async fn listening(router: Router, stop: &CancellationToken) -> anyhow::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(serve(
        listener,
        router,
        stop.clone(),
        Duration::from_secs(1),
    ));
    Ok(address)
}

fn directory() -> anyhow::Result<Directory> {
    let project = Project {
        name: "default".to_owned(),
        max_pending: u32::MAX,
        signing_secrets: vec![SigningSecret::from_bytes(vec![7; 32])?],
    };
    let approver = Approver {
        name: "ann".to_owned(),
        roles: vec!["owner".to_owned()],
        language: None,
        identities: std::iter::once(("telegram".to_owned(), "1001".to_owned())).collect(),
    };
    let route = Route {
        name: "default".to_owned(),
        project: "default".to_owned(),
        approvers: vec!["ann".to_owned()],
        min_approvals: 1,
        channels: None,
        places: Vec::new(),
        ttl_seconds: 3_600,
        remind_after_seconds: None,
    };
    Ok(Directory::new(vec![project], vec![route], vec![approver])?)
}

/// Requests per second over `round`, from connections that send the next request when the answer
/// to the last one is there. Any answer but the wanted one ends the benchmark.
async fn load(
    address: SocketAddr,
    path: &'static str,
    key: &str,
    wanted: &'static [u8],
    count: &Arc<AtomicU64>,
    round: Duration,
) -> anyhow::Result<f64> {
    let began = Instant::now();
    let tasks: Vec<_> = (0..CONNECTIONS)
        .map(|_| {
            let (key, count) = (key.to_owned(), Arc::clone(count));
            tokio::spawn(async move {
                let mut stream = TcpStream::connect(address).await?;
                stream.set_nodelay(true)?;
                let mut answers = 0_u32;
                let mut buffer = Vec::with_capacity(16 * 1024);
                while began.elapsed() < round {
                    let n = count.fetch_add(1, Ordering::Relaxed);
                    stream.write_all(request(path, &key, n).as_bytes()).await?;
                    answer(&mut stream, &mut buffer, wanted).await?;
                    answers += 1;
                }
                Ok::<_, anyhow::Error>(answers)
            })
        })
        .collect();
    let mut answers = 0.0;
    for task in tasks {
        answers += f64::from(task.await??);
    }
    Ok(answers / began.elapsed().as_secs_f64())
}

/// The contract's own example of an approval, about 700 bytes, and the same as the drop-in endpoint
/// has it.
fn request(path: &str, key: &str, n: u64) -> String {
    let body = if path == "/approve" {
        approve_body(n)
    } else {
        native_body(n)
    };
    format!(
        "POST {path} HTTP/1.1\r\nhost: signoff\r\nauthorization: Bearer {key}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn approve_body(n: u64) -> String {
    format!(
        r#"{{"correlation_id":"run-{n}:deploy-billing","tool":"k8s.deploy","arguments":{{"namespace":"prod","image":"registry/billing:1.2.3","password":"correct horse battery"}},"justification":"Fixes the double charge reported this morning.","approval_request":"Deploy billing-api 1.2.3 to production","risk_assessment":"API restarts, about 20 s of 502s.","links_to_code":[{{"text":"PR #42","url":"https://git.example.org/pull/42"}}],"lang":"en","markup":"markdown","timeout_sec":3600,"callback":{{"url":"http://127.0.0.1:9/hooks/signoff"}}}}"#
    )
}

fn native_body(n: u64) -> String {
    format!(
        r#"{{"correlation_id":"run-{n}:deploy-billing","kind":"approval","title":"Deploy billing-api 1.2.3 to production","justification":"Fixes the double charge reported this morning.","risk_assessment":"API restarts, about 20 s of 502s.","risk":"high","action":{{"tool":"k8s.deploy","arguments":{{"namespace":"prod","image":"registry/billing:1.2.3","password":"correct horse battery"}}}},"requester":{{"agent":"deploy-bot","run_id":"42","run_label":"run:dev","runtime_mode":"full-env"}},"links":[{{"label":"PR #42","url":"https://git.example.org/pull/42"}}],"language":"en","ttl_seconds":3600,"callback":{{"url":"http://127.0.0.1:9/hooks/signoff"}}}}"#
    )
}

/// Reads one answer whole. Enough HTTP for a server that sends `content-length`.
async fn answer(stream: &mut TcpStream, buffer: &mut Vec<u8>, wanted: &[u8]) -> anyhow::Result<()> {
    buffer.clear();
    loop {
        ensure!(
            stream.read_buf(buffer).await? > 0,
            "the server closed the connection"
        );
        let Some(end) = buffer.windows(4).position(|four| four == b"\r\n\r\n") else {
            continue;
        };
        let head = std::str::from_utf8(&buffer[..end])?.to_ascii_lowercase();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "))
            .context("an answer without a length")?;
        if buffer.len() < end + 4 + length.trim().parse::<usize>()? {
            continue;
        }
        if buffer.get(9..12) != Some(wanted) {
            bail!("an unexpected answer: {}", String::from_utf8_lossy(buffer));
        }
        return Ok(());
    }
}
