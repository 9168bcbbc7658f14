//! The routes' files on disk, as Traefik's file provider watches them.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use domain::TenantId;
use domain::tenant::RouteState;

use super::folder::Folder;
use super::{Front, Route, RouteError, RouteStore, base, content};

/// One file a tenant, `fresco-{id}.yml`, and the base beside them.
#[derive(Debug, Clone)]
pub struct RouteFiles(Arc<Folder>);

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
            // A daemon can start though the disk is full.
            if folder.read(base::FILE)?.as_deref() != Some(base.as_bytes()) {
                folder.replace(base::FILE, &base)?;
            }
            Ok(folder)
        });
        Ok(Self(Arc::new(opened.await?)))
    }

    /// A call that began ends, also when nobody waits for it any more: nothing is left half done.
    async fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Folder) -> Result<T, RouteError> + Send + 'static,
    ) -> Result<T, RouteError> {
        let folder = Arc::clone(&self.0);
        blocking(move || work(&folder)).await
    }
}

#[async_trait]
impl RouteStore for RouteFiles {
    async fn find(&self, tenant: TenantId) -> Result<Option<RouteState>, RouteError> {
        let found = self.call(move |folder| folder.read(&file_name(tenant))).await?;
        Ok(found.map(|bytes| content::read(tenant, &bytes)))
    }

    async fn write(&self, route: &Route, target: Option<SocketAddr>) -> Result<RouteState, RouteError> {
        let (tenant, content) = (route.tenant, content::write(route, target));
        let state = content::read(tenant, content.as_bytes());
        self.call(move |folder| folder.replace(&file_name(tenant), &content)).await?;
        Ok(state)
    }

    async fn remove(&self, tenant: TenantId) -> Result<(), RouteError> {
        self.call(move |folder| folder.remove(&file_name(tenant))).await
    }

    async fn tenants(&self) -> Result<Vec<TenantId>, RouteError> {
        let names = self.call(Folder::names).await?;
        Ok(names.iter().filter_map(|name| tenant_of(name)).collect())
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
