//! Which containers the engine has touched, by its own word.

use std::collections::{BTreeSet, HashMap};

use anyhow::Context;
use bollard::models::EventMessage;
use bollard::query_parameters::EventsOptions;
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use provisioner::container::PlatformId;
use tokio::time::{Duration, timeout};

use crate::stage::{Ground, PLATFORM};

/// What tells of a look, or of the end of a process in a container that nobody touched, and not of a change.
const HARMLESS: [&str; 3] = ["exec_", "top", "attach"];
/// What has happened is read until the engine says nothing for so long.
const SILENCE: Duration = Duration::from_millis(200);

/// Listens from its beginning on.
pub(super) struct Touched(BoxStream<'static, Result<EventMessage, bollard::errors::Error>>);

impl Touched {
    pub(super) async fn watch(ground: &Ground) -> anyhow::Result<Self> {
        let filters = HashMap::from([
            ("type".to_owned(), vec!["container".to_owned()]),
            ("label".to_owned(), vec![format!("{}={PLATFORM}", PlatformId::LABEL)]),
        ]);
        // From a moment on that the engine itself names: nothing is missed until we read.
        let now = ground.docker.info().await?.system_time.context("the engine tells no time")?;
        let options = EventsOptions { since: Some(now), filters: Some(filters), ..EventsOptions::default() };
        Ok(Self(ground.docker.events(Some(options)).boxed()))
    }

    /// The action and the container of each event until now.
    pub(super) async fn names(mut self) -> BTreeSet<String> {
        let mut touched = BTreeSet::new();
        while let Ok(Some(Ok(event))) = timeout(SILENCE, self.0.next()).await {
            let action = event.action.unwrap_or_default();
            let name = event.actor.and_then(|actor| actor.attributes?.remove("name")).unwrap_or_default();
            if !HARMLESS.iter().any(|harmless| action.starts_with(harmless)) {
                touched.insert(format!("{action} {name}"));
            }
        }
        touched
    }
}
