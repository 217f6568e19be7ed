//! A folder, the binary run in it, and services as child processes.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

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
pub(crate) fn ended(mut child: Child) -> Run {
    let deadline = Instant::now() + PATIENCE;
    while child.try_wait().unwrap().is_none() {
        if Instant::now() > deadline {
            child.kill().unwrap();
            panic!(
                "it did not end: {:?}",
                Run::from(child.wait_with_output().unwrap())
            );
        }
        thread::yield_now();
    }
    child.wait_with_output().unwrap().into()
}

/// A running service; killed when it is dropped.
pub(crate) struct Service {
    child: Child,
    log: Arc<Mutex<Vec<String>>>,
    reader: Option<thread::JoinHandle<()>>,
    pub(crate) url: String,
}

impl Service {
    /// Starts `signoff serve` and waits until it listens.
    pub(crate) fn start(world: &World) -> Self {
        Self::listening(world.start(&["serve"]))
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
        let log = Arc::new(Mutex::new(Vec::new()));
        let (sent, listening) = std::sync::mpsc::channel();
        let lines = Arc::clone(&log);
        let reader = thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                if let Some((_, rest)) = line.split_once("listening on ") {
                    let url = rest
                        .split_whitespace()
                        .next()
                        .unwrap()
                        .trim_end_matches('"');
                    let _ = sent.send(url.to_owned());
                }
                lines.lock().unwrap().push(line);
            }
        });
        let url = listening.recv_timeout(PATIENCE).unwrap_or_else(|_| {
            let _ = child.kill();
            panic!("it does not listen: {:?}", log.lock().unwrap())
        });
        Self {
            child,
            log,
            reader: Some(reader),
            url,
        }
    }

    /// What it has logged so far.
    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap().join("\n")
    }

    /// Waits until it has logged this.
    pub(crate) fn wait_for(&self, words: &str) {
        let deadline = Instant::now() + PATIENCE;
        while !self.log().contains(words) {
            assert!(Instant::now() < deadline, "no {words:?} in {}", self.log());
            thread::yield_now();
        }
    }

    /// Sends it a signal: `TERM`, `INT`, `STOP`.
    pub(crate) fn signal(&self, name: &str) {
        signal(&self.child, name);
    }

    /// Waits for its end: the exit code, and everything it logged.
    pub(crate) fn ended(mut self) -> (Option<i32>, String) {
        let deadline = Instant::now() + PATIENCE;
        let status = loop {
            match self.child.try_wait().unwrap() {
                Some(status) => break status,
                None if Instant::now() > deadline => panic!("it does not end: {}", self.log()),
                None => thread::yield_now(),
            }
        };
        self.reader.take().unwrap().join().unwrap();
        (status.code(), self.log())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
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
