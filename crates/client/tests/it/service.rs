// A real service on loopback, in this process, for the tests and for the examples of the documentation (which
// include this file). Ann, who has no chat, decides through the API.

use std::sync::Arc;

use futures_util::StreamExt as _;
use prometheus_client::registry::Registry;
use signoff_client::{Client, Decision, DecisionBody, SigningSecret};
use signoff_core::Masker;
use signoff_engine::callback::AllowList;
use signoff_engine::keys::ConfiguredKey;
use signoff_engine::metrics::Metrics;
use signoff_engine::{
    ApiKey, Approver, Caller, Clock, Directory, Engine, Project, Route, Scope, Settings, Store,
    workers,
};
use signoff_server::{ServerOptions, router, serve};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// What signs the service's callbacks.
pub(crate) const SECRET: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";

/// A running service; it stops when this is dropped.
pub(crate) struct Service {
    /// Where it is.
    pub(crate) url: String,
    /// The key of a control plane.
    pub(crate) key: String,
    ann: Client,
    /// Cancelled, everything stops.
    stop: CancellationToken,
    folder: Option<tempfile::TempDir>,
}

impl Drop for Service {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Service {
    pub(crate) async fn start() -> anyhow::Result<Self> {
        Self::start_at("127.0.0.1:0", tempfile::tempdir()?).await
    }

    /// The service stops, and another begins on the same database and address.
    pub(crate) async fn restarts(mut self, while_away: impl AsyncFnOnce()) -> anyhow::Result<Self> {
        let address = self.url.trim_start_matches("http://").to_owned();
        self.stop.cancel();
        let folder = self.folder.take().expect("it keeps its folder until now");
        drop(self);
        while_away().await;
        loop {
            // The one before lets go of its lock and its port when its last task has ended.
            let database = folder.path().join("signoff.db");
            let free = TcpListener::bind(&address).await.is_ok()
                && open(&database).is_ok_and(|store| store.lock_for_service().is_ok());
            if free {
                return Self::start_at(&address, folder).await;
            }
            tokio::task::yield_now().await;
        }
    }

    async fn start_at(address: &str, folder: tempfile::TempDir) -> anyhow::Result<Self> {
        let store = open(&folder.path().join("signoff.db"))?;
        store.lock_for_service()?;
        let (plane, plane_key) = key("plane", &[Scope::RequestsWrite, Scope::RequestsRead], None)?;
        let scopes = [Scope::DecisionsWrite, Scope::RequestsRead];
        let (ann, ann_key) = key("ann", &scopes, Some("ann"))?;
        let settings = Settings {
            directory: directory()?,
            masker: Masker::default(),
            api_keys: vec![plane, ann],
            channels: Vec::new(),
            callbacks: AllowList::loopback(),
            retention_days: None,
        };
        let mut registry = Registry::default();
        let metrics = Metrics::register(&mut registry);
        let engine = Engine::new(store, settings, metrics).await?;
        let stop = CancellationToken::new();
        let working = workers::run(Arc::clone(&engine), Vec::new(), stop.clone());
        let options = ServerOptions {
            shutdown: stop.clone(),
            registry,
            ..ServerOptions::default()
        };
        let listener = TcpListener::bind(address).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let serving = serve(
            listener,
            router(engine, options),
            stop.clone(),
            std::time::Duration::from_secs(5),
        );
        tokio::spawn(async move {
            let (worked, _) = tokio::join!(working, serving);
            worked.expect("the workers run");
        });
        Ok(Self {
            ann: Client::new(&url, &ann_key)?,
            url,
            key: plane_key,
            stop,
            folder: Some(folder),
        })
    }

    /// A client with the control plane's key.
    pub(crate) fn client(&self) -> Client {
        Client::new(&self.url, &self.key).expect("it has a key")
    }

    /// Ann decides whatever is asked from now on: `approve`, `deny` or an option's id.
    pub(crate) fn ann_will(&self, decision: &'static str) {
        let ann = self.ann.clone();
        tokio::spawn(async move {
            let mut events = std::pin::pin!(ann.events(None));
            while let Some(Ok(event)) = events.next().await {
                if let ("approval.requested", Some(id)) =
                    (&*event.event_type, &event.correlation_id)
                {
                    ann.decide(id.as_str(), &says(decision))
                        .await
                        .expect("it counts");
                }
            }
        });
    }

    /// Ann decides this one now.
    pub(crate) async fn ann_decides(&self, id: &str, decision: &str) {
        self.ann
            .decide(id, &says(decision))
            .await
            .expect("it counts");
    }
}

fn open(path: &std::path::Path) -> Result<Store, signoff_engine::StoreError> {
    // Not for secrets: the service of a test lives for a second.
    let mut next = 0_u8;
    let random = move |bytes: &mut [u8]| {
        for byte in bytes {
            next = next.wrapping_add(41);
            *byte = next;
        }
    };
    Store::open(path, Clock::system(), random)
}

fn says(decision: &str) -> DecisionBody {
    let (decision, option_id) = match decision {
        "approve" => (Decision::Approve, None),
        "deny" => (Decision::Deny, None),
        option => (Decision::Answer, Some(option.to_owned())),
    };
    DecisionBody {
        decision,
        option_id,
        text: None,
        reason: None,
    }
}

fn key(
    name: &str,
    scopes: &[Scope],
    approver: Option<&str>,
) -> anyhow::Result<(ConfiguredKey, String)> {
    let text = format!("sgn_{name:_<43}");
    let key: ApiKey = text.parse()?;
    let configured = ConfiguredKey {
        key_sha256: key.hash().to_hex(),
        caller: Caller {
            key: name.to_owned(),
            project: "default".to_owned(),
            scopes: scopes.to_vec(),
            approver: approver.map(str::to_owned),
            max_per_second: None,
        },
    };
    Ok((configured, text))
}

fn directory() -> anyhow::Result<Directory> {
    let project = Project {
        name: "default".to_owned(),
        max_pending: 100,
        signing_secrets: vec![SigningSecret::parse(SECRET)?],
    };
    let route = Route {
        name: "default".to_owned(),
        project: "default".to_owned(),
        approvers: vec!["ann".to_owned()],
        min_approvals: 1,
        channels: None,
        places: Vec::new(),
        ttl_seconds: 3_600,
        remind_after_seconds: None,
    };
    let ann = Approver {
        name: "ann".to_owned(),
        roles: vec!["owner".to_owned()],
        language: None,
        identities: [].into(),
    };
    Ok(Directory::new(vec![project], vec![route], vec![ann])?)
}
