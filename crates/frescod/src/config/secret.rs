//! Secrets stand in files, never in the configuration: a process list, a log or a copied configuration shows none.
//!
//! A relative path is one of systemd's credentials (`LoadCredential=`, folder in `CREDENTIALS_DIRECTORY`). A file that
//! others may read, or its group may write, is refused.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use secrecy::SecretString;

use super::source::Context;
use super::value::Value;

/// Nothing that stands in such a file is longer.
const LONGEST: u64 = 64 << 10;
/// Anything for others, writing for the group.
const REFUSED: u32 = 0o027;

/// The path of a file that holds one secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SecretFile(PathBuf);

/// Why there is no secret.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SecretError {
    #[error("`{key}` is missing: this command needs the secret that it names")]
    Unnamed { key: &'static str },
    #[error("{} can't be read ({source}): make it readable for the account frescod runs as", path.display())]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("{} has mode {mode:03o}: secrets are for their owner and group only, run `chmod 600 {}`", path.display(), path.display())]
    Open { path: PathBuf, mode: u32 },
    #[error("{} has mode {mode:03o}, so everybody can read what it holds: name a file that is yours, for its owner and group only", path.display())]
    Foreign { path: PathBuf, mode: u32 },
    #[error("{} is empty", path.display())]
    Empty { path: PathBuf },
    #[error("{} is no regular file of at most 64 KiB of text", path.display())]
    NotText { path: PathBuf },
    #[error("{} can't be used: {source:#}", path.display())]
    Unusable { path: PathBuf, source: anyhow::Error },
}

impl SecretError {
    /// The file it is about.
    pub(crate) fn path(&self) -> Option<&Path> {
        match self {
            Self::Unnamed { .. } => None,
            Self::Unreadable { path, .. }
            | Self::Open { path, .. }
            | Self::Foreign { path, .. }
            | Self::Empty { path }
            | Self::NotText { path }
            | Self::Unusable { path, .. } => Some(path),
        }
    }
}

impl SecretFile {
    /// A secret somebody named on the command line.
    pub(crate) fn at(path: PathBuf) -> Self {
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// The secret as what `parse` makes of it.
    ///
    /// # Errors
    /// [`SecretError`], also for one that isn't what it should be.
    pub(crate) fn parse<T, E: Into<anyhow::Error>>(
        &self,
        parse: impl FnOnce(SecretString) -> Result<T, E>,
    ) -> Result<T, SecretError> {
        parse(self.read()?).map_err(|error| SecretError::Unusable { path: self.0.clone(), source: error.into() })
    }

    /// The secret, without the line's end.
    ///
    /// # Errors
    /// [`SecretError`] names the file and what to do.
    pub(crate) fn read(&self) -> Result<SecretString, SecretError> {
        let path = || self.0.clone();
        let unreadable = |source| SecretError::Unreadable { path: path(), source };
        let mut file = File::open(&self.0).map_err(unreadable)?;
        let metadata = file.metadata().map_err(unreadable)?;
        let mode = metadata.permissions().mode() & 0o777;
        if mode & REFUSED != 0 {
            let is_ours = metadata.uid() == rustix::process::geteuid().as_raw() && !is_the_systems(&self.0);
            let error = if is_ours {
                SecretError::Open { path: path(), mode }
            } else {
                SecretError::Foreign { path: path(), mode }
            };
            return Err(error);
        }
        if !metadata.is_file() || metadata.len() > LONGEST {
            return Err(SecretError::NotText { path: path() });
        }
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(|_| SecretError::NotText { path: path() })?;
        let secret = text.trim_end_matches(['\n', '\r']);
        if secret.is_empty() { Err(SecretError::Empty { path: path() }) } else { Ok(SecretString::from(secret)) }
    }
}

/// Whether others need to read it, as far as its place tells: nobody is to be told to lock `/etc/passwd`.
fn is_the_systems(path: &Path) -> bool {
    const WHOLE: [&str; 9] = ["/bin", "/boot", "/dev", "/lib", "/lib64", "/proc", "/sbin", "/sys", "/usr"];
    let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    real.parent() == Some(Path::new("/etc")) || WHOLE.iter().any(|folder| real.starts_with(folder))
}

impl Value for SecretFile {
    const EXPECTED: &'static str = "the path of a file that holds the secret,";

    fn from_text(text: &str) -> Option<Self> {
        (!text.is_empty() && !text.contains("://")).then(|| Self(text.into()))
    }

    fn settle(self, context: &Context) -> Result<Self, String> {
        if self.0.is_absolute() {
            return Ok(self);
        }
        let Some(folder) = &context.credentials else {
            return Err(format!(
                "is the relative path {:?}: only systemd's credentials may be relative (LoadCredential=, and \
                 CREDENTIALS_DIRECTORY isn't set); write an absolute path",
                self.0
            ));
        };
        Ok(Self(folder.join(self.0)))
    }
}
