//! The doorbell: PostgreSQL's NOTIFY with nothing in it.
//!
//! Any role in the database may ring it and nobody is sure to hear it, so it only wakes: who hears it looks at the rows,
//! and looks by period all the same. A doorbell is never broken for good: it connects again with back-off, and says so,
//! because what rang meanwhile was missed.

use std::time::Duration;

use futures_util::FutureExt;
use sqlx::PgPool;
use sqlx::postgres::{PgListener, PgPoolOptions};
use tokio::time::{Instant, timeout};

use crate::store::Store;

/// Which bell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bell {
    /// Something is due: for workers.
    Work,
    /// A tenant's row has changed or an event was added: for those who watch.
    News,
    /// A letter waits: for those who send.
    Mail,
}

impl Bell {
    const fn channel(self) -> &'static str {
        match self {
            Self::Work => "fresco_doorbell",
            Self::News => "fresco_news",
            Self::Mail => "fresco_mail",
        }
    }
}

/// Why [`Doorbell::rung`] returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rung {
    /// Once or several times.
    Heard,
    /// It listens (again); what rang before went unheard. The first answer is always this one.
    Reconnected,
}

/// Listens on a connection of its own.
#[derive(Debug)]
pub struct Doorbell {
    store: Store,
    bell: Bell,
    listener: Option<PgListener>,
    failures: u32,
    /// Not to be tried again before; kept here because who waits is often called away.
    retry_at: Option<Instant>,
}

const SHORTEST_BACK_OFF: Duration = Duration::from_millis(100);
const LONGEST_BACK_OFF: Duration = Duration::from_secs(5);
/// After which the database is asked whether it is still there.
const SUSPICIOUS_SILENCE: Duration = Duration::from_secs(60);

impl Doorbell {
    /// A doorbell to wait at. It connects at the first [`Doorbell::rung`].
    #[must_use]
    pub fn listen(store: &Store, bell: Bell) -> Self {
        Self { store: store.clone(), bell, listener: None, failures: 0, retry_at: None }
    }

    /// Waits until it rings or listens again. Safe to cancel: at worst a ring is answered with [`Rung::Reconnected`].
    pub async fn rung(&mut self) -> Rung {
        loop {
            let Some(listener) = self.listener.as_mut() else {
                self.back_off().await;
                match self.connect().await {
                    Ok(listener) => {
                        self.listener = Some(listener);
                        self.failures = 0;
                        self.retry_at = None;
                        return Rung::Reconnected;
                    }
                    Err(error) => self.failed(&error),
                }
                continue;
            };
            match timeout(SUSPICIOUS_SILENCE, listener.try_recv()).await {
                Ok(Ok(Some(_))) => {
                    self.swallow_more();
                    return Rung::Heard;
                }
                Ok(Ok(None)) => self.listener = None,
                Ok(Err(error)) => self.failed(&error),
                Err(_) => self.ask().await,
            }
        }
    }

    /// A connection whose other end has vanished is as quiet as one on which nothing rings.
    async fn ask(&mut self) {
        let Some(listener) = self.listener.as_mut() else { return };
        match timeout(LONGEST_BACK_OFF, sqlx::query_scalar!("SELECT 1").fetch_one(listener)).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => self.failed(&error),
            Err(_) => self.failed(&sqlx::Error::PoolTimedOut),
        }
    }

    /// What has rung several times is heard once.
    fn swallow_more(&mut self) {
        while let Some(listener) = self.listener.as_mut() {
            match listener.try_recv().now_or_never() {
                Some(Ok(Some(_))) => {}
                Some(Ok(None)) => self.listener = None,
                Some(Err(error)) => self.failed(&error),
                None => return,
            }
        }
    }

    fn failed(&mut self, error: &sqlx::Error) {
        tracing::warn!(error = ?error, channel = self.bell.channel(), "the doorbell is disconnected");
        self.listener = None;
        let doubled = SHORTEST_BACK_OFF.saturating_mul(1 << self.failures.min(16));
        self.failures = self.failures.saturating_add(1);
        self.retry_at = Some(Instant::now() + doubled.min(LONGEST_BACK_OFF));
    }

    async fn back_off(&self) {
        if let Some(retry_at) = self.retry_at {
            tokio::time::sleep_until(retry_at).await;
        }
    }

    /// A pool of one, so that a connection in use here is none that somebody waits for.
    async fn connect(&self) -> Result<PgListener, sqlx::Error> {
        let options = self.store.pool().connect_options().as_ref().clone();
        let pool: PgPool = PgPoolOptions::new()
            .max_connections(1)
            .max_lifetime(None)
            .idle_timeout(None)
            .acquire_timeout(LONGEST_BACK_OFF)
            .connect_with(options)
            .await?;
        let mut listener = PgListener::connect_with(&pool).await?;
        listener.ignore_pool_close_event(true);
        listener.eager_reconnect(false);
        listener.listen(self.bell.channel()).await?;
        Ok(listener)
    }
}
