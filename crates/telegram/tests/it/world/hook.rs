//! Where Telegram posts updates to, in front of a channel that takes them.

use secrecy::SecretString;
use signoff_telegram::{Telegram, Updates};
use tokio::io::BufReader;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::receiver;

const SECRET: &str = "the-secret-of-the-hook";

/// An address that listens, and takes what comes once somebody serves it.
pub(crate) struct Hook(TcpListener);

/// Serves until it is dropped.
pub(crate) struct Served(JoinHandle<()>);

impl Hook {
    pub(crate) async fn bind() -> Self {
        Self(TcpListener::bind("127.0.0.1:0").await.expect("a port"))
    }

    /// How the channel is set up for it.
    pub(crate) fn updates(&self) -> Updates {
        let at = self.0.local_addr().expect("its port");
        Updates::Webhook {
            url: format!("http://{at}/telegram").parse().expect("an address"),
            secret: SecretString::from(SECRET),
        }
    }

    /// Hands what comes to this channel.
    pub(crate) fn serves(self, telegram: Telegram) -> Served {
        Served(tokio::spawn(async move {
            while let Ok((stream, _)) = self.0.accept().await {
                // Whoever hangs up asks again.
                let _ = take(&telegram, stream).await;
            }
        }))
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn take(telegram: &Telegram, stream: TcpStream) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let (secret, body) = receiver::read(&mut stream, "X-Telegram-Bot-Api-Secret-Token").await?;
    let taken = telegram.receive_webhook(secret.as_deref(), &body).await;
    receiver::answer(&mut stream, &taken.status().to_string()).await
}
