//! Another installation with the same bot, which knows nothing of the first one's requests.

use signoff_engine::{ChannelStore, Store};
use signoff_telegram::{CHANNEL, HealthReport, Metrics, Telegram};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{World, folder, restart, samples};

/// Runs until it is dropped.
pub(crate) struct Rival {
    telegram: Telegram,
    task: JoinHandle<()>,
    _folder: TempDir,
}

impl World {
    /// Starts another installation with this world's bot and people, and a store of its own.
    pub(crate) async fn rival(&self) -> Rival {
        let folder = folder(self.options.fast);
        let random = |bytes: &mut [u8]| rand::RngCore::fill_bytes(&mut rand::rng(), bytes);
        let clock = self.store.clock().clone();
        let store = Store::open(&folder.path().join("rival.db"), clock, random).expect("a store");
        let directory =
            samples::directory(&self.options, self.ops.id(), self.forum.id(), self.topic);
        let engine = restart::engine(&store, directory).await;
        let telegram = Telegram::connect(
            self.config("rival"),
            engine,
            ChannelStore::new(store, CHANNEL),
            self.options.limits,
            Metrics::default(),
        )
        .expect("a channel");
        let running = telegram.clone();
        let task = tokio::spawn(async move {
            let run = running.run(CancellationToken::new());
            run.await.expect("the channel runs");
        });
        Rival {
            telegram,
            task,
            _folder: folder,
        }
    }
}

impl Rival {
    pub(crate) fn health(&self) -> HealthReport {
        self.telegram.health()
    }

    /// Stops it, without letting it finish anything.
    pub(crate) async fn goes(&mut self) {
        self.task.abort();
        let _ = (&mut self.task).await;
    }
}

impl Drop for Rival {
    fn drop(&mut self) {
        self.task.abort();
    }
}
