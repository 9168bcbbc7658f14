//! The environment: what the app reads (checked at the first request) and the fault switches (checked at start).
//!
//! Fresco validates its environment when the first request comes; before that a wrong one looks healthy in the log.
//! Switches are the tests' own, so a misspelt value ends the program at once.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use axum::http::Uri;

use crate::line::{Version, VersionError};

/// The program's inputs: where it stands, what version it is, what it was told.
#[derive(Debug)]
pub(crate) struct Sample {
    pub(crate) root: PathBuf,
    pub(crate) version: Version,
    pub(crate) environment: Environment,
    pub(crate) switches: Switches,
}

/// The process's variables as they were at start.
#[derive(Debug)]
pub(crate) struct Environment(BTreeMap<String, String>);

/// How to misbehave, and what else only tests ask for.
#[derive(Debug)]
pub(crate) struct Switches {
    pub(crate) honour_schema: bool,
    pub(crate) setup_window: Duration,
    pub(crate) release_fault: Option<ReleaseFault>,
    pub(crate) release_delay: Duration,
    pub(crate) start_delay: Duration,
    pub(crate) never_ready: bool,
    pub(crate) crash_after: Option<Duration>,
    pub(crate) hog_memory_mb: Option<u64>,
    pub(crate) ignore_sigterm: bool,
    pub(crate) flood: Option<Flood>,
    pub(crate) fork_bomb: bool,
}

/// How a release goes wrong.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ReleaseFault {
    /// Claims success and does nothing.
    Silent,
    Fail,
    Hang,
}

/// A flood of numbered log lines; no rate means as fast as the log takes them, no total means for ever.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Flood {
    pub(crate) lines_per_second: Option<u64>,
    pub(crate) lines: Option<u64>,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum EnvironmentError {
    #[error(transparent)]
    Version(#[from] VersionError),
    #[error("{name}={value:?} is not understood: give {wanted}")]
    Switch { name: &'static str, value: String, wanted: &'static str },
}

/// A variable Fresco would refuse, found at the first request or by the release.
#[derive(Debug, thiserror::Error)]
#[error("Invalid environment variables: {name}: {problem}")]
pub(crate) struct InvalidVariable {
    name: &'static str,
    problem: &'static str,
}

impl Sample {
    /// Reads the process's environment and `package.json`.
    pub(crate) fn from_process() -> Result<Self, EnvironmentError> {
        #[expect(
            clippy::disallowed_methods,
            reason = "a tenant's program, configured by its environment, read here only"
        )]
        let environment = Environment(std::env::vars().collect());
        let root = PathBuf::from(environment.get("SAMPLE_ROOT").unwrap_or("/app"));
        let version = Version::read(&root)?;
        let switches = Switches::read(&environment)?;
        Ok(Self { root, version, environment, switches })
    }
}

impl Environment {
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The check Fresco makes at its first request: an empty value is a wrong one, an absent one mostly is not.
    pub(crate) fn validate(&self) -> Result<(), InvalidVariable> {
        self.validate_database()?;
        if self.get("PUBLIC_URL").is_some_and(|url| !is_url(url)) {
            return Err(InvalidVariable { name: "PUBLIC_URL", problem: "Invalid URL" });
        }
        for name in ["DISABLE_ANALYTICS", "SANDBOX_MODE", "COOKIE_SECURE"] {
            if self.get(name).is_some_and(|value| value != "true" && value != "false") {
                return Err(InvalidVariable { name, problem: "expected one of \"true\"|\"false\"" });
            }
        }
        Ok(())
    }

    /// The part of the check the release makes too: both URLs, whichever is used.
    pub(crate) fn validate_database(&self) -> Result<(), InvalidVariable> {
        self.database_url("DATABASE_URL")?;
        self.database_url("DATABASE_URL_UNPOOLED")?;
        Ok(())
    }

    /// A database URL, which must be present and not empty.
    pub(crate) fn database_url(&self, name: &'static str) -> Result<&str, InvalidVariable> {
        self.get(name).filter(|url| !url.is_empty()).ok_or(InvalidVariable { name, problem: "Required" })
    }

    fn flag(&self, name: &'static str) -> Result<bool, EnvironmentError> {
        match self.get(name) {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(other) => Err(EnvironmentError::Switch { name, value: other.into(), wanted: "true or false" }),
        }
    }

    fn number(&self, name: &'static str) -> Result<Option<u64>, EnvironmentError> {
        let parse = |value: &str| {
            value.parse().map_err(|_| EnvironmentError::Switch { name, value: value.into(), wanted: "a whole number" })
        };
        self.get(name).map(parse).transpose()
    }

    fn seconds(&self, name: &'static str) -> Result<Option<Duration>, EnvironmentError> {
        Ok(self.number(name)?.map(Duration::from_secs))
    }
}

impl Switches {
    fn read(environment: &Environment) -> Result<Self, EnvironmentError> {
        const SETUP_WINDOW: Duration = Duration::from_secs(2 * 60 * 60);
        Ok(Self {
            honour_schema: environment.flag("SAMPLE_HONOUR_SCHEMA")?,
            setup_window: environment.seconds("SAMPLE_SETUP_WINDOW_SECONDS")?.unwrap_or(SETUP_WINDOW),
            release_fault: ReleaseFault::read(environment)?,
            release_delay: environment.seconds("SAMPLE_RELEASE_SECONDS")?.unwrap_or_default(),
            start_delay: environment.seconds("SAMPLE_START_DELAY_SECONDS")?.unwrap_or_default(),
            never_ready: environment.flag("SAMPLE_NEVER_READY")?,
            crash_after: environment.seconds("SAMPLE_CRASH_AFTER_SECONDS")?,
            hog_memory_mb: environment.number("SAMPLE_HOG_MEMORY_MB")?,
            ignore_sigterm: environment.flag("SAMPLE_IGNORE_SIGTERM")?,
            flood: Flood::read(environment)?,
            fork_bomb: environment.flag("SAMPLE_FORK_BOMB")?,
        })
    }
}

impl ReleaseFault {
    fn read(environment: &Environment) -> Result<Option<Self>, EnvironmentError> {
        const NAME: &str = "SAMPLE_RELEASE_FAULT";
        match environment.get(NAME) {
            None => Ok(None),
            Some("silent") => Ok(Some(Self::Silent)),
            Some("fail") => Ok(Some(Self::Fail)),
            Some("hang") => Ok(Some(Self::Hang)),
            Some(other) => {
                Err(EnvironmentError::Switch { name: NAME, value: other.into(), wanted: "silent, fail or hang" })
            }
        }
    }
}

impl Flood {
    fn read(environment: &Environment) -> Result<Option<Self>, EnvironmentError> {
        let lines_per_second = environment.number("SAMPLE_FLOOD_LINES_PER_SECOND")?.filter(|rate| *rate > 0);
        let lines = environment.number("SAMPLE_FLOOD_LINES")?;
        Ok((lines_per_second.is_some() || lines.is_some()).then_some(Self { lines_per_second, lines }))
    }
}

fn is_url(text: &str) -> bool {
    text.parse::<Uri>().is_ok_and(|uri| {
        matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some_and(|host| !host.is_empty())
    })
}
