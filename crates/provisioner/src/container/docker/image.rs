//! Images on the engine, and how they are known.

use bollard::models::ImageInspect;
use domain::image::{ImageId, ImageReference};

use super::DockerEngine;
use super::call::Ask;
use crate::container::{EngineError, Image, ImageName};

impl DockerEngine {
    pub(super) async fn look_up_image(&self, name: ImageName<'_>) -> Result<Option<Image>, EngineError> {
        let handle = match name {
            ImageName::Reference(reference) => handle(reference),
            ImageName::Id(id) => id.as_str().to_owned(),
        };
        let ask = Ask::new("look an image up", format_args!("image {handle}"));
        match self.call(&ask, self.docker.inspect_image(&handle)).await {
            Ok(found) => image(&ask, found, name).map(Some),
            Err(EngineError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// A reference as the engine finds it: by digest if it has one, for a tag beside it may have moved on.
fn handle(reference: &ImageReference) -> String {
    match (reference.digest(), reference.tag()) {
        (Some(digest), _) => format!("{}@{digest}", reference.repository()),
        (None, Some(tag)) => format!("{}:{tag}", reference.repository()),
        (None, None) => reference.repository().to_owned(),
    }
}

fn image(ask: &Ask, found: ImageInspect, name: ImageName<'_>) -> Result<Image, EngineError> {
    let id = found.id.as_deref().and_then(|id| ImageId::parse(id).ok()).ok_or_else(|| ask.lacks("the image's id"))?;
    let digests = found.repo_digests.unwrap_or_default();
    let digest = match name {
        ImageName::Id(_) => digests.into_iter().next(),
        ImageName::Reference(reference) => digests.into_iter().find(|digest| belongs(digest, reference)),
    };
    let config = found.config.unwrap_or_default();
    let mut labels: Vec<String> = config.labels.unwrap_or_default().into_keys().collect();
    let mut volumes = config.volumes.unwrap_or_default();
    labels.sort_unstable();
    volumes.sort_unstable();
    Ok(Image { id, digest, labels, volumes })
}

/// Whether `digest` (`name@sha256:…`) is of the reference's repository, and of its digest where it names one: an image
/// that stands in several repositories has a digest in each.
fn belongs(digest: &str, reference: &ImageReference) -> bool {
    let Some((repository, hash)) = digest.split_once('@') else { return false };
    familiar(repository) == familiar(reference.repository()) && reference.digest().is_none_or(|wanted| wanted == hash)
}

/// A repository as the engine shortens it: Docker Hub's host and its `library/` left out.
fn familiar(repository: &str) -> &str {
    let short = repository.strip_prefix("docker.io/").or_else(|| repository.strip_prefix("index.docker.io/"));
    let name = short.unwrap_or(repository);
    name.strip_prefix("library/").unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_belongs_to_its_own_repository_only() {
        let hash = format!("sha256:{}", "a".repeat(64));
        let reference = |text: &str| ImageReference::parse(text).unwrap();
        assert!(belongs(&format!("node@{hash}"), &reference("docker.io/library/node:20")));
        assert!(belongs(&format!("r.example:5000/a/b@{hash}"), &reference("r.example:5000/a/b:1")));
        assert!(!belongs(&format!("r.example:5000/a/b@{hash}"), &reference("a/b:1")));
        assert!(!belongs(&format!("a@{hash}"), &reference(&format!("a@sha256:{}", "b".repeat(64)))));
    }

    #[test]
    fn a_digest_outweighs_its_tag() {
        let hash = format!("sha256:{}", "a".repeat(64));
        assert_eq!(handle(&ImageReference::parse(&format!("a:1@{hash}")).unwrap()), format!("a@{hash}"));
        assert_eq!(handle(&ImageReference::parse("a").unwrap()), "a:latest");
    }
}
