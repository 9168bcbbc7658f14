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
    #[error("{first} and {second} are both of the app `{name}`: give one of them another `name`, or take it away")]
    Twice { name: AppName, first: String, second: String },
    #[error("there is no app `{name}`; there are: {known}")]
    Unknown { name: String, known: String },
}

impl CatalogueError {
    /// The file in which it is to be mended.
    #[must_use]
    pub fn file(&self) -> Option<&str> {
        match self {
            Self::Manifest { file, .. } | Self::Twice { second: file, .. } => Some(file),
            Self::Unknown { .. } => None,
        }
    }
}

/// Everything that is wrong with manifests.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", in_lines(_0))]
pub struct InvalidCatalogue(pub Vec<CatalogueError>);

fn in_lines(wrong: &[CatalogueError]) -> String {
    wrong.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
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
    /// As [`Catalogue::only`].
    pub fn offered(
        samples: bool,
        others: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, InvalidCatalogue> {
        let samples = SAMPLES.iter().filter(|_| samples);
        let shipped = SHIPPED.iter().chain(samples).map(|(file, toml)| ((*file).to_owned(), (*toml).to_owned()));
        let mut catalogue = Self::only(shipped)?;
        catalogue.apps.extend(Self::only(others)?.apps);
        Ok(catalogue)
    }

    /// These manifests and no others.
    ///
    /// # Errors
    /// [`InvalidCatalogue`] names each file and what is wrong in it, or both files of one app.
    pub fn only(manifests: impl IntoIterator<Item = (String, String)>) -> Result<Self, InvalidCatalogue> {
        let (mut files, mut apps, mut wrong) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
        for (file, toml) in manifests {
            match AppManifest::parse(&toml) {
                Err(source) => wrong.push(CatalogueError::Manifest { file, source }),
                Ok(manifest) => {
                    if let Some(first) = files.insert(manifest.name.clone(), file.clone()) {
                        wrong.push(CatalogueError::Twice { name: manifest.name.clone(), first, second: file });
                    }
                    apps.insert(manifest.name.clone(), manifest);
                }
            }
        }
        if wrong.is_empty() { Ok(Self { apps }) } else { Err(InvalidCatalogue(wrong)) }
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
