//! The app once its environment proved right: its database and what it remembers.

use std::{fs, path::PathBuf, sync::OnceLock, time::Duration};

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use tokio_postgres::Row;

use crate::{
    database::{self, DatabaseError, Parameter, Pool, Schema},
    environment::{InvalidVariable, Sample},
    line::Line,
    log,
};

#[derive(Debug)]
pub(super) struct Site {
    pub(super) version: String,
    pub(super) line: Line,
    pub(super) setup_window: Duration,
    pool: Pool,
    schema: Schema,
    never_ready: bool,
    initialized_at: OnceLock<String>,
    /// Line 3 keeps settings on disk too, for a year: only an emptied cache makes it look again.
    settings_file: Option<PathBuf>,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum SiteError {
    #[error(transparent)]
    Environment(#[from] InvalidVariable),
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl Site {
    /// Checks the environment. The database is asked at the first statement only.
    pub(super) fn open(sample: &Sample) -> Result<Self, SiteError> {
        sample.environment.validate()?;
        let line = sample.version.line;
        let config = database::parse("DATABASE_URL", sample.environment.database_url("DATABASE_URL")?)?;
        let settings_file = (line == Line::Three).then(|| sample.root.join(".next/cache/initialized-at"));
        let cached = settings_file.as_ref().and_then(|file| fs::read_to_string(file).ok());
        Ok(Self {
            version: sample.version.text.clone(),
            line,
            setup_window: sample.switches.setup_window,
            pool: Pool::new(config, line),
            schema: Schema::new(sample.switches.honour_schema),
            never_ready: sample.switches.never_ready,
            initialized_at: cached.map_or_else(OnceLock::new, OnceLock::from),
            settings_file,
        })
    }

    /// Runs one statement in which `{s}` stands for the schema.
    pub(super) async fn query(&self, sql: &str, parameters: &[Parameter<'_>]) -> Result<Vec<Row>, DatabaseError> {
        if self.never_ready {
            return Err(DatabaseError::NeverReady);
        }
        self.pool.query(&self.schema.fill(sql), parameters).await
    }

    /// `initializedAt` as this process first saw it: to reopen the first run, change the row and restart.
    pub(super) fn remembered(&self) -> Option<&str> {
        self.initialized_at.get().map(String::as_str)
    }

    pub(super) fn remember(&self, initialized_at: &str) {
        if self.initialized_at.set(initialized_at.to_owned()).is_err() {
            return;
        }
        let Some(file) = &self.settings_file else { return };
        if let Err(failure) = fs::write(file, initialized_at) {
            log::error(&failure, "CACHE");
        }
    }
}

/// The answer to a request the database failed, and its log entry.
pub(super) fn failed(failure: &DatabaseError) -> Response {
    log::query_error(failure, failure.code());
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}
