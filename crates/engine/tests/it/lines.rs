//! Receivers below HTTP: bytes on a line, a line that breaks, a certificate that does not fit.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// What a receiver does on the line, once it was asked.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Line {
    /// Says this, and then nothing more; the line stays open.
    Says(&'static str),
    /// Says this, and hangs up in an orderly way.
    HangsUpAfter(&'static str),
    /// Says this, and the line breaks.
    BreaksAfter(&'static str),
    /// Says the first, and then the second again and again, so many milliseconds apart.
    Repeats(&'static str, &'static str, u64),
}

/// A receiver on loopback that treats every connection alike.
#[derive(Debug)]
pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    connections: Arc<AtomicUsize>,
    written: Arc<AtomicUsize>,
}

impl Receiver {
    pub(crate) async fn at(address: &str, line: Line) -> Self {
        Self::serve(address, None, line).await
    }

    /// One that speaks TLS with this certificate.
    pub(crate) async fn with_tls(tls: ServerConfig, line: Line) -> Self {
        Self::serve("127.0.0.1:0", Some(TlsAcceptor::from(Arc::new(tls))), line).await
    }

    async fn serve(address: &str, tls: Option<TlsAcceptor>, line: Line) -> Self {
        let listener = TcpListener::bind(address).await.expect("a port");
        let receiver = Self {
            address: listener.local_addr().expect("an address"),
            connections: Arc::default(),
            written: Arc::default(),
        };
        let (connections, written) = (receiver.connections.clone(), receiver.written.clone());
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.expect("a connection");
                connections.fetch_add(1, Ordering::SeqCst);
                let (tls, written) = (tls.clone(), written.clone());
                tokio::spawn(async move {
                    // Whoever hangs up on us has had enough.
                    let _ = match tls {
                        None => treat(stream, line, &written).await,
                        Some(tls) => match tls.accept(stream).await {
                            Ok(stream) => treat(stream, line, &written).await,
                            Err(error) => Err(error),
                        },
                    };
                });
            }
        });
        receiver
    }

    /// Where it is, by its address.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    /// How many connections were made to it.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// How many bytes it got rid of.
    pub(crate) fn written(&self) -> usize {
        self.written.load(Ordering::SeqCst)
    }
}

trait Lines: AsyncRead + AsyncWrite + Unpin + Send {
    /// What is below: closing it with something unread breaks the line.
    fn breaks(self);
}

impl Lines for TcpStream {
    fn breaks(self) {
        // No lingering: the peer gets a reset.
        let _ = self.set_zero_linger();
    }
}

impl Lines for tokio_rustls::server::TlsStream<TcpStream> {
    fn breaks(self) {
        self.into_inner().0.breaks();
    }
}

async fn treat(mut stream: impl Lines, line: Line, written: &AtomicUsize) -> io::Result<()> {
    let mut asked = [0; 4_096];
    let _ = stream.read(&mut asked).await?;
    match line {
        Line::Says(text) => {
            stream.write_all(text.as_bytes()).await?;
            stream.flush().await?;
            std::future::pending().await
        }
        Line::HangsUpAfter(text) => {
            stream.write_all(text.as_bytes()).await?;
            stream.shutdown().await
        }
        Line::BreaksAfter(text) => {
            stream.write_all(text.as_bytes()).await?;
            stream.flush().await?;
            stream.breaks();
            Ok(())
        }
        Line::Repeats(first, text, millis) => {
            stream.write_all(first.as_bytes()).await?;
            loop {
                stream.write_all(text.as_bytes()).await?;
                written.fetch_add(text.len(), Ordering::SeqCst);
                if millis > 0 {
                    tokio::time::sleep(Duration::from_millis(millis)).await;
                }
            }
        }
    }
}

/// An authority of the test, and certificates by it.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pub(crate) certificate: reqwest::Certificate,
}

impl Authority {
    pub(crate) fn named(name: &str) -> Self {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::new(Vec::new()).expect("parameters");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let certificate = params.self_signed(&key).expect("a certificate");
        let certificate = reqwest::Certificate::from_der(certificate.der()).expect("it reads");
        Self {
            issuer: Issuer::new(params, key),
            certificate,
        }
    }

    /// A certificate for this name, expired or not.
    pub(crate) fn signs(&self, name: &str, expired: bool) -> ServerConfig {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::new(vec![name.to_owned()]).expect("parameters");
        if expired {
            params.not_after = rcgen::date_time_ymd(2020, 1, 1);
        }
        let certificate = params.signed_by(&key, &self.issuer).expect("it signs");
        served(certificate.der().clone(), &key)
    }
}

/// A certificate that vouches for itself.
pub(crate) fn self_signed(name: &str) -> ServerConfig {
    let signed = rcgen::generate_simple_self_signed([name.to_owned()]).expect("a certificate");
    served(signed.cert.der().clone(), &signed.signing_key)
}

fn served(
    certificate: tokio_rustls::rustls::pki_types::CertificateDer<'static>,
    key: &KeyPair,
) -> ServerConfig {
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .expect("they fit together")
}

/// A name server that gives these answers in turn, the last one for ever.
#[derive(Debug)]
pub(crate) struct Names {
    answers: Vec<Vec<IpAddr>>,
    asked: AtomicUsize,
}

impl Names {
    pub(crate) fn answering(answers: &[&[&str]]) -> Arc<Self> {
        let address = |text: &&str| text.parse().expect("an address");
        let answers = answers
            .iter()
            .map(|answer| answer.iter().map(address).collect());
        Arc::new(Self {
            answers: answers.collect(),
            asked: AtomicUsize::new(0),
        })
    }

    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

#[async_trait::async_trait]
impl signoff_engine::callback::Lookup for Names {
    async fn lookup(&self, _: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        let turn = self.asked.fetch_add(1, Ordering::SeqCst);
        let answer = &self.answers[turn.min(self.answers.len() - 1)];
        Ok(answer.iter().map(|ip| SocketAddr::new(*ip, port)).collect())
    }
}
