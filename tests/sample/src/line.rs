//! The two lines of Fresco this program imitates, and the version it takes its line from.
//!
//! The version stands in `package.json` only, as in Fresco's image: one binary, two images.

use std::{fs, path::Path};

/// Which line of Fresco to behave like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Line {
    /// As 3.1.2: redirects tell the state, everything runs over `DATABASE_URL`.
    Three,
    /// As 4.0.0: pages answer 200 always, migrations run over `DATABASE_URL_UNPOOLED`.
    Four,
}

/// A version and the line it belongs to.
#[derive(Debug, Clone)]
pub(crate) struct Version {
    pub(crate) text: String,
    pub(crate) line: Line,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum VersionError {
    #[error("{path} cannot be read: the image must contain it")]
    Unreadable { path: String, source: std::io::Error },
    #[error("{path} is not JSON")]
    NotJson { path: String, source: serde_json::Error },
    #[error("{path} has no \"version\" like \"3.1.2\"")]
    NoVersion { path: String },
}

impl Version {
    /// Reads `package.json` in `root`.
    pub(crate) fn read(root: &Path) -> Result<Self, VersionError> {
        let file = root.join("package.json");
        let path = file.display().to_string();
        let text =
            fs::read_to_string(&file).map_err(|source| VersionError::Unreadable { path: path.clone(), source })?;
        let package: serde_json::Value =
            serde_json::from_str(&text).map_err(|source| VersionError::NotJson { path: path.clone(), source })?;
        package["version"].as_str().and_then(Self::parse).ok_or(VersionError::NoVersion { path })
    }

    fn parse(text: &str) -> Option<Self> {
        let major: u32 = text.split('.').next()?.parse().ok()?;
        let line = if major >= 4 { Line::Four } else { Line::Three };
        Some(Self { text: text.to_owned(), line })
    }
}
