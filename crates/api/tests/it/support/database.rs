//! The platform's database for one test, as the API and the worker see it.

use std::time::Duration;

use storage::Store;
use test_cluster::{Cluster, Platform};

use super::Superuser;

/// How long the API waits for a free connection: shorter than a request may take.
const ACQUIRE: Duration = Duration::from_secs(2);

pub(crate) struct Database {
    pub(crate) api: Store,
    pub(crate) worker: Store,
    server: Option<Cluster>,
}

impl Database {
    pub(crate) async fn start() -> Self {
        let Platform { worker, server, .. } = Platform::start().await;
        let api = server.impatient_store("platform_api", 8, ACQUIRE).await;
        Self { api, worker, server: Some(server) }
    }

    pub(crate) fn superuser(&self) -> Superuser {
        Superuser::connect(&self.server.as_ref().unwrap().superuser_url(test_cluster::DATABASE))
    }

    /// Ends the server while its stores live on.
    pub(crate) async fn stop(&mut self) {
        self.server.take().unwrap().stop().await;
    }
}
