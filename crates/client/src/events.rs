//! Following a project: server-sent events, resumed where they broke off.

use eventsource_stream::{Event, EventStreamError, Eventsource as _};
use futures_util::stream::{self, BoxStream};
use futures_util::{Stream, StreamExt as _};
use reqwest::{Method, Response};
use signoff_contract::EventResource;
use std::time::Duration;

use crate::client::PAUSE;
use crate::{Client, Error};

/// A quiet stream carries a comment every few seconds; one that says nothing for so long is dead.
const SILENCE: Duration = Duration::from_mins(2);

/// An open stream, read up to here.
type Open = BoxStream<'static, Result<Event, EventStreamError<reqwest::Error>>>;

/// Where following stands.
struct Following {
    client: Client,
    /// The last event that was given.
    after: Option<u64>,
    open: Option<Open>,
    /// Whether the last thing given was that the service is away.
    away: bool,
}

impl Client {
    /// Everything that happens in the project, in its one order, from the event after `after`
    /// ([`EventResource::seq`]) or from the first; then what comes. It never ends by itself.
    ///
    /// A stream that breaks off is resumed, and nothing is lost or given twice. A service that is away gives
    /// one error and is tried again; an error that will not pass is the last thing given.
    ///
    /// ```
    /// # mod service { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/service.rs")); }
    /// # use service::Service;
    /// use futures_util::StreamExt as _;
    /// use signoff_client::{Ask, Client};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> anyhow::Result<()> {
    /// # let service = Service::start().await?;
    /// # let client = Client::new(&service.url, &service.key)?;
    /// # let ask = Ask::approval("a", "Deploy", "deploy", serde_json::json!({}));
    /// # client.submit(&ask).await?;
    /// let mut events = std::pin::pin!(client.events(None));
    /// while let Some(event) = events.next().await {
    ///     let event = event?;
    ///     println!("{} {}", event.at, event.event_type);
    ///     if event.event_type == "approval.requested" {
    ///         break;
    ///     }
    /// }
    /// # Ok(()) }
    /// ```
    pub fn events(
        &self,
        after: Option<u64>,
    ) -> impl Stream<Item = Result<EventResource, Error>> + Send + use<> {
        let following = Following {
            client: self.clone(),
            after,
            open: None,
            away: false,
        };
        stream::unfold(Some(following), |following| async move {
            let mut following = following?;
            let next = following.next().await;
            let over = matches!(&next, Err(error) if !error.is_passing());
            Some((next, (!over).then_some(following)))
        })
    }
}

impl Following {
    /// The next event, or why there is none.
    async fn next(&mut self) -> Result<EventResource, Error> {
        loop {
            if self.away {
                tokio::time::sleep(PAUSE).await;
            }
            let open = match &mut self.open {
                Some(open) => open,
                none => match self.client.follow(self.after).await {
                    Ok(open) => none.insert(open),
                    Err(error) if error.is_passing() && self.away => continue,
                    Err(error) => {
                        self.away = true;
                        return Err(error);
                    }
                },
            };
            match tokio::time::timeout(SILENCE, open.next()).await {
                Ok(Some(Ok(event))) => {
                    self.away = false;
                    let event: EventResource = serde_json::from_str(&event.data)
                        .map_err(|source| self.client.unreadable(source))?;
                    self.after = event.seq;
                    return Ok(event);
                }
                Ok(Some(Err(EventStreamError::Transport(_))) | None) | Err(_) => {
                    self.open = None;
                    // Whoever breaks every stream off at once must not be asked without end.
                    tokio::time::sleep(PAUSE).await;
                }
                Ok(Some(Err(error))) => {
                    return Err(self.client.unreadable(error.to_string()));
                }
            }
        }
    }
}

impl Client {
    async fn follow(&self, after: Option<u64>) -> Result<Open, Error> {
        let mut call = self
            .call(Method::GET, &["events"])
            // A stream lasts; what is bounded is its silence.
            .timeout(Duration::from_hours(24));
        if let Some(after) = after {
            call = call.header("last-event-id", after);
        }
        let response = self.send(call).await?;
        Ok(chunks(response).eventsource().boxed())
    }
}

fn chunks(response: Response) -> impl Stream<Item = Result<Vec<u8>, reqwest::Error>> {
    stream::unfold(response, |mut response| async move {
        let chunk = response.chunk().await.transpose()?;
        Some((chunk.map(|chunk| chunk.to_vec()), response))
    })
}
