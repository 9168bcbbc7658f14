//! Images that the platform makes itself.

use std::collections::HashMap;

use bollard::body_full;
use bollard::query_parameters::{CreateImageOptions, ListImagesOptions, RemoveImageOptions};
use bytes::Bytes;
use domain::image::ImageReference;
use futures_util::TryStreamExt;

use super::DockerEngine;
use super::call::Ask;
use crate::container::labels::{OWN_IMAGE, ROLE};
use crate::container::{EngineError, Image, ImageName, PlatformId};

impl DockerEngine {
    pub(super) async fn import(&self, name: &ImageReference, root: Bytes) -> Result<Image, EngineError> {
        if let Some(there) = self.look_up_image(ImageName::Reference(name)).await? {
            return Ok(there);
        }
        let ask = Ask::new("import an image", format_args!("image {name}"));
        let platform = self.options.platform.as_str();
        let options = CreateImageOptions {
            from_src: Some("-".to_owned()),
            repo: Some(name.repository().to_owned()),
            tag: name.tag().map(str::to_owned),
            changes: vec![format!("LABEL {}={platform} {ROLE}={OWN_IMAGE}", PlatformId::LABEL)],
            ..CreateImageOptions::default()
        };
        let import = self.docker.create_image(Some(options), Some(body_full(root)), None);
        let extra = self.options.pull_timeout;
        // What is wrong with an archive the engine tells as a fault of its own.
        let imported = self.long_call(&ask, extra, import.try_for_each(|_progress| async { Ok(()) })).await;
        imported.map_err(|error| match error.to_string() {
            words if words.contains("archive/tar") || words.contains("unexpected EOF") => ask.refused(words),
            _ => error,
        })?;
        self.look_up_image(ImageName::Reference(name)).await?.ok_or_else(|| ask.not_found())
    }

    pub(super) async fn remove_own(&self, keep: Option<&ImageReference>) -> Result<(), EngineError> {
        let ask = Ask::new("remove images", "images");
        let labels = [(PlatformId::LABEL, self.options.platform.as_str()), (ROLE, OWN_IMAGE)];
        let labels = labels.map(|(key, value)| format!("{key}={value}")).to_vec();
        let filters = Some(HashMap::from([("label".to_owned(), labels)]));
        let options = ListImagesOptions { filters, ..ListImagesOptions::default() };
        let kept = keep.map(ToString::to_string);
        for image in self.call(&ask, self.docker.list_images(Some(options))).await? {
            if kept.as_ref().is_some_and(|kept| image.repo_tags.contains(kept)) {
                continue;
            }
            let removed = self.docker.remove_image(&image.id, None::<RemoveImageOptions>, None);
            match self.call(&ask, removed).await {
                // Used by a container, or gone.
                Ok(_) | Err(EngineError::NotFound { .. } | EngineError::Conflict { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}
