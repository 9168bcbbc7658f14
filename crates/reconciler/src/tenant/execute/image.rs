//! Having the image, and settling which one it is.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use domain::app::{Profile, RunAs, VersionSource};
use domain::image::{ImageId, ImagePin, ImageReference};
use domain::quantity::Bytes;
use domain::tenant::{Evidence, Observed, Outcome, Status, Step, World};
use provisioner::container::{EngineError, Image, ImageName, PullProgress};
use semver::Version;
use storage::{ClaimError, Progress};
use tokio::sync::watch;

use super::super::failure::StepError;
use super::super::pass::Pass;

/// The most a file that tells a version may hold.
const VERSION_FILE: Bytes = Bytes(256 << 10);
/// The most that is repeated of what is no version.
const LONGEST_VERSION: usize = 64;
/// How often a pull in progress is written down.
const PULL_REPORT: Duration = Duration::from_secs(3);
/// Images whose version is remembered; there are as many as an installation has versions in use.
const REMEMBERED: usize = 256;

/// Versions already read out of images, or why they can't be: content never changes under an id.
#[derive(Debug, Default)]
pub(crate) struct Versions(Mutex<HashMap<ImageId, Result<Version, Untold>>>);

/// Why an image does not tell the app's version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Untold {
    #[error("the image has no file {0}")]
    File(String),
    #[error("{file} in the image is no JSON with a text under `{key}`")]
    Text { file: String, key: String },
    #[error("`{0}` is no version such as 4.0.0")]
    Version(String),
}

impl Versions {
    fn get(&self, image: &ImageId) -> Option<Result<Version, Untold>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(image).cloned()
    }

    fn put(&self, image: &ImageId, version: Result<Version, Untold>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(image.clone(), version);
    }
}

/// The pinned image if there is a pin, else the one the reference means now.
pub(super) async fn ensure(pass: &Pass) -> Result<Evidence, StepError> {
    let pin = match &pass.desired.resolved {
        Some(resolved) => have_pinned(pass, &resolved.pin).await?,
        None => settle(pass).await?,
    };
    Ok(Evidence::Image(Observed::Present(pin)))
}

async fn settle(pass: &Pass) -> Result<ImagePin, StepError> {
    let reference = &pass.desired.image;
    let held = pass.shared.parts.engine.find_image(ImageName::Reference(reference)).await?;
    let image = match held {
        // One that came from no registry is what the engine has under its name.
        Some(image) if image.digest.is_none() || !is_asked_anew(pass) => image,
        Some(_) | None => pull(pass, reference).await?,
    };
    let unfit = |why| StepError::ImageUnfit { reference: reference.clone(), why };
    if let Some(label) = image.usurps() {
        return Err(unfit(format!("it carries the label `{label}`, which only the platform may set")));
    }
    let version = version(pass, &image.id).await?;
    let refreshes = pass.subject().spec.refreshes;
    let pin = ImagePin { reference: reference.clone(), id: image.id, digest: image.digest, version, refreshes };
    let profile = pass.manifest.as_ref().map(|manifest| manifest.profile(&pin));
    match profile.and_then(|profile| unlimited(&image.volumes, profile)) {
        Some(path) => Err(unfit(format!(
            "it declares a volume at `{path}`, a disk without a limit; the app's manifest has no memory for that path"
        ))),
        None => Ok(pin),
    }
}

/// Whether this reference was settled before, and people want what it means by now.
fn is_asked_anew(pass: &Pass) -> bool {
    pass.subject().pin.is_some_and(|pin| pin.reference == pass.desired.image)
}

/// A volume that would be a disk in one of the phases: no tmpfs at that very path takes its place.
fn unlimited<'a>(volumes: &'a [String], profile: &Profile) -> Option<&'a String> {
    let phases = [Some(&profile.serve.run), profile.release.as_ref().map(|release| &release.run)];
    let is_disk = |path: &str, run: &RunAs| {
        run.writable_root.is_none() && run.writable.iter().all(|writable| writable.path != path)
    };
    volumes.iter().find(|path| phases.into_iter().flatten().any(|run| is_disk(path, run)))
}

async fn have_pinned(pass: &Pass, pin: &ImagePin) -> Result<ImagePin, StepError> {
    if pass.shared.parts.engine.find_image(ImageName::Id(&pin.id)).await?.is_some() {
        return Ok(pin.clone());
    }
    let by_digest = pin.digest.as_deref().and_then(|digest| ImageReference::parse(digest).ok());
    let image = pull(pass, by_digest.as_ref().unwrap_or(&pin.reference)).await?;
    if image.id == pin.id {
        Ok(pin.clone())
    } else {
        Err(StepError::ImageReplaced { reference: pin.reference.clone(), pinned: pin.id.clone() })
    }
}

/// Fetches the image, and tells now and then how far it is.
async fn pull(pass: &Pass, reference: &ImageReference) -> Result<Image, StepError> {
    let (tell, told) = watch::channel(None);
    let progress = |progress: PullProgress| drop(tell.send_replace(Some(progress)));
    let pulled = tokio::select! {
        pulled = pass.shared.parts.engine.pull_image(reference, &progress) => pulled,
        error = report(pass, told) => return Err(error.into()),
    };
    match pulled {
        Err(EngineError::NotFound { .. }) => Err(StepError::ImageMissing(reference.clone())),
        other => other.map_err(StepError::Fetch),
    }
}

/// Writes the newest progress down once a period; ends only if the claim is lost.
async fn report(pass: &Pass, mut told: watch::Receiver<Option<PullProgress>>) -> ClaimError {
    loop {
        tokio::time::sleep(PULL_REPORT).await;
        let Some(progress) = told.borrow_and_update().clone() else { continue };
        if let Err(error) = tell(pass, &in_words(&progress)).await {
            return error;
        }
    }
}

/// Writes a line of progress down; fails only if the claim is lost. A line of history that is lost is no reason to do all of
/// it again.
async fn tell(pass: &Pass, message: &str) -> Result<(), ClaimError> {
    let status = Status::of(pass.desired.state, &World::default(), &Outcome::Working);
    let line = Progress { step: Some(&Step::EnsureImage), beside: &[], status, message, at: pass.shared.clock.now() };
    match pass.shared.store.progress(&pass.claimed.lease, &line).await {
        Err(ClaimError::Lost) => Err(ClaimError::Lost),
        Err(ClaimError::Storage(_)) | Ok(()) => Ok(()),
    }
}

fn in_words(progress: &PullProgress) -> String {
    let what = Step::EnsureImage.describe();
    match progress.bytes {
        Some((done, all)) if all > 0 => format!("{what}: {} of {} MiB", done >> 20, all >> 20),
        Some(_) | None => format!("{what}: {}", progress.status),
    }
}

/// `None` if the image does not tell: the manifest's fallback then holds, and people read why.
async fn version(pass: &Pass, image: &ImageId) -> Result<Option<Version>, StepError> {
    let source = pass.manifest.as_ref().and_then(|manifest| manifest.version.as_ref());
    let Some(source) = source else { return Ok(None) };
    let version = match pass.shared.versions.get(image) {
        Some(known) => known,
        None => {
            let file = pass.shared.parts.engine.read_image_file(image, &source.file, VERSION_FILE).await?;
            let version = parse(file.as_deref(), source);
            pass.shared.versions.put(image, version.clone());
            version
        }
    };
    if let Err(why) = &version {
        tell(pass, &format!("The app's version can't be told ({why}); it is run as one that nothing is known of"))
            .await?;
    }
    Ok(version.ok())
}

fn parse(file: Option<&[u8]>, source: &VersionSource) -> Result<Version, Untold> {
    let bytes = file.ok_or_else(|| Untold::File(source.file.clone()))?;
    let json: Option<serde_json::Value> = serde_json::from_slice(bytes).ok();
    let text = json.as_ref().and_then(|json| json.get(&source.key)?.as_str());
    let text = text.ok_or_else(|| Untold::Text { file: source.file.clone(), key: source.key.clone() })?;
    Version::parse(text).map_err(|_| Untold::Version(text.chars().take(LONGEST_VERSION).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_read_or_it_is_said_why_not() {
        let source = VersionSource { file: "/app/package.json".to_owned(), key: "version".to_owned() };
        let read = |file: Option<&str>| parse(file.map(str::as_bytes), &source);
        assert_eq!(read(Some(r#"{"version":"4.0.0"}"#)), Ok(Version::new(4, 0, 0)));
        for (file, why) in [
            (None, "no file /app/package.json"),
            (Some("[]"), "no JSON with a text under `version`"),
            (Some(r#"{"version":4}"#), "no JSON with a text under `version`"),
            (Some(r#"{"version":"latest"}"#), "`latest` is no version such as 4.0.0"),
        ] {
            let untold = read(file).unwrap_err().to_string();
            assert!(untold.contains(why), "{untold}");
        }
    }
}
