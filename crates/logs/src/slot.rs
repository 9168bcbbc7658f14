//! Where the logs will be had: whoever asks is started before whoever has them.

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use domain::TenantId;

use crate::{Frames, LogPage, LogQuery, LogSource, LogsError, Watch};

/// A source that is put in later; until then nothing can be read. Clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Slot(Arc<OnceLock<Arc<dyn LogSource>>>);

impl Slot {
    /// Puts the source in; one that is there stays.
    pub fn fill(&self, source: Arc<dyn LogSource>) {
        let _there = self.0.set(source);
    }

    fn source(&self) -> Result<&Arc<dyn LogSource>, LogsError> {
        self.0.get().ok_or_else(|| LogsError::Unavailable("the container engine has not answered yet".to_owned()))
    }
}

#[async_trait]
impl LogSource for Slot {
    async fn read(&self, tenant: TenantId, query: LogQuery) -> Result<LogPage, LogsError> {
        self.source()?.read(tenant, query).await
    }

    async fn watch(&self, tenant: TenantId, watch: Watch) -> Result<Frames, LogsError> {
        self.source()?.watch(tenant, watch).await
    }
}
