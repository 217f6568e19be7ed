//! Keeping house, as the operator does: old requests are pruned.

use anyhow::{Context as _, ensure};
use axum::http::StatusCode;
use jiff::SignedDuration;
use prometheus_client::registry::Registry;
use serde_json::{Value, json};
use signoff_contract::{CancelBody, CorrelationId};
use signoff_core::Masker;
use signoff_engine::callback::AllowList;
use signoff_engine::metrics::Metrics;
use signoff_engine::workers::Sealer;
use signoff_engine::{
    ApiKey, Approver, Caller, Clock, ConfiguredKey, Directory, Engine, Project, Route, Scope,
    Settings, Store,
};

use crate::service::{House, SECRET};

impl House {
    /// What went on in this house so many days ago: these requests were submitted and withdrawn.
    async fn had(&self, days: i64, bodies: &[Value]) -> anyhow::Result<()> {
        let past = SignedDuration::from_hours(24 * days);
        let clock = Clock::from_fn(move || Clock::system().now() - past);
        let random = |bytes: &mut [u8]| rand::RngCore::fill_bytes(&mut rand::rng(), bytes);
        let store = Store::open(&self.folder().join("signoff.db"), clock, random)?;
        let project = Project {
            name: "default".to_owned(),
            max_pending: 1_000,
            signing_secrets: vec![signoff_contract::signature::SigningSecret::parse(SECRET)?],
        };
        let ann = Approver {
            name: "ann".to_owned(),
            roles: vec!["owner".to_owned()],
            language: None,
            identities: [].into(),
        };
        let route = Route {
            name: "default".to_owned(),
            project: "default".to_owned(),
            approvers: vec!["ann".to_owned()],
            min_approvals: 1,
            place: None,
            ttl_seconds: 3_600,
            remind_after_seconds: None,
        };
        // Ann has no chat then and is asked over the API, where everything is shown at once.
        let terminal = ConfiguredKey {
            key_sha256: ApiKey::generate(&mut rand::rng()).hash().to_hex(),
            caller: Caller {
                key: "ann-terminal".to_owned(),
                project: "default".to_owned(),
                scopes: vec![Scope::DecisionsWrite],
                approver: Some("ann".to_owned()),
                max_per_second: None,
            },
        };
        let settings = Settings {
            directory: Directory::new(vec![project], vec![route], vec![ann])?,
            masker: Masker::new(&[], &[])?,
            api_keys: vec![terminal],
            channels: Vec::new(),
            callbacks: AllowList::loopback(),
            retention_days: None,
        };
        let engine = Engine::new(store, settings, Metrics::register(&mut Registry::default()));
        let engine = engine.await?;
        let caller = Caller {
            key: "control-plane".to_owned(),
            project: "default".to_owned(),
            scopes: vec![Scope::RequestsWrite, Scope::RequestsRead],
            approver: None,
            max_per_second: None,
        };
        for body in bodies {
            engine.submit(&caller, body.to_string().as_bytes()).await?;
            let name: CorrelationId = body["correlation_id"].as_str().context("a name")?.parse()?;
            engine
                .cancel(&caller, &name, CancelBody { reason: None })
                .await?;
        }
        Sealer::new(engine).tick().await?;
        Ok(())
    }

    /// Changes the configuration for the next start.
    fn is_configured(&self, from: &str, to: &str) -> anyhow::Result<()> {
        let path = self.folder().join("signoff.toml");
        let config = std::fs::read_to_string(&path)?;
        ensure!(config.contains(from), "{config}");
        Ok(std::fs::write(path, config.replace(from, to))?)
    }

    /// A counter of `/metrics`.
    async fn counted(&self, metric: &str) -> anyhow::Result<u64> {
        let metrics = self.text("/metrics").await?;
        let line = metrics
            .lines()
            .find_map(|line| line.strip_prefix(metric)?.strip_prefix(' '));
        Ok(line.with_context(|| format!("no {metric}"))?.parse()?)
    }
}

/// An approval without a callback.
fn quiet(name: &str) -> Value {
    json!({
        "correlation_id": name,
        "kind": "approval",
        "title": format!("Deploy {name}"),
        "risk": "low",
        "action": { "tool": "k8s.deploy", "arguments": { "release": name } },
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn old_requests_are_pruned_while_the_service_runs_and_the_audit_verifies()
-> anyhow::Result<()> {
    let mut house = House::start().await?;
    house.is_killed().await?;
    let old: Vec<Value> = (0..120).map(|n| quiet(&format!("old-{n}"))).collect();
    house.had(31, &old).await?;
    house.had(29, &[quiet("young")]).await?;
    house.is_configured("[store]", "[store]\nretention_days = 30")?;
    house.starts().await?;
    house
        .until("all that is old was pruned", async |house: &House| {
            Ok(house.counted("signoff_requests_pruned_total").await? == 120)
        })
        .await?;
    let (status, problem) = house.submits(&old[7]).await?;
    ensure!(
        status == StatusCode::GONE && problem["code"] == "request_pruned",
        "{problem}"
    );
    let young = house.request("young").await?;
    ensure!(young["status"] == "cancelled", "{young}");
    let list = house.get("/v1/requests?limit=50").await?;
    ensure!(list["items"].as_array().map(Vec::len) == Some(1), "{list}");
    let events = house.get("/v1/requests/old-7/events").await?;
    ensure!(events.to_string().contains("request.pruned"), "{events}");
    // It goes on as before.
    house.asks(&house.approval("new")).await?;
    let approve = json!({ "decision": "approve" });
    let (status, decided) = house.posts("new", "decision", &approve).await?;
    ensure!(status == StatusCode::OK, "{decided}");
    ensure!(house.outcome("new").await?["status"] == "approved");
    house.audit_verifies().await?;
    ensure!(
        house.log().contains("store.retention_days"),
        "{}",
        house.log()
    );
    Ok(())
}
