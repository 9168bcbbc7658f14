//! The image that probes run: this program's own, made once.

use std::sync::Arc;

use domain::image::ImageId;
use provisioner::container::{ContainerEngine, ImageName, PlatformId};
use provisioner::hostile::{Program, ProgramError};
use tokio::sync::OnceCell;

use super::ProbeError;

/// The program, read at the first probe.
#[derive(Debug, Default)]
pub(super) struct OwnImage(OnceCell<Arc<Program>>);

/// What a container is made of.
#[derive(Clone, Debug)]
pub(super) struct Runnable {
    pub(super) image: ImageId,
    pub(super) command: Vec<String>,
}

/// The hidden command that tries everything.
const COMMAND: &str = "probe-inside";

impl OwnImage {
    /// Makes it if the engine doesn't hold it, and removes those of other versions of this program.
    pub(super) async fn ensure(
        &self,
        engine: &dyn ContainerEngine,
        platform: &PlatformId,
    ) -> Result<Runnable, ProbeError> {
        let program = self.0.get_or_try_init(|| blocking(|| Program::that_runs().map(Arc::new))).await?;
        let name = program.image(platform)?;
        let image = match engine.find_image(ImageName::Reference(&name)).await? {
            Some(there) => there,
            None => {
                let program = Arc::clone(program);
                let root = blocking(move || program.archive()).await?;
                let made = engine.import_image(&name, root).await?;
                engine.remove_own_images(Some(&name)).await?;
                made
            }
        };
        Ok(Runnable { image: image.id, command: program.command(COMMAND) })
    }
}

/// Reading the program takes a moment, and must not hold others up.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ProgramError> + Send + 'static,
) -> Result<T, ProgramError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| ProgramError::Task(error.to_string()))?
}
