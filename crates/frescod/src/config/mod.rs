//! The configuration: one file a section, each key declared once with its type, default, bounds and explanation.
//!
//! Environment variables are read here and nowhere else. Values come from `FRESCOD_SECTION__KEY`, else from the file,
//! else from the default; whatever is wrong is told all at once, each with its place and what would be right.
//!
//! Invariant: a [`Config`] that exists is within its bounds. Secrets are read when they are needed, so that a process
//! that needs none of them may run where it can't read them.
//!
//! To add a key: a line in its section's file, then `UPDATE_REFERENCE=1 cargo test -p frescod config::` for the page. To
//! add a section: a file, and a line in [`sections`].

mod auth;
mod database;
mod dumps;
mod engine;
mod environment;
mod firewall;
mod gate;
mod limits;
mod log;
mod logs;
mod mail;
mod metrics;
mod monitoring;
mod probe;
pub(crate) mod problem;
mod reconciler;
pub(crate) mod reference;
mod role;
mod routing;
mod secret;
mod secrets;
mod section;
mod server;
mod signup;
mod source;
mod tenants;
mod together;
mod value;

use std::path::{Path, PathBuf};

use section::{Section, SectionDoc};
use source::{Context, Document, Reader, Variables};

pub(crate) use environment::Environment;
pub(crate) use problem::{Place, Problem, Problems};
pub(crate) use role::Role;
pub(crate) use secret::{SecretError, SecretFile};
pub(crate) use value::{CgroupParent, LogFormat};

/// Where the file is unless somebody says otherwise.
pub(crate) const USUAL_FILE: &str = "/etc/frescod/frescod.toml";

macro_rules! sections {
    ($($name:ident: $section:ty,)*) => {
        /// Everything an operator has settled.
        #[derive(Clone, Debug)]
        pub(crate) struct Config {
            $( pub(crate) $name: $section, )*
        }

        /// What is known of every key.
        pub(crate) fn docs() -> Vec<SectionDoc> {
            vec![$( <$section as Section>::doc() ),*]
        }

        fn read(reader: &mut Reader<'_>) -> Option<Config> {
            $( let $name = <$section as Section>::read(reader); )*
            Some(Config { $( $name: $name? ),* })
        }
    };
}
sections! {
    server: server::Server,
    database: database::Database,
    tenants: tenants::Tenants,
    engine: engine::Engine,
    firewall: firewall::Firewall,
    probe: probe::Probe,
    routing: routing::Routing,
    gate: gate::Gate,
    dumps: dumps::Dumps,
    secrets: secrets::Secrets,
    auth: auth::Auth,
    signup: signup::Signup,
    limits: limits::Limits,
    reconciler: reconciler::Reconciler,
    metrics: metrics::Metrics,
    logs: logs::Logs,
    mail: mail::Mail,
    log: log::Log,
    monitoring: monitoring::Monitoring,
}

/// The environment variable of a key.
pub(crate) fn variable(section: &str, key: &str) -> String {
    format!("FRESCOD_{}__{}", section.to_ascii_uppercase(), key.to_ascii_uppercase())
}

impl Config {
    /// Reads `file` (the usual one, which may be absent, if none is given) and the environment. Every secret that `role`
    /// can't do without has a name then; a command that plays none of the roles says so when it needs one.
    ///
    /// # Errors
    /// [`Problems`]: all of them.
    pub(crate) fn load(file: Option<&Path>, environment: &Environment, role: Option<Role>) -> Result<Self, Problems> {
        let docs = docs();
        let mut problems = Vec::new();
        let path = file.map_or_else(|| PathBuf::from(USUAL_FILE), Path::to_owned);
        // Nobody knows what is missing in a file that can't be read.
        let text = read_file(&path, file.is_some()).map_err(|unreadable| Problems(vec![unreadable]))?;
        let document = text.as_ref().map(|text| Document::parse(&path, text, &mut problems));
        if let Some(document) = &document {
            document.refuse_unknown_sections(&docs, &mut problems);
        }
        let variables = Variables::take(environment.texts(), &docs, &mut problems);
        let context = Context { credentials: environment.path("CREDENTIALS_DIRECTORY") };
        let mut reader = Reader { document, variables, context, file: &path, problems };
        let config = read(&mut reader);
        if let Some(config) = &config {
            together::check(config, &mut reader);
        }
        if let Some(role) = role {
            role::check(role, &mut reader);
        }
        match config {
            Some(config) if reader.problems.is_empty() => Ok(config),
            Some(_) | None => Err(Problems(reader.problems)),
        }
    }
}

/// The file's text. Only one that nobody asked for may be absent.
fn read_file(path: &Path, asked_for: bool) -> Result<Option<String>, Problem> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && !asked_for => Ok(None),
        Err(error) => {
            let text = format!(
                "the configuration can't be read ({error}); `frescod config reference` prints one to start from"
            );
            Err(Problem { place: Place::File(path.to_owned()), text })
        }
    }
}

#[cfg(test)]
mod tests;
