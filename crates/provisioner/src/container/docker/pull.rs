//! Fetching an image from its registry.

use std::collections::HashMap;

use bollard::errors::Error;
use bollard::models::CreateImageInfo;
use bollard::query_parameters::CreateImageOptions;
use domain::image::ImageReference;
use futures_util::StreamExt;
use tokio::time::timeout;

use super::DockerEngine;
use super::call::{Ask, refusal};
use crate::container::{EngineError, Image, ImageName, PullProgress};

type OnProgress<'a> = &'a (dyn Fn(PullProgress) + Send + Sync);

impl DockerEngine {
    pub(super) async fn pull(
        &self,
        reference: &ImageReference,
        progress: OnProgress<'_>,
    ) -> Result<Image, EngineError> {
        let ask = Ask::new("fetch an image", format_args!("image {reference}"));
        let whole = self.options.pull_timeout;
        timeout(whole, self.fetch(&ask, reference, progress))
            .await
            .map_err(|_elapsed| ask.unavailable(format!("{reference} is not there after {whole:?}")))??;
        self.look_up_image(ImageName::Reference(reference)).await?.ok_or_else(|| ask.not_found())
    }

    async fn fetch(&self, ask: &Ask, reference: &ImageReference, progress: OnProgress<'_>) -> Result<(), EngineError> {
        let _permit = self.pulls.acquire().await.map_err(|_closed| ask.unavailable("it is being shut down"))?;
        let options = CreateImageOptions {
            from_image: Some(reference.repository().to_owned()),
            // The engine takes a digest for a tag; with neither it would fetch every tag there is.
            tag: reference.digest().or_else(|| reference.tag()).map(str::to_owned),
            ..CreateImageOptions::default()
        };
        let mut stream = self.docker.create_image(Some(options), None, self.options.credentials.of(reference));
        let mut layers = Layers::default();
        let idle = self.options.pull_idle;
        loop {
            let next = timeout(idle, stream.next()).await;
            match next.map_err(|_elapsed| ask.unavailable(format!("{reference} makes no progress for {idle:?}")))? {
                Some(Ok(info)) => progress(layers.learn(info)),
                Some(Err(error)) => return Err(fault(ask, &error)),
                None => return Ok(()),
            }
        }
    }
}

/// Reads a failure by its words: the engine passes a registry's on with a status of its own making, or, once it has
/// begun to answer, with none.
fn fault(ask: &Ask, error: &Error) -> EngineError {
    let words = match (error, refusal(error)) {
        (_, Some((_, message))) => message,
        (Error::DockerStreamError { error }, None) => error,
        _cut_off => return ask.fault(error),
    };
    let says = |parts: &[&str]| parts.iter().any(|part| words.contains(part));
    if says(&["manifest unknown", "name unknown", "not found"]) {
        return ask.not_found();
    }
    if says(&[
        "unauthorized",
        "denied",
        "no basic auth credentials",
        "invalid reference format",
        "no matching manifest",
    ]) {
        return ask.refused(words);
    }
    ask.unavailable(words)
}

/// How much of each layer is there.
#[derive(Debug, Default)]
struct Layers(HashMap<String, (u64, u64)>);

impl Layers {
    fn learn(&mut self, info: CreateImageInfo) -> PullProgress {
        let status = info.status.unwrap_or_default();
        if let Some(layer) = info.id {
            let detail = info.progress_detail.unwrap_or_default();
            let count = |bytes: Option<i64>| bytes.and_then(|bytes| u64::try_from(bytes).ok());
            // Extracting counts the same bytes once more.
            if status == "Downloading"
                && let (Some(done), Some(total)) = (count(detail.current), count(detail.total))
            {
                self.0.insert(layer, (done, total));
            } else if status == "Download complete" || status == "Pull complete" {
                self.0.entry(layer).and_modify(|(done, total)| *done = *total);
            }
        }
        PullProgress { status, bytes: self.total() }
    }

    fn total(&self) -> Option<(u64, u64)> {
        let sum = |(done, total): (u64, u64), (more, most): &(u64, u64)| (done + more, total + most);
        (!self.0.is_empty()).then(|| self.0.values().fold((0, 0), sum))
    }
}

#[cfg(test)]
mod tests {
    use bollard::models::ProgressDetail;

    use super::*;

    fn info(layer: &str, status: &str, current: i64, total: i64) -> CreateImageInfo {
        CreateImageInfo {
            id: Some(layer.to_owned()),
            status: Some(status.to_owned()),
            progress_detail: Some(ProgressDetail { current: Some(current), total: Some(total) }),
            ..CreateImageInfo::default()
        }
    }

    #[test]
    fn bytes_add_up_over_layers_and_extracting_does_not_count_twice() {
        let mut layers = Layers::default();
        assert_eq!(layers.learn(CreateImageInfo::default()).bytes, None);
        assert_eq!(layers.learn(info("a", "Downloading", 10, 100)).bytes, Some((10, 100)));
        assert_eq!(layers.learn(info("b", "Downloading", 5, 50)).bytes, Some((15, 150)));
        assert_eq!(layers.learn(info("a", "Download complete", 0, 0)).bytes, Some((105, 150)));
        assert_eq!(layers.learn(info("a", "Extracting", 1, 100)).bytes, Some((105, 150)));
    }

    #[test]
    fn a_registrys_words_tell_final_from_passing() {
        let ask = Ask::new("fetch an image", "image x");
        let read = |words: &str| fault(&ask, &Error::DockerStreamError { error: words.to_owned() });
        assert!(matches!(read("manifest unknown: manifest unknown"), EngineError::NotFound { .. }));
        assert!(matches!(read("unauthorized: authentication required"), EngineError::Refused { .. }));
        assert!(matches!(read("dial tcp: connection refused"), EngineError::Unavailable { .. }));
    }
}
