//! Certificates for `https://NAME.localhost`.
//!
//! No client honours a wildcard directly under `localhost`, so each tenant's name gets a certificate of its own, soon
//! after its row appears and long before its instance is ready. Traefik is told of them in one file of the routes'
//! folder, which also sends plain HTTP over to HTTPS.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::Context;
use domain::{Clock, SystemClock};
use embedded::Authority;
use embedded::traefik::KeyPairFiles;
use serde_json::{Value, json};
use storage::{Bell, Doorbell, Part, Scope, Store, TenantFilter};
use tokio_util::sync::CancellationToken;

use super::Choices;
use super::configuration::DOMAIN;
use super::state::authority_folder;
use crate::config::Config;
use crate::files::replace;
use crate::wiring::parts::{self, Side};

/// Behind the tenants' files, which all start with `fresco`.
const FILE: &str = "_dev.yml";
const PAGE: u16 = 200;

/// The authority, and the tenants it signs for.
#[derive(Debug)]
pub(super) struct Certificates {
    store: Store,
    authority: Authority,
    folder: PathBuf,
    directory: PathBuf,
    draft: PathBuf,
    https: u16,
    names: BTreeSet<String>,
}

impl Certificates {
    /// Makes what is missing for the tenants there are.
    pub(super) async fn prepare(choices: &Choices, config: &Config) -> anyhow::Result<Self> {
        let folder = authority_folder(&choices.state);
        let (directory, staging) = (config.routing.directory.clone(), config.routing.staging.clone());
        for folder in [&directory, &staging] {
            std::fs::create_dir_all(folder).with_context(|| format!("can't make {}", folder.display()))?;
        }
        let mut certificates = Self {
            store: parts::store(config, Side::Api).await?,
            authority: Authority::open(&folder, DOMAIN, SystemClock.now().into())?,
            folder,
            directory,
            // On the file system of what it replaces.
            draft: staging.join(FILE),
            https: choices.https,
            names: BTreeSet::new(),
        };
        let wanted = certificates.wanted().await?;
        tell(certificates.renew(wanted));
        Ok(certificates)
    }

    /// The certificate of `localhost` itself: for names that have none.
    pub(super) fn of_the_domain(&self) -> anyhow::Result<KeyPairFiles> {
        Ok(self.authority.leaf(&[DOMAIN.to_owned()], SystemClock.now().into())?)
    }

    /// Keeps them as the tenants are, until `stop`.
    pub(super) async fn run(mut self, stop: CancellationToken) -> anyhow::Result<()> {
        let mut bell = Doorbell::listen(&self.store, Bell::News);
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                _ = bell.rung() => {}
            }
            tell(self.refresh().await);
        }
        self.store.close().await;
        Ok(())
    }

    async fn refresh(&mut self) -> anyhow::Result<()> {
        let wanted = self.wanted().await?;
        if wanted == self.names { Ok(()) } else { self.renew(wanted) }
    }

    /// The names of all tenants that aren't tombstones.
    async fn wanted(&self) -> anyhow::Result<BTreeSet<String>> {
        let filter = TenantFilter { search: None, status: None, include_destroyed: false };
        let (mut names, mut after) = (BTreeSet::new(), None);
        loop {
            let page = self.store.list_tenants(Scope::Operator, &filter, Part { after, limit: PAGE }).await?;
            names.extend(page.items.iter().map(|tenant| format!("{}.{DOMAIN}", tenant.subdomain)));
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(names),
            }
        }
    }

    /// Makes what is missing, tells Traefik, and then removes what nobody wants any more.
    fn renew(&mut self, names: BTreeSet<String>) -> anyhow::Result<()> {
        let now = SystemClock.now().into();
        let pairs = names.iter().map(|name| self.authority.leaf(std::slice::from_ref(name), now));
        let pairs = pairs.collect::<Result<Vec<_>, _>>()?;
        let content = format!("{:#}\n", traefik(&pairs, self.https));
        let path = self.directory.join(FILE);
        if std::fs::read_to_string(&path).unwrap_or_default() != content {
            // Renamed in: Traefik reads whatever appears in its folder.
            replace(&self.draft, &content, 0o644)?;
            std::fs::rename(&self.draft, &path).with_context(|| format!("can't write {}", path.display()))?;
        }
        remove_others(&self.folder, &names)?;
        self.names = names;
        Ok(())
    }
}

/// What fails, because the disk is full say, is tried again when the next bell rings.
fn tell(renewed: anyhow::Result<()>) {
    if let Err(error) = renewed {
        tracing::warn!(error = format!("{error:#}"), "the certificates are not as the tenants are");
    }
}

/// JSON is YAML.
fn traefik(pairs: &[KeyPairFiles], https: u16) -> Value {
    let certificates: Vec<_> =
        pairs.iter().map(|pair| json!({ "certFile": pair.certificate, "keyFile": pair.key })).collect();
    let mut content = json!({
        "http": {
            "routers": { "dev-to-https": {
                "entryPoints": ["web"], "rule": "PathPrefix(`/`)", "priority": 1,
                "middlewares": ["dev-to-https"], "service": "noop@internal",
            } },
            "middlewares": { "dev-to-https": { "redirectScheme": { "scheme": "https", "port": https.to_string() } } },
        },
    });
    if !certificates.is_empty() {
        content["tls"] = json!({ "certificates": certificates });
    }
    content
}

/// Removes the leaves of names that are gone.
fn remove_others(folder: &Path, names: &BTreeSet<String>) -> anyhow::Result<()> {
    let suffix = format!(".{DOMAIN}");
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        if stem.ends_with(&suffix) && !names.contains(stem) {
            std::fs::remove_file(&path).with_context(|| format!("can't remove {}", path.display()))?;
        }
    }
    Ok(())
}

/// The authority's certificate, for whoever shall trust it.
pub(super) fn authority_file(choices: &Choices) -> anyhow::Result<PathBuf> {
    let folder = authority_folder(&choices.state);
    Ok(Authority::open(&folder, DOMAIN, SystemClock.now().into())?.certificate())
}
