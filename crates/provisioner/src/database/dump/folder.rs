//! Dumps in a folder: `{tenant}/{release}.dump` and `{tenant}/restore-{generation}.dump`, mode 0600 in folders of mode
//! 0700.

use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::TenantId;
use domain::tenant::DumpsState;
use tokio::fs;

use super::programs::{DRAFT, DumpError, DumpOptions, Dumps, Subject};
use super::{DumpName, DumpStore, NextRelease, Taken, state_of};
use crate::database::PostgresTenants;

const SUFFIX: &str = "dump";
const BEFORE_RESTORE: &str = "restore-";

/// The folder, and whom to dump.
#[derive(Debug)]
pub struct DumpFolder {
    directory: PathBuf,
    /// How many of a tenant's newest dumps are kept; at least one.
    keep: u32,
    /// How long a dump holds what there is.
    fresh_for: Duration,
    options: DumpOptions,
    tenants: Arc<PostgresTenants>,
}

impl DumpFolder {
    #[must_use]
    pub fn new(
        directory: PathBuf,
        (keep, fresh_for): (u32, Duration),
        options: DumpOptions,
        tenants: Arc<PostgresTenants>,
    ) -> Self {
        Self { directory, keep: keep.max(1), fresh_for, options, tenants }
    }

    /// The dump of that name, whether it is there or not.
    #[must_use]
    pub fn path(&self, tenant: TenantId, dump: DumpName) -> PathBuf {
        let name = match dump {
            DumpName::BeforeRelease(release) => release.to_string(),
            DumpName::BeforeRestore(asked) => format!("{BEFORE_RESTORE}{asked}"),
        };
        self.folder(tenant).join(name).with_extension(SUFFIX)
    }

    fn folder(&self, tenant: TenantId) -> PathBuf {
        self.directory.join(tenant.simple())
    }

    async fn names(&self, tenant: TenantId) -> Result<Vec<DumpName>, DumpError> {
        Ok(self.files(tenant).await?.iter().filter_map(|path| name_of(path)).collect())
    }

    async fn take(&self, subject: Subject<'_>, name: DumpName) -> Result<(), DumpError> {
        let folder = self.folder(subject.tenant);
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder).map_err(io_error(&folder))?;
        self.forget_drafts(subject.tenant).await?;
        Dumps::new(&self.tenants, &self.options).dump(subject, &self.path(subject.tenant, name)).await
    }

    async fn files(&self, tenant: TenantId) -> Result<Vec<PathBuf>, DumpError> {
        paths_in(&self.folder(tenant)).await
    }

    /// What was left by who died while taking a dump: as large as a dump.
    async fn forget_drafts(&self, tenant: TenantId) -> Result<(), DumpError> {
        let is_draft = |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(DRAFT));
        for path in self.files(tenant).await?.into_iter().filter(is_draft) {
            fs::remove_file(&path).await.map_err(io_error(&path))?;
        }
        Ok(())
    }

    /// Removes those that `goes` names.
    async fn forget(&self, tenant: TenantId, goes: impl Fn(DumpName) -> bool) -> Result<(), DumpError> {
        for name in self.names(tenant).await?.into_iter().filter(|name| goes(*name)) {
            let path = self.path(tenant, name);
            fs::remove_file(&path).await.map_err(io_error(&path))?;
        }
        Ok(())
    }
}

#[async_trait]
impl DumpStore for DumpFolder {
    async fn find(&self, tenant: TenantId, next: NextRelease) -> Result<Option<DumpsState>, DumpError> {
        let mut dumps = Vec::new();
        for path in self.files(tenant).await? {
            let Some(name) = name_of(&path) else { continue };
            dumps.push(Taken { name, at: taken_at(&path).await? });
        }
        Ok((!dumps.is_empty()).then(|| state_of(dumps, next, self.fresh_for)))
    }

    async fn dump(&self, subject: Subject<'_>, next: NextRelease) -> Result<DumpsState, DumpError> {
        let tenant = subject.tenant;
        self.take(subject, DumpName::BeforeRelease(next.number)).await?;
        let is_old = |name| matches!(name, DumpName::BeforeRelease(release) if release + self.keep <= next.number);
        self.forget(tenant, is_old).await?;
        let state = self.find(tenant, next).await?.unwrap_or_default();
        Ok(DumpsState { before_next: true, ..state })
    }

    async fn save(&self, subject: Subject<'_>, restore: i64) -> Result<(), DumpError> {
        self.take(subject, DumpName::BeforeRestore(restore)).await?;
        let names = self.names(subject.tenant).await?.into_iter();
        let mut saved: Vec<DumpName> = names.filter(|name| matches!(name, DumpName::BeforeRestore(_))).collect();
        saved.sort_unstable();
        saved.truncate(saved.len().saturating_sub(usize::try_from(self.keep).unwrap_or(usize::MAX)));
        self.forget(subject.tenant, |name| saved.contains(&name)).await
    }

    async fn restore(&self, subject: Subject<'_>, from: DumpName) -> Result<DateTime<Utc>, DumpError> {
        let path = self.path(subject.tenant, from);
        let taken_at = taken_at(&path).await?;
        Dumps::new(&self.tenants, &self.options).restore(subject, &path).await?;
        Ok(taken_at)
    }

    async fn remove(&self, tenant: TenantId) -> Result<(), DumpError> {
        let folder = self.folder(tenant);
        match fs::remove_dir_all(&folder).await {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(io_error(&folder)(error)),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    async fn tenants(&self) -> Result<Vec<TenantId>, DumpError> {
        Ok(paths_in(&self.directory).await?.iter().filter_map(|path| tenant_of(path)).collect())
    }
}

/// What is in a folder; nothing if there is none.
async fn paths_in(folder: &Path) -> Result<Vec<PathBuf>, DumpError> {
    let mut entries = match fs::read_dir(folder).await {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(io_error(folder)(error)),
    };
    let mut paths = Vec::new();
    while let Some(entry) = entries.next_entry().await.map_err(io_error(folder))? {
        paths.push(entry.path());
    }
    Ok(paths)
}

async fn taken_at(path: &Path) -> Result<DateTime<Utc>, DumpError> {
    let modified = fs::metadata(path).await.and_then(|metadata| metadata.modified());
    Ok(modified.map_err(io_error(path))?.into())
}

fn tenant_of(folder: &Path) -> Option<TenantId> {
    TenantId::parse(&format!("tnt_{}", folder.file_name()?.to_str()?)).ok()
}

fn name_of(path: &Path) -> Option<DumpName> {
    let is_dump = path.extension().is_some_and(|extension| extension == SUFFIX);
    let stem = path.file_stem().filter(|_| is_dump)?.to_str()?;
    match stem.strip_prefix(BEFORE_RESTORE) {
        Some(asked) => asked.parse().ok().map(DumpName::BeforeRestore),
        None => stem.parse().ok().map(DumpName::BeforeRelease),
    }
}

fn io_error(path: &Path) -> impl FnOnce(io::Error) -> DumpError {
    let path = path.to_owned();
    move |source| DumpError::Io { path, source }
}
