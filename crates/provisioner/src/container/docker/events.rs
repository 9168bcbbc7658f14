//! What happens to our containers.

use std::collections::HashMap;
use std::sync::Arc;

use bollard::errors::Error;
use bollard::models::EventMessage;
use bollard::query_parameters::EventsOptions;
use chrono::DateTime;
use domain::{Clock as _, SystemClock};
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};

use super::DockerEngine;
use super::call::Ask;
use crate::container::{EngineError, EngineEvent, Ownership, PlatformId};

type Events = BoxStream<'static, Result<EngineEvent, EngineError>>;

impl DockerEngine {
    /// Nothing is read ahead: an engine drops events for one who is slow, which is why they are hints.
    pub(super) async fn watch(&self, platform: &PlatformId) -> Result<Events, EngineError> {
        let ask = Ask::new("tell events", "events");
        let permit = Arc::clone(&self.long).try_acquire_owned();
        let permit = permit.map_err(|_full| ask.unavailable("too many stops, waits and streams are under way"))?;
        // The stream connects when it is first polled; what happens from here to there is asked for by its time.
        let now = SystemClock.now();
        self.call(&ask, self.docker.ping()).await?;
        let options = EventsOptions {
            since: Some(format!("{}.{:09}", now.timestamp(), now.timestamp_subsec_nanos())),
            until: None,
            filters: Some(HashMap::from([
                ("type".to_owned(), vec!["container".to_owned()]),
                ("label".to_owned(), vec![format!("{}={}", PlatformId::LABEL, platform.as_str())]),
            ])),
        };
        let events = self.docker.events(Some(options)).boxed();
        Ok(stream::unfold(Some((events, ask, permit)), |watch| async {
            let (mut events, ask, permit) = watch?;
            loop {
                match read(&ask, events.next().await) {
                    Some(Ok(event)) => return Some((Ok(event), Some((events, ask, permit)))),
                    Some(Err(error)) => return Some((Err(error), None)),
                    None => {}
                }
            }
        })
        .boxed())
    }
}

/// An event, the end of them, or nothing that concerns us.
fn read(ask: &Ask, next: Option<Result<EventMessage, Error>>) -> Option<Result<EngineEvent, EngineError>> {
    match next {
        None => Some(Err(ask.unavailable("it closed the stream"))),
        Some(Err(error)) => Some(Err(ask.fault(&error))),
        Some(Ok(message)) => event(message).map(Ok),
    }
}

fn event(message: EventMessage) -> Option<EngineEvent> {
    let attributes = message.actor?.attributes?;
    Some(EngineEvent {
        owner: Ownership::from_labels(|key| attributes.get(key).map(String::as_str))?,
        action: message.action?,
        at: DateTime::from_timestamp_nanos(message.time_nano?),
    })
}
