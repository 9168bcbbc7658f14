//! Dumps in a folder: `{tenant}/{release}.dump`, mode 0600 in folders of mode 0700.

use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use domain::TenantId;
use domain::tenant::DumpsState;
use tokio::fs;

use super::DumpStore;
use super::programs::{DRAFT, DumpError, DumpOptions, Dumps, Subject};
use crate::database::PostgresTenants;

const SUFFIX: &str = "dump";

/// The folder, and whom to dump.
#[derive(Debug)]
pub struct DumpFolder {
    directory: PathBuf,
    /// How many of a tenant's newest dumps are kept; at least one.
    keep: u32,
    options: DumpOptions,
    tenants: Arc<PostgresTenants>,
}

impl DumpFolder {
    #[must_use]
    pub fn new(directory: PathBuf, keep: u32, options: DumpOptions, tenants: Arc<PostgresTenants>) -> Self {
        Self { directory, keep: keep.max(1), options, tenants }
    }

    /// The dump taken before that release, whether it is there or not.
    #[must_use]
    pub fn path(&self, tenant: TenantId, release: u32) -> PathBuf {
        self.folder(tenant).join(release.to_string()).with_extension(SUFFIX)
    }

    fn folder(&self, tenant: TenantId) -> PathBuf {
        self.directory.join(tenant.simple())
    }

    /// The releases there are dumps for.
    async fn releases(&self, tenant: TenantId) -> Result<Vec<u32>, DumpError> {
        Ok(self.files(tenant).await?.iter().filter_map(|path| release_of(path)).collect())
    }

    /// What is in a tenant's folder; nothing if there is none.
    async fn files(&self, tenant: TenantId) -> Result<Vec<PathBuf>, DumpError> {
        let folder = self.folder(tenant);
        let mut entries = match fs::read_dir(&folder).await {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(io_error(&folder)(error)),
        };
        let mut files = Vec::new();
        while let Some(entry) = entries.next_entry().await.map_err(io_error(&folder))? {
            files.push(entry.path());
        }
        Ok(files)
    }

    /// What was left by who died while taking a dump: as large as a dump.
    async fn forget_drafts(&self, tenant: TenantId) -> Result<(), DumpError> {
        let is_draft = |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(DRAFT));
        for path in self.files(tenant).await?.into_iter().filter(is_draft) {
            fs::remove_file(&path).await.map_err(io_error(&path))?;
        }
        Ok(())
    }

    async fn forget_old(&self, tenant: TenantId, newest: u32) -> Result<(), DumpError> {
        for release in self.releases(tenant).await?.into_iter().filter(|release| release + self.keep <= newest) {
            let path = self.path(tenant, release);
            fs::remove_file(&path).await.map_err(io_error(&path))?;
        }
        Ok(())
    }
}

#[async_trait]
impl DumpStore for DumpFolder {
    async fn find(&self, tenant: TenantId, next_release: u32) -> Result<Option<DumpsState>, DumpError> {
        let releases = self.releases(tenant).await?;
        Ok((!releases.is_empty()).then(|| DumpsState { before_next: releases.contains(&next_release) }))
    }

    async fn dump(&self, subject: Subject<'_>, next_release: u32) -> Result<DumpsState, DumpError> {
        let folder = self.folder(subject.tenant);
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder).map_err(io_error(&folder))?;
        self.forget_drafts(subject.tenant).await?;
        let path = self.path(subject.tenant, next_release);
        Dumps::new(&self.tenants, &self.options).dump(subject, &path).await?;
        self.forget_old(subject.tenant, next_release).await?;
        Ok(DumpsState { before_next: true })
    }

    async fn remove(&self, tenant: TenantId) -> Result<(), DumpError> {
        let folder = self.folder(tenant);
        match fs::remove_dir_all(&folder).await {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(io_error(&folder)(error)),
            Ok(()) | Err(_) => Ok(()),
        }
    }
}

fn release_of(path: &Path) -> Option<u32> {
    let is_dump = path.extension().is_some_and(|extension| extension == SUFFIX);
    path.file_stem().filter(|_| is_dump)?.to_str()?.parse().ok()
}

fn io_error(path: &Path) -> impl FnOnce(io::Error) -> DumpError {
    let path = path.to_owned();
    move |source| DumpError::Io { path, source }
}
