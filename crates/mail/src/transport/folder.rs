//! A folder: one file a letter, whole or not there, for its owner's eyes only. Any mail program opens them.

use std::fs::Permissions;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tokio::fs;
use tokio::io::AsyncWriteExt;

use super::SendError;
use crate::letter::Letter;

const EXTENSION: &str = "eml";

/// Where letters are put.
#[derive(Clone, Debug)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    #[must_use]
    pub const fn new(path: PathBuf) -> Self {
        Self { path }
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Under the letter's id: one that is sent twice is there once.
    pub(super) async fn send(&self, letter: &Letter) -> Result<(), SendError> {
        let path = self.path.join(&letter.id).with_extension(EXTENSION);
        self.put(&path, letter.bytes()).await.map_err(|error| self.told(&error))
    }

    pub(super) async fn check(&self) -> Result<String, SendError> {
        let path = self.path.join(".check");
        self.put(&path, b"").await.map_err(|error| self.told(&error))?;
        fs::remove_file(&path).await.map_err(|error| self.told(&error))?;
        Ok(format!("letters are put into {}, and leave the machine by nobody", self.path.display()))
    }

    async fn put(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        if !fs::try_exists(&self.path).await? {
            fs::create_dir_all(&self.path).await?;
            // Links that let people in stand in these files.
            fs::set_permissions(&self.path, Permissions::from_mode(0o700)).await?;
        }
        let draft = path.with_extension("draft");
        let mut file = fs::OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&draft).await?;
        file.write_all(bytes).await?;
        file.sync_all().await?;
        fs::rename(&draft, path).await
    }

    fn told(&self, error: &io::Error) -> SendError {
        SendError::Transient(format!("can't write to the folder {}: {error}", self.path.display()))
    }
}
