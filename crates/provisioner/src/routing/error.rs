//! What can go wrong with a route's file.

use std::path::PathBuf;

/// The folder's answer that is none.
#[derive(Debug, thiserror::Error)]
#[error("can't {action} {path}: {source}", path = path.display())]
pub struct RouteError {
    pub action: &'static str,
    pub path: PathBuf,
    #[source]
    pub source: std::io::Error,
}
