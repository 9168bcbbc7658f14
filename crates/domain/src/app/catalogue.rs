//! The apps this installation offers.

use std::collections::BTreeMap;

use super::{AppManifest, AppName, InvalidManifest};

/// Manifests by name.
#[derive(Clone, Debug)]
pub struct Catalogue {
    apps: BTreeMap<AppName, AppManifest>,
}

/// Why a catalogue is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CatalogueError {
    #[error("manifest {file}: {source}")]
    Manifest { file: String, source: InvalidManifest },
    #[error("there is no app `{name}`; there are: {known}")]
    Unknown { name: String, known: String },
}

const SHIPPED: [(&str, &str); 1] = [("fresco.toml", include_str!("../../manifests/fresco.toml"))];

/// To try the platform with; nobody wants one for what it does.
const SAMPLES: [(&str, &str); 2] = [
    ("sample.toml", include_str!("../../manifests/sample.toml")),
    ("sample-schema.toml", include_str!("../../manifests/sample-schema.toml")),
];

impl Catalogue {
    /// All manifests inside the binary, the sample apps' too.
    #[must_use]
    pub fn shipped() -> Self {
        Self::offered(true, []).expect("the shipped manifests are checked by a test")
    }

    /// The shipped manifests, with those of the sample apps if asked for, and others, which replace shipped ones of the same
    /// name. Pairs of file name and TOML.
    ///
    /// # Errors
    /// [`CatalogueError::Manifest`] names the file and what is wrong in it.
    pub fn offered(samples: bool, others: impl IntoIterator<Item = (String, String)>) -> Result<Self, CatalogueError> {
        let samples = SAMPLES.iter().filter(|_| samples);
        let shipped = SHIPPED.iter().chain(samples).map(|(file, toml)| ((*file).to_owned(), (*toml).to_owned()));
        Self::only(shipped.chain(others))
    }

    /// These manifests and no others.
    ///
    /// # Errors
    /// [`CatalogueError::Manifest`] names the file and what is wrong in it.
    pub fn only(manifests: impl IntoIterator<Item = (String, String)>) -> Result<Self, CatalogueError> {
        let apps = manifests
            .into_iter()
            .map(|(file, toml)| match AppManifest::parse(&toml) {
                Ok(manifest) => Ok((manifest.name.clone(), manifest)),
                Err(source) => Err(CatalogueError::Manifest { file, source }),
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { apps })
    }

    /// The manifest of that name.
    ///
    /// # Errors
    /// [`CatalogueError::Unknown`] lists the names there are.
    pub fn get(&self, name: &AppName) -> Result<&AppManifest, CatalogueError> {
        self.apps.get(name).ok_or_else(|| {
            let known: Vec<&str> = self.apps.keys().map(AppName::as_str).collect();
            CatalogueError::Unknown { name: name.to_string(), known: known.join(", ") }
        })
    }

    pub fn iter(&self) -> impl Iterator<Item = &AppManifest> {
        self.apps.values()
    }
}
