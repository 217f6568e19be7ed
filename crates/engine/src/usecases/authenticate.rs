//! Who is calling.

use std::sync::Arc;

use crate::keys::{ApiKey, Caller};
use crate::{Engine, Error};

impl Engine {
    /// The caller with this key; `None` when no such key is in force, or its project is gone.
    pub async fn authenticate(&self, key: &ApiKey) -> Result<Option<Arc<Caller>>, Error> {
        let caller = self.keys.find(key, &self.store).await?;
        Ok(caller.filter(|caller| self.directory.project(&caller.project).is_some()))
    }
}
