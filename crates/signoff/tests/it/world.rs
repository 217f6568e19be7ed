//! A folder, the binary run in it, and services as child processes.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

/// A signing secret for tests.
pub(crate) const SIGNING_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwe1zB3v7f5X8=";

/// The smallest installation that can decide: ann, over the API.
pub(crate) const MINIMAL: &str = r#"
[server]
listen = "127.0.0.1:0"

[callbacks]
signing_secrets = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwe1zB3v7f5X8="]

[[approvers]]
name = "ann"

[[routes]]
name = "default"
approvers = ["ann"]
"#;

/// How long anything may take before the test fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A folder of one's own.
pub(crate) struct World {
    folder: TempDir,
    variables: Vec<(String, String)>,
}

/// How a run of the program ended.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl World {
    /// A folder with this configuration.
    pub(crate) fn with(config: &str) -> Self {
        let world = Self {
            folder: TempDir::new().unwrap(),
            variables: Vec::new(),
        };
        world.write("signoff.toml", config);
        world
    }

    /// A folder without a configuration.
    pub(crate) fn bare() -> Self {
        Self {
            folder: TempDir::new().unwrap(),
            variables: Vec::new(),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    }

    /// Sets a variable for what is run from now on.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    /// Runs the program to its end.
    pub(crate) fn run(&self, args: &[&str]) -> Run {
        Run::from(self.command(args).output().unwrap())
    }

    /// Runs the program to its end, which must be a success.
    pub(crate) fn ok(&self, args: &[&str]) -> Run {
        let run = self.run(args);
        assert_eq!(run.code, Some(0), "{args:?}: {run:?}");
        run
    }

    /// Starts the program.
    pub(crate) fn start(&self, args: &[&str]) -> Child {
        self.command(args).spawn().unwrap()
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_signoff"));
        command.args(args);
        self.prepare(command)
    }

    /// Gives a command the folder and the variables.
    fn prepare(&self, mut command: Command) -> Command {
        command
            .current_dir(self.folder.path())
            .env_clear()
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Makes a key and returns it.
    pub(crate) fn key(&self, args: &[&str]) -> String {
        let all: Vec<&str> = ["key", "create"].iter().chain(args).copied().collect();
        self.ok(&all).stdout.trim().to_owned()
    }

    /// A key that asks and one with which ann decides.
    pub(crate) fn keys(&self) -> (String, String) {
        let asks = self.key(&[
            "asks",
            "--scope",
            "requests:write",
            "--scope",
            "requests:read",
        ]);
        let decides = ["--scope", "decisions:write", "--scope", "requests:read"];
        let decides: Vec<&str> = ["ann-decides", "--approver", "ann"]
            .iter()
            .chain(&decides)
            .copied()
            .collect();
        (asks, self.key(&decides))
    }
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// Waits until a program has ended.
pub(crate) fn ended(child: Child) -> Run {
    let id = child.id().to_string();
    let (sent, received) = std::sync::mpsc::channel();
    thread::spawn(move || sent.send(child.wait_with_output()));
    if let Ok(output) = received.recv_timeout(PATIENCE) {
        return output.unwrap().into();
    }
    let _ = Command::new("kill").args(["-s", "KILL", &id]).status();
    panic!("it did not end: {:?}", received.recv().unwrap())
}

/// What a service has logged so far.
#[derive(Default)]
struct Log {
    lines: Mutex<Vec<String>>,
    grown: Condvar,
}

impl Log {
    fn add(&self, line: String) {
        self.lines.lock().unwrap().push(line);
        self.grown.notify_all();
    }

    fn text(&self) -> String {
        self.lines.lock().unwrap().join("\n")
    }

    /// The first line with this in it.
    fn wait_for(&self, words: &str) -> Option<String> {
        let found = |lines: &Vec<String>| lines.iter().find(|line| line.contains(words)).cloned();
        let lines = self.lines.lock().unwrap();
        let none_yet = |lines: &mut Vec<String>| found(lines).is_none();
        let (lines, _) = self
            .grown
            .wait_timeout_while(lines, PATIENCE, none_yet)
            .unwrap();
        found(&lines)
    }
}

/// A running service; killed when it is dropped.
pub(crate) struct Service {
    child: Option<Child>,
    log: Arc<Log>,
    reader: Option<thread::JoinHandle<()>>,
    pub(crate) url: String,
}

impl Service {
    /// Starts `signoff serve` and waits until it listens.
    pub(crate) fn start(world: &World) -> Self {
        Self::listening(world.start(&["serve"]))
    }

    /// The same for a service that only answers reads.
    pub(crate) fn start_read_only(world: &World) -> Self {
        Self::listening(world.start(&["serve", "--read-only"]))
    }

    /// The same, where no file can grow beyond about a megabyte: a disk that is full.
    pub(crate) fn start_on_a_small_disk(world: &World) -> Self {
        let script = format!(
            "trap '' XFSZ; ulimit -f 1500; exec {} serve",
            env!("CARGO_BIN_EXE_signoff")
        );
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", &script]);
        Self::listening(world.prepare(shell).spawn().unwrap())
    }

    fn listening(mut child: Child) -> Self {
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let log = Arc::new(Log::default());
        let lines = Arc::clone(&log);
        let reader = thread::spawn(move || {
            stderr
                .lines()
                .map_while(Result::ok)
                .for_each(|line| lines.add(line));
        });
        let Some(line) = log.wait_for("listening on ") else {
            let _ = child.kill();
            panic!("it does not listen: {}", log.text())
        };
        let (_, rest) = line.split_once("listening on ").unwrap();
        let end = rest
            .find(|c: char| c.is_whitespace() || c == '"')
            .unwrap_or(rest.len());
        Self {
            child: Some(child),
            log,
            reader: Some(reader),
            url: rest[..end].to_owned(),
        }
    }

    /// What it has logged so far.
    pub(crate) fn log(&self) -> String {
        self.log.text()
    }

    /// Waits until it has logged this.
    pub(crate) fn wait_for(&self, words: &str) {
        assert!(
            self.log.wait_for(words).is_some(),
            "no {words:?} in {}",
            self.log()
        );
    }

    /// Sends it a signal: `TERM`, `INT`, `STOP`.
    pub(crate) fn signal(&self, name: &str) {
        signal(self.child.as_ref().unwrap(), name);
    }

    /// Waits for its end: the exit code, and everything it logged.
    pub(crate) fn ended(mut self) -> (Option<i32>, String) {
        let run = ended(self.child.take().unwrap());
        self.reader.take().unwrap().join().unwrap();
        (run.code, self.log())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Sends a signal to a child.
pub(crate) fn signal(child: &Child, name: &str) {
    let id = child.id().to_string();
    let status = Command::new("kill")
        .args(["-s", name, &id])
        .status()
        .unwrap();
    assert!(status.success());
}
