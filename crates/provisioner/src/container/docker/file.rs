//! A file out of an image, without running anything of it: a container that is never started, its archive, its end.
//!
//! Such a container carries the platform's label and a role instead of an owner, so that one whose reader died is
//! known for what it is, and goes when it is older than any reading takes.

use std::collections::HashMap;
use std::io::Read as _;

use bollard::models::{ContainerCreateBody, HostConfig};
use bollard::query_parameters::{CreateContainerOptions, DownloadFromContainerOptions, ListContainersOptions};
use domain::image::ImageId;
use domain::quantity::Bytes;
use domain::tenant::ContainerId;
use domain::{Clock as _, SystemClock};
use futures_util::TryStreamExt;

use super::DockerEngine;
use super::call::{Ask, refusal};
use crate::container::labels::{READER, ROLE};
use crate::container::{EngineError, PlatformId};
use crate::routing::unrouted;

/// A tar archive's share beside the file: header, padding, an extended header, two empty blocks.
const ARCHIVE_OVERHEAD: u64 = 64 << 10;

impl DockerEngine {
    pub(super) async fn read_file(
        &self,
        image: &ImageId,
        path: &str,
        limit: Bytes,
    ) -> Result<Option<Vec<u8>>, EngineError> {
        self.remove_readers().await?;
        let reader = self.create_reader(image).await?;
        let archive = self.download(&reader, path, limit).await;
        self.remove(&reader).await?;
        let ask = Ask::new("read a file", format_args!("{path} in image {image}"));
        archive?.map(|archive| unpack(&ask, &archive, limit)).transpose()
    }

    async fn create_reader(&self, image: &ImageId) -> Result<ContainerId, EngineError> {
        let labels = [(PlatformId::LABEL, self.options.platform.as_str()), (ROLE, READER)];
        let labels = labels.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned()));
        let body = ContainerCreateBody {
            image: Some(image.as_str().to_owned()),
            // Never run; without one, an image that has none can't become a container.
            entrypoint: Some(vec!["/never".to_owned()]),
            labels: Some(labels.chain(unrouted()).collect()),
            network_disabled: Some(true),
            host_config: Some(HostConfig { network_mode: Some("none".to_owned()), ..HostConfig::default() }),
            ..ContainerCreateBody::default()
        };
        let ask = Ask::new("read a file", format_args!("image {image}"));
        let made = self.call(&ask, self.docker.create_container(None::<CreateContainerOptions>, body)).await?;
        ContainerId::parse(&made.id).map_err(|error| ask.unavailable(error.to_string()))
    }

    /// The file's tar archive; `None` if it is not there.
    async fn download(&self, reader: &ContainerId, path: &str, limit: Bytes) -> Result<Option<Vec<u8>>, EngineError> {
        let ask = Ask::new("read a file", path);
        let options = DownloadFromContainerOptions { path: path.to_owned() };
        let mut stream = self.docker.download_from_container(reader.as_str(), Some(options));
        let collect = async {
            let mut archive = Vec::new();
            while let Some(chunk) = stream.try_next().await? {
                archive.extend_from_slice(&chunk);
                if archive.len() as u64 > limit.0.saturating_add(ARCHIVE_OVERHEAD) {
                    break;
                }
            }
            Ok(archive)
        };
        match self.call_raw(&ask, collect).await? {
            Ok(archive) => Ok(Some(archive)),
            Err(error) => match refusal(&error) {
                Some((404, words)) if words.starts_with("No such container") => {
                    Err(ask.unavailable("the container made to read it was removed meanwhile"))
                }
                Some((404, _)) => Ok(None),
                _ => Err(ask.fault(&error)),
            },
        }
    }

    /// Removes what was left by those who died, or lost the engine, while reading.
    pub(super) async fn remove_readers(&self) -> Result<(), EngineError> {
        let ask = Ask::new("list containers", "containers");
        let labels =
            vec![format!("{}={}", PlatformId::LABEL, self.options.platform.as_str()), format!("{ROLE}={READER}")];
        let options = ListContainersOptions {
            all: true,
            filters: Some(HashMap::from([("label".to_owned(), labels)])),
            ..ListContainersOptions::default()
        };
        let lifetime = i64::try_from(self.options.reader_lifetime.as_secs()).unwrap_or(i64::MAX);
        let before = SystemClock.now().timestamp().saturating_sub(lifetime);
        let readers = self.call(&ask, self.docker.list_containers(Some(options))).await?;
        for reader in readers.into_iter().filter(|reader| reader.created.is_some_and(|created| created <= before)) {
            let id = reader.id.ok_or_else(|| ask.lacks("a container's id"))?;
            self.remove(&ContainerId::parse(&id).map_err(|error| ask.unavailable(error.to_string()))?).await?;
        }
        Ok(())
    }
}

/// The one file in `archive`.
fn unpack(ask: &Ask, archive: &[u8], limit: Bytes) -> Result<Vec<u8>, EngineError> {
    let unreadable = |error: std::io::Error| ask.unavailable(format!("its archive can't be read: {error}"));
    let mut archive = tar::Archive::new(archive);
    let entry = archive.entries().map_err(unreadable)?.next().ok_or_else(|| ask.lacks("the file"))?;
    let mut entry = entry.map_err(unreadable)?;
    if !entry.header().entry_type().is_file() {
        return Err(ask.refused("it is not a plain file: name the file it points to"));
    }
    if entry.size() > limit.0 {
        return Err(ask.refused(format!("it has {} bytes, at most {limit} are read", entry.size())));
    }
    let mut content = Vec::new();
    entry.read_to_end(&mut content).map_err(unreadable)?;
    Ok(content)
}
