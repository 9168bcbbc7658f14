//! Applications: what the platform must know of an image to run it for people.
//!
//! A manifest (TOML) states the facts once: which isolation it can live with, and per range of versions how to release,
//! serve and probe it. Code elsewhere knows no application by name. Fresco's and the sample's manifests ship inside
//! ([`Catalogue::shipped`]); an operator adds others as files.
//!
//! To support a new app: write a manifest (see `manifests/`), name its folder in `tenants.apps_directory`.

mod catalogue;
mod check;
mod manifest;
mod profile;
mod setting;
mod setup;
mod template;

pub use catalogue::{Catalogue, CatalogueError, InvalidCatalogue};
pub use check::WrongField;
pub use manifest::{AppManifest, AppName, InvalidManifest, Isolation, VersionSource};
pub use profile::{LogRules, Profile, ReadyProbe, Release, RunAs, Serve, Writable};
pub use setting::{EnvName, InvalidSetting, Setting};
pub use setup::{Mark, Setup, SetupState, Shown};
pub use template::{InvalidTemplate, Template, Variable};
