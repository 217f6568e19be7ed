//! A phone-sized headless Chromium for the house tests, driven by chromedriver. The tests of pages live beside it.
//!
//! `CHROMEDRIVER` and `CHROMIUM` name other programs than those on `PATH`.

use std::env;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};
use fantoccini::elements::Element;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

/// The window, in CSS pixels: a common phone.
pub(crate) const WIDTH: u32 = 390;
pub(crate) const HEIGHT: u32 = 844;

/// How long the programs may take to start on a busy machine with two cores.
const START: Duration = Duration::from_mins(1);
/// How long a page may take to show what a test waits for.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often a condition is looked at.
const LOOK: Duration = Duration::from_millis(25);

/// One browser with one window. Dropping it ends chromedriver and Chromium.
pub(crate) struct Browser {
    client: Client,
    driver: Driver,
}

impl Browser {
    /// Starts a browser and opens the address.
    pub(crate) async fn open(url: &str) -> Result<Self> {
        Self::open_with(url, &[]).await
    }

    /// The same browser with a microphone, which nobody has to allow and in which it beeps.
    pub(crate) async fn open_with_microphone(url: &str) -> Result<Self> {
        let microphone = [
            "--use-fake-device-for-media-stream",
            "--use-fake-ui-for-media-stream",
        ];
        Self::open_with(url, &microphone).await
    }

    /// The same, and what is spoken into the microphone is in this Wave file.
    pub(crate) async fn open_that_hears(url: &str, recording: &Path) -> Result<Self> {
        // Once, from when the microphone is opened; and Chromium opens no path that goes up.
        let recording = recording.canonicalize()?;
        let recording = recording.display();
        let recording = format!("--use-file-for-fake-audio-capture={recording}%noloop");
        let microphone = [
            "--use-fake-device-for-media-stream",
            "--use-fake-ui-for-media-stream",
            &recording,
        ];
        Self::open_with(url, &microphone).await
    }

    async fn open_with(url: &str, flags: &[&str]) -> Result<Self> {
        let driver = Driver::start().await?;
        let client = timeout(START, driver.connect(flags))
            .await
            .context("Chromium did not start in time")??;
        let browser = Self { client, driver };
        browser
            .client
            .goto(url)
            .await
            .with_context(|| format!("cannot open {url}"))?;
        Ok(browser)
    }

    /// Waits until an element that matches the CSS selector is to be seen and its text contains `text`.
    pub(crate) async fn sees_text(&self, css: &str, text: &str) -> Result<Element> {
        self.wait_for(&format!("`{css}` with the text {text:?}"), async || {
            for element in self.client.find_all(Locator::Css(css)).await? {
                // An element that the page replaced between two questions is not there; the next look finds its heir.
                let shown = element.is_displayed().await.unwrap_or(false);
                if shown && element.text().await.is_ok_and(|found| found.contains(text)) {
                    return Ok(Some(element));
                }
            }
            Ok(None)
        })
        .await
    }

    /// Waits for the element, then taps it.
    pub(crate) async fn taps(&self, css: &str) -> Result<()> {
        self.sees_text(css, "")
            .await?
            .click()
            .await
            .with_context(|| format!("cannot tap `{css}`"))
    }

    /// Waits until no element that matches the CSS selector is to be seen.
    pub(crate) async fn no_longer_sees(&self, css: &str) -> Result<()> {
        self.wait_for(&format!("the end of `{css}`"), async || {
            for element in self.client.find_all(Locator::Css(css)).await? {
                if element.is_displayed().await.unwrap_or(false) {
                    return Ok(None);
                }
            }
            Ok(Some(()))
        })
        .await
    }

    /// Looks until the condition gives something; the error says what was waited for and what the page shows instead.
    pub(crate) async fn wait_for<T>(
        &self,
        what: &str,
        condition: impl AsyncFn() -> Result<Option<T>>,
    ) -> Result<T> {
        let deadline = Instant::now() + PATIENCE;
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while Instant::now() < deadline {
            look.tick().await;
            if let Some(found) = condition().await? {
                return Ok(found);
            }
        }
        let shown = self.script("return document.body.innerText").await?;
        bail!(
            "waited {} s for {what}; the page shows:\n{}",
            PATIENCE.as_secs(),
            shown.as_str().unwrap_or_default()
        )
    }

    /// Gives the page's field for files this one.
    pub(crate) async fn chooses_file(&self, css: &str, file: &Path) -> Result<()> {
        let field = self.client.find(Locator::Css(css)).await?;
        Ok(field.send_keys(&file.display().to_string()).await?)
    }

    /// Runs JavaScript in the page and gives what it returns.
    pub(crate) async fn script(&self, script: &str) -> Result<Value> {
        Ok(self.client.execute(script, Vec::new()).await?)
    }
}

/// A running chromedriver, and the profile of the browser that it starts.
struct Driver {
    process: Child,
    port: u16,
    profile: TempDir,
}

impl Driver {
    async fn start() -> Result<Self> {
        let program = env::var("CHROMEDRIVER").unwrap_or_else(|_| "chromedriver".to_owned());
        let profile = tempfile::tempdir()?;
        let mut process = Command::new(&program)
            .arg("--port=0")
            .arg(format!("--log-path={}", log(profile.path())))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| {
                format!(
                    "cannot run {program}. Install it (apt-get install chromium chromium-driver) or name it in CHROMEDRIVER"
                )
            })?;
        let output = process
            .stdout
            .take()
            .context("chromedriver has no output")?;
        let mut driver = Self {
            process,
            port: 0,
            profile,
        };

        // chromedriver takes a free port and says which. The thread ends when chromedriver does.
        let (found, port) = oneshot::channel();
        thread::spawn(move || {
            let mut found = Some(found);
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if let Some(port) = port_in(&line)
                    && let Some(found) = found.take()
                {
                    let _ = found.send(port);
                }
            }
        });
        driver.port = timeout(START, port)
            .await
            .context("chromedriver did not start in time")?
            .map_err(|_| {
                anyhow!(
                    "chromedriver ended before it named its port:\n{}",
                    driver.log_tail()
                )
            })?;
        Ok(driver)
    }

    async fn connect(&self, more: &[&str]) -> Result<Client> {
        let flags = [
            "--headless",
            // Root, as in CI's containers, cannot use the sandbox; the pages are our own, on loopback.
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            // What would talk to the world outside.
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ];
        let flags = flags.iter().chain(more);
        let mut flags: Vec<String> = flags.map(|flag| (*flag).to_owned()).collect();
        flags.push(format!(
            "--user-data-dir={}",
            self.profile.path().join("profile").display()
        ));
        let mut options = json!({
            "args": flags,
            // Headless windows have a least width; emulation gives the page the phone's.
            "mobileEmulation": { "deviceMetrics": { "width": WIDTH, "height": HEIGHT, "pixelRatio": 2.0, "touch": true } },
        });
        if let Ok(chromium) = env::var("CHROMIUM") {
            options["binary"] = chromium.into();
        }
        let mut wanted = serde_json::Map::new();
        wanted.insert("browserName".to_owned(), "chrome".into());
        wanted.insert("goog:chromeOptions".to_owned(), options);
        ClientBuilder::new(HttpConnector::new())
            .capabilities(wanted)
            .connect(&format!("http://127.0.0.1:{}", self.port))
            .await
            .context("Chromium did not start. Is it installed (apt-get install chromium), or named in CHROMIUM?")
    }

    /// The last lines of chromedriver's log.
    fn log_tail(&self) -> String {
        let log = fs::read_to_string(log(self.profile.path())).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }

    /// Asks chromedriver to quit its browser and end. The answer comes when the browser is gone.
    fn shut_down(&self) -> Result<()> {
        let wait = Duration::from_secs(10);
        let mut stream =
            TcpStream::connect_timeout(&SocketAddr::from((Ipv4Addr::LOCALHOST, self.port)), wait)?;
        stream.set_read_timeout(Some(wait))?;
        write!(
            stream,
            "GET /shutdown HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\n\r\n",
            self.port
        )?;
        stream.read_to_end(&mut Vec::new())?;
        Ok(())
    }

    /// Kills what still runs on this browser's profile: a browser outlives a chromedriver that was killed.
    fn kill_the_rest(&self) {
        for process in processes_with(&self.profile.path().display().to_string()) {
            let _ = Command::new("kill")
                .args(["-KILL", &process])
                .stderr(Stdio::null())
                .status();
        }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // Politely first, then surely. What fails here fails because it is over already.
        if self.port != 0 {
            let _ = self.shut_down();
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
        self.kill_the_rest();
    }
}

fn log(profile: &Path) -> String {
    profile.join("chromedriver.log").display().to_string()
}

/// The port in the line `ChromeDriver was started successfully on port 40123.`
fn port_in(line: &str) -> Option<u16> {
    line.strip_prefix("ChromeDriver was started successfully on port ")?
        .trim_end_matches('.')
        .parse()
        .ok()
}

/// The ids of the processes whose command line contains `text`. Empty where there is no `/proc`.
fn processes_with(text: &str) -> Vec<String> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    entries
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| name.bytes().all(|byte| byte.is_ascii_digit()))
        .filter(|id| {
            fs::read(format!("/proc/{id}/cmdline"))
                .is_ok_and(|line| String::from_utf8_lossy(&line).contains(text))
        })
        .collect()
}

#[tokio::test]
async fn a_browser_has_a_phones_window_and_leaves_nothing_behind() -> Result<()> {
    let browser =
        Browser::open("data:text/html,<meta name=viewport content=width=device-width><p>hello</p>")
            .await?;
    browser.sees_text("p", "hello").await?;
    assert_eq!(
        browser.script("return [innerWidth, innerHeight]").await?,
        json!([WIDTH, HEIGHT])
    );

    let profile = browser.driver.profile.path().to_owned();
    let text = profile.display().to_string();
    assert!(
        !processes_with(&text).is_empty(),
        "the browser's processes name its profile"
    );
    drop(browser);
    assert_eq!(processes_with(&text), Vec::<String>::new());
    assert!(!profile.exists());
    Ok(())
}
