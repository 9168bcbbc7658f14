//! Starts a server again when it dies, later each time it dies soon; the daemon stays.

use std::process::ExitStatus;
use std::time::Duration;

use embedded::{Postgres, PostgresOptions, Sidecar, SidecarOptions, Traefik, TraefikOptions};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

const FIRST_DELAY: Duration = Duration::from_millis(500);
const LONGEST_DELAY: Duration = Duration::from_secs(30);
/// Whoever ran so long has recovered.
const STEADY: Duration = Duration::from_secs(60);

/// A child that is a server.
pub(super) trait Server: Sized + Send {
    type Options: Clone + Send + Sync;
    const NAME: &'static str;

    fn start(options: Self::Options) -> impl Future<Output = anyhow::Result<Self>> + Send;
    fn wait(&mut self) -> impl Future<Output = anyhow::Result<ExitStatus>> + Send;
    fn stop(self) -> impl Future<Output = anyhow::Result<()>> + Send;
}

/// Watches until `stop`, then ends the server.
pub(super) async fn supervise<S: Server>(
    mut server: S,
    options: S::Options,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let mut delay = FIRST_DELAY;
    loop {
        let began = Instant::now();
        let status = tokio::select! {
            status = server.wait() => status?,
            () = stop.cancelled() => return server.stop().await,
        };
        // Gives its folder up.
        drop(server);
        if began.elapsed() > STEADY {
            delay = FIRST_DELAY;
        }
        tracing::warn!(server = S::NAME, %status, "it has ended by itself, starting it again");
        let Some(again) = start_again::<S>(&options, &mut delay, &stop).await else { return Ok(()) };
        server = again;
    }
}

/// `None` if it was stopped meanwhile.
async fn start_again<S: Server>(options: &S::Options, delay: &mut Duration, stop: &CancellationToken) -> Option<S> {
    loop {
        tokio::select! {
            () = tokio::time::sleep(*delay) => {}
            () = stop.cancelled() => return None,
        }
        *delay = (*delay * 2).min(LONGEST_DELAY);
        match S::start(options.clone()).await {
            Ok(server) => return Some(server),
            Err(error) => tracing::error!(server = S::NAME, error = format!("{error:#}"), "it can't be started"),
        }
    }
}

impl Server for Postgres {
    type Options = PostgresOptions;
    const NAME: &'static str = "PostgreSQL";

    async fn start(options: PostgresOptions) -> anyhow::Result<Self> {
        Ok(Self::start(options).await?)
    }

    async fn wait(&mut self) -> anyhow::Result<ExitStatus> {
        Ok(self.wait().await?)
    }

    async fn stop(self) -> anyhow::Result<()> {
        Ok(self.stop().await?)
    }
}

impl Server for Traefik {
    type Options = TraefikOptions;
    const NAME: &'static str = "Traefik";

    async fn start(options: TraefikOptions) -> anyhow::Result<Self> {
        Ok(Self::start(options).await?)
    }

    async fn wait(&mut self) -> anyhow::Result<ExitStatus> {
        Ok(self.wait().await?)
    }

    async fn stop(self) -> anyhow::Result<()> {
        Ok(self.stop().await?)
    }
}

/// The only one there is.
impl Server for Sidecar {
    type Options = SidecarOptions;
    const NAME: &'static str = "engine view";

    async fn start(options: SidecarOptions) -> anyhow::Result<Self> {
        Ok(Self::start(options).await?)
    }

    async fn wait(&mut self) -> anyhow::Result<ExitStatus> {
        Ok(self.wait().await?)
    }

    async fn stop(self) -> anyhow::Result<()> {
        self.stop().await?;
        Ok(())
    }
}
