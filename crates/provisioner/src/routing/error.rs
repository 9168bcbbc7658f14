//! What can go wrong with the routes' files.

use std::io;
use std::path::PathBuf;

/// The folder's answer that is none.
#[derive(Debug, thiserror::Error)]
pub enum RouteError {
    #[error("can't {action} {path}: {source}", path = path.display())]
    Io {
        action: &'static str,
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error(
        "{staging} lies in {directory}, which Traefik watches: it would read half-written files. \
         Choose a folder beside it",
        staging = staging.display(), directory = directory.display()
    )]
    StagingIsWatched { staging: PathBuf, directory: PathBuf },
    #[error(
        "{staging} and {directory} are on different file systems, so that no file can be renamed from one into the \
         other. Choose a folder beside the second",
        staging = staging.display(), directory = directory.display()
    )]
    OtherFileSystem { staging: PathBuf, directory: PathBuf },
    #[error("the work on the routes' folder was cut off")]
    Interrupted(#[from] tokio::task::JoinError),
}
