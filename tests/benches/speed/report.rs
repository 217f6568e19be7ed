//! What a measurement says, beside its goal; percentiles; the machine that it was measured on.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

/// One line of the table.
#[derive(Debug)]
pub(crate) struct Row {
    /// What was measured.
    pub(crate) what: String,
    /// What it should be; empty when there is no goal.
    pub(crate) goal: String,
    /// What it is.
    pub(crate) figure: String,
    /// Whether the goal is met; `None` when there is none.
    pub(crate) met: Option<bool>,
}

impl Row {
    pub(crate) fn new(
        what: impl Into<String>,
        goal: impl Into<String>,
        figure: impl Into<String>,
        met: bool,
    ) -> Self {
        Self {
            what: what.into(),
            goal: goal.into(),
            figure: figure.into(),
            met: Some(met),
        }
    }

    /// A figure without a goal.
    pub(crate) fn fact(what: impl Into<String>, figure: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            goal: String::new(),
            figure: figure.into(),
            met: None,
        }
    }
}

/// The table, in Markdown, so that it can be pasted into `docs/performance.md`.
pub(crate) fn table(rows: &[Row]) -> String {
    let mut text = "| what | goal | figure | |\n|---|---|---|---|\n".to_owned();
    for Row {
        what,
        goal,
        figure,
        met,
    } in rows
    {
        let met = match met {
            Some(true) => "met",
            Some(false) => "**missed**",
            None => "",
        };
        let _ = writeln!(text, "| {what} | {goal} | {figure} | {met} |");
    }
    text
}

/// Durations, sorted.
#[derive(Debug)]
pub(crate) struct Sample(Vec<Duration>);

impl Sample {
    pub(crate) fn new(mut took: Vec<Duration>) -> Self {
        took.sort();
        Self(took)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The smallest duration that at least `percent` of all do not exceed.
    pub(crate) fn percentile(&self, percent: usize) -> Duration {
        let rank = (self.0.len() * percent).div_ceil(100).max(1);
        self.0.get(rank - 1).copied().unwrap_or_default()
    }

    pub(crate) fn p50(&self) -> Duration {
        self.percentile(50)
    }

    pub(crate) fn p99(&self) -> Duration {
        self.percentile(99)
    }
}

/// In milliseconds, with as many digits as it deserves.
pub(crate) fn ms(took: Duration) -> String {
    let ms = took.as_secs_f64() * 1e3;
    if ms < 10.0 {
        format!("{ms:.2} ms")
    } else {
        format!("{ms:.0} ms")
    }
}

pub(crate) fn seconds(took: Duration) -> String {
    format!("{:.1} s", took.as_secs_f64())
}

pub(crate) fn mib(kib: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "a printed figure")]
    let mib = kib as f64 / 1024.0;
    format!("{mib:.1} MiB")
}

/// What every durable step has to wait for at least: the median of so many flushes of 4 KiB.
pub(crate) fn fdatasync_p50(folder: &Path, flushes: usize) -> anyhow::Result<Duration> {
    let path = folder.join("fdatasync");
    let mut file = std::fs::File::create(&path)?;
    let mut took = Vec::new();
    for _ in 0..flushes {
        file.write_all(&[1; 4096])?;
        let began = Instant::now();
        file.sync_data()?;
        took.push(began.elapsed());
    }
    drop(file);
    std::fs::remove_file(path)?;
    Ok(Sample::new(took).p50())
}

/// Processor time that the machine's host gave to others, of all its cores since it started.
/// Zero where there is no `/proc`.
pub(crate) fn stolen() -> Duration {
    let stat = std::fs::read_to_string("/proc/stat").unwrap_or_default();
    // The first line: `cpu`, then user, nice, system, idle, iowait, irq, softirq, steal, in ticks of 10 ms.
    let ticks = stat.split_whitespace().nth(8);
    Duration::from_millis(
        ticks
            .and_then(|ticks| ticks.parse::<u64>().ok())
            .unwrap_or(0)
            * 10,
    )
}

/// The machine, in one line.
pub(crate) fn machine() -> String {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let cpus = read("/proc/cpuinfo");
    let model = cpus
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(':'))
        .map_or("an unknown processor", |(_, name)| name.trim());
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let system = read("/proc/sys/kernel/osrelease");
    let load = read("/proc/loadavg");
    let load = load.split_whitespace().next().unwrap_or("?");
    format!(
        "{cores} cores of {model}, Linux {}, load before it began {load}",
        system.trim()
    )
}
