//! A receiver of callbacks that takes all of them and remembers them.

use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// One delivery.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Delivery {
    /// The `webhook-id`.
    pub(crate) id: String,
    pub(crate) body: Value,
}

/// Listens until it is dropped.
pub(crate) struct Receiver {
    url: String,
    taken: Arc<Mutex<Vec<Delivery>>>,
    task: JoinHandle<()>,
}

impl Receiver {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/hook", listener.local_addr().expect("its port"));
        let taken = Arc::<Mutex<Vec<Delivery>>>::default();
        let kept = Arc::clone(&taken);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let delivery = take(stream).await.expect("a whole delivery");
                kept.lock().unwrap().push(delivery);
            }
        });
        Self { url, taken, task }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// All deliveries so far, repeated ones too.
    pub(crate) fn deliveries(&self) -> Vec<Delivery> {
        assert!(!self.task.is_finished(), "the receiver broke");
        self.taken.lock().unwrap().clone()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Takes one delivery.
async fn take(stream: TcpStream) -> std::io::Result<Delivery> {
    let mut stream = BufReader::new(stream);
    let (id, body) = read(&mut stream, "webhook-id").await?;
    answer(&mut stream, "200 OK").await?;
    let body = serde_json::from_slice(&body)?;
    let id = id.unwrap_or_default();
    Ok(Delivery { id, body })
}

/// Reads one request: this header, and the body.
pub(super) async fn read(
    stream: &mut BufReader<TcpStream>,
    header: &str,
) -> std::io::Result<(Option<String>, Vec<u8>)> {
    let (mut found, mut length) = (None, 0);
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await?;
        match line.trim_end().split_once(": ") {
            Some((name, value)) if name.eq_ignore_ascii_case(header) => {
                found = Some(value.to_owned());
            }
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.parse().map_err(std::io::Error::other)?;
            }
            None if line.trim_end().is_empty() => break,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    Ok((found, body))
}

/// Answers with this status and nothing else.
pub(super) async fn answer(stream: &mut BufReader<TcpStream>, status: &str) -> std::io::Result<()> {
    let head = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).await
}
