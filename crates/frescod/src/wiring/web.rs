//! The web side: the HTTP API.

use std::sync::Arc;

use anyhow::Context;
use api::{ApiParts, ApiSettings, ApiState, Bounds, News};
use domain::app::Catalogue;
use domain::{Platform, SystemClock, SystemEntropy};
use storage::{Keyring, Store};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::parts::{self, Side};
use crate::config::Config;
use crate::lifecycle::Lifecycle;

/// What the API works with, its listener open already: clients that come early wait rather than being refused.
#[derive(Debug)]
pub(crate) struct Web {
    listener: TcpListener,
    store: Store,
    news: News,
    keyring: Keyring,
    catalogue: Catalogue,
    platform: Platform,
    settings: ApiSettings,
    bounds: Bounds,
}

impl Web {
    /// Opens the listener and connects to the platform's database, whose schema must be this program's.
    pub(crate) async fn prepare(config: &Config) -> anyhow::Result<Self> {
        let address = config.server.listen;
        let listener = TcpListener::bind(address).await.with_context(|| {
            format!("can't listen on {address}; is another frescod running? `server.listen` may name another port")
        })?;
        let web = Self {
            listener,
            keyring: parts::keyring(config)?,
            catalogue: parts::catalogue(config)?,
            platform: parts::platform(config, &parts::databases(config)?),
            store: parts::store(config, Side::Api).await?,
            news: News::default(),
            settings: settings(config),
            bounds: bounds(config),
        };
        web.store.check().await?;
        Ok(web)
    }

    /// Starts its tasks.
    pub(crate) fn start(self, lifecycle: &mut Lifecycle) {
        let (news, store) = (self.news.clone(), self.store.clone());
        lifecycle.start("news", |stop| async move {
            news.follow(&store, stop).await;
            store.close().await;
            Ok(())
        });
        lifecycle.start("api", |stop| self.run(stop));
    }

    async fn run(self, stop: CancellationToken) -> anyhow::Result<()> {
        tracing::info!(address = %self.listener.local_addr()?, "the API listens");
        let parts = ApiParts {
            store: self.store,
            news: self.news,
            catalogue: self.catalogue,
            platform: self.platform,
            keyring: self.keyring,
            clock: Arc::new(SystemClock),
            entropy: Arc::new(SystemEntropy),
            settings: self.settings,
            stop: stop.clone(),
        };
        api::serve(self.listener, api::router(ApiState::new(parts)), self.bounds, stop).await;
        Ok(())
    }
}

fn settings(config: &Config) -> ApiSettings {
    let server = &config.server;
    ApiSettings {
        status_max_age: server.status_max_age.0,
        destroy_grace: config.tenants.destroy_grace.0,
        request_timeout: server.request_timeout.0,
        longest_wait: server.wait_timeout.0,
        body_limit: usize::try_from(server.max_body.0).unwrap_or(usize::MAX),
        ..ApiSettings::new(config.tenants.default_app.clone())
    }
}

fn bounds(config: &Config) -> Bounds {
    let server = &config.server;
    // Shorter than the lifecycle's patience with the whole task.
    let drain = server.stop_timeout.0.mul_f64(0.8);
    Bounds { connections: server.max_connections, headers: server.header_timeout.0, drain }
}
