//! The listening socket, and connections that a fault can cut in the middle.

use std::collections::HashSet;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Lets a handler cut its own connection: the next write fails, so that the client sees a reset and no answer.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cut(Arc<AtomicBool>);

impl Cut {
    /// Cuts the connection before anything else is written.
    pub(crate) fn cut(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    fn is_cut(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

/// The connections that are open, by who opened them. Clones are the same.
#[derive(Debug, Clone, Default)]
pub(crate) struct Connections(Arc<watch::Sender<HashSet<SocketAddr>>>);

impl Connections {
    /// Waits until everybody else has hung up, and everything that they had sent was served.
    pub(crate) async fn wait_until_hung_up(&self, port: u16) -> io::Result<()> {
        // Connections are accepted in their order: once this one is, no older one is overlooked.
        let own = TcpStream::connect(("127.0.0.1", port)).await?;
        let address = own.local_addr()?;
        let mut open = self.0.subscribe();
        let gone = |_| io::Error::from(io::ErrorKind::ConnectionAborted);
        open.wait_for(|open| open.contains(&address))
            .await
            .map_err(gone)?;
        open.wait_for(|open| open.iter().all(|other| *other == address))
            .await
            .map_err(gone)?;
        Ok(())
    }
}

/// A listener whose connections can be cut.
#[derive(Debug)]
pub(crate) struct CuttableListener {
    pub(crate) listener: TcpListener,
    pub(crate) connections: Connections,
}

/// One connection.
#[derive(Debug)]
pub(crate) struct CuttableStream {
    stream: TcpStream,
    cut: Cut,
    _open: Open,
}

/// Takes a connection off the list when it ends.
#[derive(Debug)]
struct Open {
    address: SocketAddr,
    connections: Connections,
}

impl Open {
    fn new(address: SocketAddr, connections: &Connections) -> Self {
        connections.0.send_modify(|open| {
            open.insert(address);
        });
        Self {
            address,
            connections: connections.clone(),
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.connections.0.send_modify(|open| {
            open.remove(&self.address);
        });
    }
}

impl Listener for CuttableListener {
    type Io = CuttableStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            match self.listener.accept().await {
                Ok((stream, address)) => {
                    let stream = CuttableStream {
                        stream,
                        cut: Cut::default(),
                        _open: Open::new(address, &self.connections),
                    };
                    return (stream, address);
                }
                // Out of file descriptors, most likely; they come back.
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}

impl Connected<IncomingStream<'_, CuttableListener>> for Cut {
    fn connect_info(stream: IncomingStream<'_, CuttableListener>) -> Self {
        stream.io().cut.clone()
    }
}

fn reset() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionReset, "cut by a fault")
}

impl AsyncRead for CuttableStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for CuttableStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.cut.is_cut() {
            return Poll::Ready(Err(reset()));
        }
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.cut.is_cut() {
            return Poll::Ready(Err(reset()));
        }
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
