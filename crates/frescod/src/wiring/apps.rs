//! The apps this installation offers.

use std::path::{Path, PathBuf};

use domain::app::{Catalogue, CatalogueError, InvalidCatalogue};

use crate::config::Config;

/// Why there is no catalogue. Restarting mends none of it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AppsError {
    #[error("`tenants.apps_directory`: {} can't be read ({source}): make it readable for the account frescod runs as", path.display())]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("`tenants.apps_directory`: {0}")]
    Refused(#[source] InvalidCatalogue),
    #[error("`tenants.default_app`: {0}")]
    NoDefault(#[source] CatalogueError),
}

impl AppsError {
    /// Each thing that is wrong, and the file it is about.
    pub(crate) fn problems(&self) -> Vec<(Option<PathBuf>, String)> {
        match self {
            Self::Unreadable { path, .. } => vec![(Some(path.clone()), self.to_string())],
            Self::Refused(InvalidCatalogue(wrong)) => {
                let told = |error: &CatalogueError| format!("`tenants.apps_directory`: {error}");
                wrong.iter().map(|error| (error.file().map(PathBuf::from), told(error))).collect()
            }
            Self::NoDefault(_) => vec![(None, self.to_string())],
        }
    }
}

/// The built-in apps and the operator's.
///
/// # Errors
/// [`AppsError`], also if the app of tenants that name none isn't among them.
pub(crate) fn catalogue(config: &Config) -> Result<Catalogue, AppsError> {
    let tenants = &config.tenants;
    let others = tenants.apps_directory.as_deref().map_or_else(|| Ok(Vec::new()), manifests)?;
    let catalogue = Catalogue::offered(tenants.sample_apps, others).map_err(AppsError::Refused)?;
    catalogue.get(&tenants.default_app).map_err(AppsError::NoDefault)?;
    Ok(catalogue)
}

/// Pairs of path and text, in the order of their names.
fn manifests(folder: &Path) -> Result<Vec<(String, String)>, AppsError> {
    let unreadable = |path: &Path| {
        let path = path.to_owned();
        move |source| AppsError::Unreadable { path, source }
    };
    let files = std::fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let mut files: Vec<PathBuf> = files.map_err(unreadable(folder))?.iter().map(std::fs::DirEntry::path).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    let read = |file: &PathBuf| {
        let text = std::fs::read_to_string(file).map_err(unreadable(file))?;
        Ok((file.display().to_string(), text))
    };
    files.iter().map(read).collect()
}
