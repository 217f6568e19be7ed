//! One accepted connection: what hyper leaves to whoever owns the socket.
//!
//! - hyper answers what it cannot parse (no HTTP, a header too long) by itself and with an empty
//!   body, before any router. Here that answer becomes a problem document like every other.
//! - Closing a socket with unread bytes in it makes the kernel send a reset, which can destroy the
//!   answer on its way to the caller (a 413, typically). So after the last answer what still comes
//!   is read and dropped, for a second at most.
//! - A caller that does not read its answer is cut off.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use signoff_contract::problem::CONTENT_TYPE;
use signoff_contract::{Code, Problem};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};

use crate::request_id::{self, RequestIds};

/// How long, and how much, is read and dropped after the last answer.
const LINGER: Duration = Duration::from_secs(1);
const LINGER_BYTES: usize = 4 * 1024 * 1024;

/// The socket.
pub(crate) struct Connection {
    stream: TcpStream,
    ids: Arc<RequestIds>,
    /// Whether everything written so far was whole: hyper's own answer can only follow then.
    flushed: bool,
    /// The problem document that goes out in place of what hyper wrote.
    replacement: Option<Replacement>,
    /// How long the caller may leave us with bytes that it does not take.
    stall: Duration,
    stalled: Option<Pin<Box<Sleep>>>,
    lingering: Option<Lingering>,
}

struct Replacement {
    answer: Vec<u8>,
    written: usize,
    /// How many of hyper's bytes it stands for.
    instead_of: usize,
}

struct Lingering {
    until: Pin<Box<Sleep>>,
    left: usize,
}

impl Connection {
    /// Takes the socket over.
    pub(crate) fn new(stream: TcpStream, ids: Arc<RequestIds>, stall: Duration) -> Self {
        Self {
            stream,
            ids,
            flushed: true,
            replacement: None,
            stall,
            stalled: None,
            lingering: None,
        }
    }

    /// The write's result, or an error when the caller has not read for too long.
    fn unless_stalled(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let stall = self.stall;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep(stall)));
        ready!(stalled.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }

    /// Writes the replacement, if there is one to be written instead of `buf`.
    fn poll_replacement(
        &mut self,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Option<Poll<io::Result<usize>>> {
        if self.flushed && self.replacement.is_none() {
            self.replacement = own_answer(buf).map(|status| Replacement {
                answer: document(status, &self.ids),
                written: 0,
                instead_of: buf.len(),
            });
        }
        let mut replacement = self.replacement.take()?;
        while let Some(rest) = replacement.answer.get(replacement.written..)
            && !rest.is_empty()
        {
            let polled = Pin::new(&mut self.stream).poll_write(cx, rest);
            match self.unless_stalled(cx, polled) {
                Poll::Ready(Ok(0)) => {
                    return Some(Poll::Ready(Err(io::ErrorKind::WriteZero.into())));
                }
                Poll::Ready(Ok(written)) => replacement.written += written,
                Poll::Ready(Err(error)) => return Some(Poll::Ready(Err(error))),
                Poll::Pending => {
                    self.replacement = Some(replacement);
                    return Some(Poll::Pending);
                }
            }
        }
        Some(Poll::Ready(Ok(replacement.instead_of)))
    }
}

/// The status of an answer that hyper gave by itself: an error without a request's name.
fn own_answer(buf: &[u8]) -> Option<&[u8]> {
    let status = buf
        .strip_prefix(b"HTTP/1.1 ")
        .or_else(|| buf.strip_prefix(b"HTTP/1.0 "))?;
    let status = status.get(..3).filter(|status| status.starts_with(b"4"))?;
    let name = request_id::HEADER;
    let named = buf
        .windows(name.as_str().len())
        .any(|at| at == name.as_str().as_bytes());
    (!named).then_some(status)
}

/// The answer to something that is no HTTP request that we could take.
fn document(status: &[u8], ids: &RequestIds) -> Vec<u8> {
    let detail = match status {
        b"431" => "The head of the HTTP request is too long, or has too many headers.",
        b"414" => "The target of the HTTP request is too long.",
        _ => "This is not an HTTP/1.1 request.",
    };
    let id = ids.make();
    let id = id.to_str().unwrap_or_default();
    let problem = Problem::new(Code::ValidationFailed, detail).with_request_id(id);
    let status = problem.status;
    let body = serde_json::to_string(&problem).unwrap_or_default();
    let length = body.len();
    format!(
        "HTTP/1.1 {status} Bad Request\r\ncontent-type: {CONTENT_TYPE}\r\nx-request-id: {id}\r\n\
         cache-control: no-store\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

impl AsyncRead for Connection {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if let Some(polled) = this.poll_replacement(cx, buf) {
            return polled;
        }
        this.flushed = false;
        let polled = Pin::new(&mut this.stream).poll_write(cx, buf);
        this.unless_stalled(cx, polled)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let first = bufs.iter().find(|buf| !buf.is_empty());
        if let Some(polled) = first.and_then(|first| this.poll_replacement(cx, first)) {
            return polled;
        }
        this.flushed = false;
        let polled = Pin::new(&mut this.stream).poll_write_vectored(cx, bufs);
        this.unless_stalled(cx, polled)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.stream).poll_flush(cx);
        this.flushed |= polled.is_ready();
        polled
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.lingering.is_none() {
            ready!(Pin::new(&mut this.stream).poll_shutdown(cx))?;
        }
        let lingering = this.lingering.get_or_insert_with(|| Lingering {
            until: Box::pin(sleep(LINGER)),
            left: LINGER_BYTES,
        });
        let mut scratch = [0; 8 * 1024];
        loop {
            let mut buf = ReadBuf::new(&mut scratch);
            match Pin::new(&mut this.stream).poll_read(cx, &mut buf) {
                Poll::Ready(Ok(())) if !buf.filled().is_empty() && lingering.left > 0 => {
                    lingering.left = lingering.left.saturating_sub(buf.filled().len());
                }
                // The caller has gone, or sent more than anyone waits for.
                Poll::Ready(_) => return Poll::Ready(Ok(())),
                Poll::Pending => return lingering.until.as_mut().poll(cx).map(Ok),
            }
        }
    }
}
