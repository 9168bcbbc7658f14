//! The routes' files on disk, as Traefik's file provider watches them.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use domain::TenantId;
use domain::tenant::RouteState;

use super::folder::{Folder, Print};
use super::{Front, Route, RouteError, RouteStore, Survey, base, content};

/// One file a tenant, `fresco-{id}.yml`, and the base beside them.
#[derive(Debug, Clone)]
pub struct RouteFiles(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    folder: Folder,
    /// The base's content.
    base: String,
    /// The prints of the files that we have written or read, as they were then.
    known: Mutex<BTreeMap<TenantId, Print>>,
}

impl RouteFiles {
    /// Opens the folder that Traefik watches, and the one files are made in: beside it, on the same file system. Makes
    /// both where they are missing, clears the second, writes the base.
    ///
    /// # Errors
    /// [`RouteError`] names the folder and what to do about it.
    pub async fn open(directory: PathBuf, staging: PathBuf, front: Front) -> Result<Self, RouteError> {
        let opened = blocking(move || {
            let folder = Folder::open(&directory, &staging)?;
            let base = base::content(&front);
            let inner = Inner { folder, base, known: Mutex::default() };
            inner.ensure_base()?;
            Ok(Self(Arc::new(inner)))
        });
        opened.await
    }

    /// A call that began ends, also when nobody waits for it any more: nothing is left half done.
    async fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inner) -> Result<T, RouteError> + Send + 'static,
    ) -> Result<T, RouteError> {
        let inner = Arc::clone(&self.0);
        blocking(move || work(&inner)).await
    }
}

impl Inner {
    /// Written only where it says something else: a daemon can start though the disk is full.
    fn ensure_base(&self) -> Result<(), RouteError> {
        if self.folder.read(base::FILE)?.as_deref() == Some(self.base.as_bytes()) {
            return Ok(());
        }
        self.folder.replace(base::FILE, &self.base)
    }

    /// Looked at before it is read, so that what is changed in between is found the next time.
    fn read(&self, tenant: TenantId) -> Result<Option<Vec<u8>>, RouteError> {
        let name = file_name(tenant);
        self.note(tenant, self.folder.print(&name)?);
        self.folder.read(&name)
    }

    fn write(&self, tenant: TenantId, content: &str) -> Result<(), RouteError> {
        let name = file_name(tenant);
        self.folder.replace(&name, content)?;
        self.note(tenant, self.folder.print(&name)?);
        Ok(())
    }

    fn remove(&self, tenant: TenantId) -> Result<(), RouteError> {
        self.note(tenant, None);
        self.folder.remove(&file_name(tenant))
    }

    fn survey(&self) -> Result<Survey, RouteError> {
        self.ensure_base()?;
        let mut present = BTreeMap::new();
        for name in self.folder.names()? {
            if let Some((tenant, print)) = tenant_of(&name).zip(self.folder.print(&name)?) {
                present.insert(tenant, print);
            }
        }
        let known = self.known();
        let altered = known.iter().filter(|(tenant, print)| present.get(tenant) != Some(print));
        let altered = altered.map(|(tenant, _)| *tenant).collect();
        Ok(Survey { altered, present: present.into_keys().collect() })
    }

    fn note(&self, tenant: TenantId, print: Option<Print>) {
        match print {
            Some(print) => self.known().insert(tenant, print),
            None => self.known().remove(&tenant),
        };
    }

    /// Nothing is left half-way by one that panicked.
    fn known(&self) -> MutexGuard<'_, BTreeMap<TenantId, Print>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl RouteStore for RouteFiles {
    async fn find(&self, tenant: TenantId) -> Result<Option<RouteState>, RouteError> {
        let found = self.call(move |files| files.read(tenant)).await?;
        Ok(found.map(|bytes| content::read(tenant, &bytes)))
    }

    async fn write(&self, route: &Route, target: Option<SocketAddr>) -> Result<RouteState, RouteError> {
        let (tenant, content) = (route.tenant, content::write(route, target));
        let state = content::read(tenant, content.as_bytes());
        self.call(move |files| files.write(tenant, &content)).await?;
        Ok(state)
    }

    async fn remove(&self, tenant: TenantId) -> Result<(), RouteError> {
        self.call(move |files| files.remove(tenant)).await
    }

    async fn tenants(&self) -> Result<Vec<TenantId>, RouteError> {
        let names = self.call(|files| files.folder.names()).await?;
        Ok(names.iter().filter_map(|name| tenant_of(name)).collect())
    }

    async fn survey(&self) -> Result<Survey, RouteError> {
        self.call(Inner::survey).await
    }
}

fn file_name(tenant: TenantId) -> String {
    format!("fresco-{}.yml", tenant.simple())
}

fn tenant_of(file_name: &str) -> Option<TenantId> {
    let digits = file_name.strip_prefix("fresco-")?.strip_suffix(".yml")?;
    TenantId::parse(&format!("tnt_{digits}")).ok()
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, RouteError> + Send + 'static,
) -> Result<T, RouteError> {
    tokio::task::spawn_blocking(work).await?
}
