//! The demo's installation: simulated Telegram, people, and a service over an ordinary
//! configuration file, which is written into the demo's folder.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use signoff_engine::ApiKey;
use signoff_telegram_sim::{Sim, SimOptions};

use super::control_plane::ControlPlane;
use crate::config::{Log, Source, check, load};
use crate::service::Service;
use signoff_client::Client;

/// Telegram's ids of the people.
const ANN: i64 = 1_001;
const BEN: i64 = 1_002;

/// Everything that runs, but the control plane.
pub(super) struct House {
    /// Telegram.
    pub(super) simulator: Sim,
    /// Signoff.
    pub(super) service: Service,
    /// The control plane's way to it.
    pub(super) client: Client,
    /// A key for the visitor.
    pub(super) visitors_key: ApiKey,
    /// How the log is.
    pub(super) log: Log,
    /// What voice notes are heard with.
    pub(super) model: Option<PathBuf>,
}

impl House {
    /// Builds it in this folder, with ports from this one on.
    pub(super) async fn build(
        port: u16,
        folder: &Path,
        control_plane: &ControlPlane,
        model: Option<PathBuf>,
    ) -> anyhow::Result<Self> {
        let simulator = simulator(super::nth(port, 1)).await?;
        let ann = simulator.new_person("Ann").id(ANN).username("ann").create();
        let ben = simulator.new_person("Ben").id(BEN).username("ben").create();
        // The bot may write only to those who have pressed Start.
        ann.starts();
        ben.starts();
        let group = simulator
            .group("Release crew", &[&ann, &ben])
            .supergroup()
            .create();

        let (own_key, visitors_key) = (
            ApiKey::generate(&mut rand::rng()),
            ApiKey::generate(&mut rand::rng()),
        );
        let listen = super::control_plane::free_port(port)
            .await
            .context("there is no free port for the service")?;
        let config = configuration(&Parts {
            listen,
            api_url: &simulator.api_url(),
            token: simulator.bot_token(),
            group: group.id(),
            signing_secret: control_plane.signing_secret(),
            keys: [("control-plane", &own_key), ("visitor", &visitors_key)],
            database: &folder.join("signoff.db"),
            model: model.as_deref(),
        })?;
        let file = folder.join("signoff.toml");
        fs::write(&file, config)
            .with_context(|| format!("{} cannot be written", file.display()))?;
        let checked = check(&load(&Source {
            file: Some(file),
            variables: Vec::new(),
        })?)?;
        let log = checked.settings.log.clone();
        let service = Service::prepare(checked.settings).await?;
        let client = Client::new(&format!("http://{}", service.address()), own_key.reveal())?;
        Ok(Self {
            simulator,
            service,
            client,
            visitors_key,
            log,
            model,
        })
    }
}

async fn simulator(port: u16) -> anyhow::Result<Sim> {
    let options = SimOptions {
        port,
        ..SimOptions::default()
    };
    if let Ok(simulator) = Sim::start(options.clone()).await {
        return Ok(simulator);
    }
    let anywhere = SimOptions { port: 0, ..options };
    Sim::start(anywhere)
        .await
        .context("the simulated Telegram cannot start")
}

/// What the configuration is made of.
struct Parts<'a> {
    listen: u16,
    api_url: &'a str,
    token: &'a str,
    group: i64,
    signing_secret: &'a str,
    keys: [(&'static str, &'a ApiKey); 2],
    database: &'a Path,
    model: Option<&'a Path>,
}

fn configuration(parts: &Parts<'_>) -> anyhow::Result<String> {
    let database = parts
        .database
        .to_str()
        .context("the demo's folder has a name that is no text")?;
    let model = parts.model.map(|model| {
        let whole = std::path::absolute(model);
        let whole = whole.context("the model cannot be found")?;
        let text = whole.to_str().map(str::to_owned);
        text.context("the model has a name that is no text")
    });
    let model = model.transpose()?;
    let text = |text: &str| serde_json::Value::from(text).to_string();
    let keys = parts.keys.map(|(name, key)| {
        format!(
            "\n[[api_keys]]\nname = \"{name}\"\nkey_sha256 = \"{}\"\n\
             scopes = [\"requests:write\", \"requests:read\"]\n",
            key.hash().to_hex()
        )
    });
    let speech = model.map(|model| format!("\n[speech]\nmodel = {}\n", text(&model)));
    Ok(format!(
        "# Written by `signoff demo`. Nothing in it leads off this machine.\n\
         [server]\nlisten = \"127.0.0.1:{listen}\"\nshutdown_timeout_seconds = 5\n\n\
         [store]\nurl = {database}\n\n\
         [callbacks]\nsigning_secrets = [\"{secret}\"]\n\n\
         [telegram]\napi_url = \"{api_url}\"\ntoken = \"{token}\"\n\n\
         [log]\nlevel = \"warn\"\n\n\
         [[approvers]]\nname = \"ann\"\nlanguage = \"en\"\nidentities = {{ telegram = \"{ANN}\" }}\n\n\
         [[approvers]]\nname = \"ben\"\nlanguage = \"en\"\nidentities = {{ telegram = \"{BEN}\" }}\n\n\
         [[routes]]\nname = \"default\"\napprovers = [\"ann\"]\n\n\
         [[routes]]\nname = \"crew\"\napprovers = [\"ann\", \"ben\"]\ntelegram_chat_id = {group}\n\n\
         [[routes]]\nname = \"two-people\"\napprovers = [\"ann\", \"ben\"]\nmin_approvals = 2\n{speech}{keys}",
        listen = parts.listen,
        database = text(&format!("sqlite:{database}")),
        secret = parts.signing_secret,
        api_url = parts.api_url,
        token = parts.token,
        group = parts.group,
        speech = speech.unwrap_or_default(),
        keys = keys.concat(),
    ))
}
