//! Keeping house, as the operator does: old requests are pruned, backups made and restored.

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
            channels: None,
            places: Vec::new(),
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
async fn a_backup_under_load_starts_elsewhere_and_misses_nothing_older() -> anyhow::Result<()> {
    let mut house = House::start().await?;
    let approve = json!({ "decision": "approve" });
    let mut before = Vec::new();
    for number in 0..40 {
        let name = format!("before-{number}");
        house.asks(&house.approval(&name)).await?;
        if number % 2 == 0 {
            let (status, decided) = house.posts(&name, "decision", &approve).await?;
            ensure!(status == StatusCode::OK, "{decided}");
        }
        before.push(name);
    }
    house.receiver.got(20).await?;
    let copy = house.folder().join("copy.db");
    let copy_text = copy.display().to_string();
    // Submits and decisions go on for as long as the backup takes, and a little longer.
    let (done, mut meanwhile) = (tokio_util::sync::CancellationToken::new(), 0);
    let load = async {
        loop {
            let name = format!("meanwhile-{meanwhile}");
            house.asks(&house.approval(&name)).await?;
            house.posts(&name, "decision", &approve).await?;
            meanwhile += 1;
            if done.is_cancelled() && meanwhile > 20 {
                return anyhow::Ok(());
            }
        }
    };
    let backup = async {
        let output = house.runs(&["backup", &copy_text, "--json"]).await;
        done.cancel();
        output
    };
    let (load, backup) = tokio::join!(load, backup);
    load?;
    let backup = backup?;
    ensure!(backup.status.success(), "{backup:?}");
    let said: Value = serde_json::from_slice(&backup.stdout)?;
    let held = said["contents"]["requests"].as_u64().context("a count")?;
    ensure!(held >= 40, "{said}");
    let now: Vec<Value> = {
        let mut now = Vec::new();
        for name in &before {
            now.push(house.request(name).await?);
        }
        now
    };

    house.is_killed().await?;
    let folder = house.folder().join("restored");
    std::fs::create_dir(&folder)?;
    std::fs::copy(&copy, folder.join("signoff.db"))?;
    house.is_configured("/signoff.db\"", "/restored/signoff.db\"")?;
    house.starts().await?;
    for (name, then) in before.iter().zip(&now) {
        let restored = house.request(name).await?;
        for part in ["id", "status", "outcome", "intent_digest", "created_at"] {
            ensure!(
                restored[part] == then[part],
                "{name}: {restored} was {then}"
            );
        }
        // A retry of an old submit is still known.
        let (status, replayed) = house.submits(&house.approval(name)).await?;
        ensure!(status == StatusCode::OK, "{replayed}");
    }
    let mut kept = 0;
    for number in 0..meanwhile {
        let (status, _) = house
            .submits(&house.approval(&format!("meanwhile-{number}")))
            .await?;
        kept += u64::from(status == StatusCode::OK);
    }
    ensure!(
        40 + kept == held,
        "{kept} of those meanwhile, {held} in all"
    );
    // Whatever callback is sent again is the one that was sent.
    house.posts("before-1", "decision", &approve).await?;
    ensure!(house.outcome("before-1").await?["status"] == "approved");
    house.audit_verifies().await?;
    let mut bodies = std::collections::HashMap::new();
    for got in house.receiver.so_far() {
        let first = bodies
            .entry(got.id.clone())
            .or_insert_with(|| got.body.clone());
        ensure!(*first == got.body, "one id, two bodies");
    }
    Ok(())
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
