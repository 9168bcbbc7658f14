//! Containers from start to removal.

use std::collections::HashMap;
use std::time::Duration;

use bollard::errors::Error;
use bollard::models::{ContainerInspectResponse, ContainerUpdateBody};
use bollard::query_parameters::{
    InspectContainerOptions, ListContainersOptions, RemoveContainerOptions, RenameContainerOptions,
    StartContainerOptions, StopContainerOptions, WaitContainerOptions,
};
use domain::limits::Limits;
use domain::tenant::{ContainerId, ContainerState};
use futures_util::StreamExt;

use super::DockerEngine;
use super::call::{Ask, refusal};
use super::create::{cpus, restart_policy, seconds, whole};
use super::state;
use crate::container::labels::{READER, ROLE};
use crate::container::{Container, ContainerName, EngineError, Exit, ListedContainer, PlatformId, Restart};

impl DockerEngine {
    pub(super) async fn start(&self, id: &ContainerId) -> Result<ContainerState, EngineError> {
        let ask = Ask::container("start a container", id);
        let start = self.docker.start_container(id.as_str(), None::<StartContainerOptions>);
        match self.call_raw(&ask, start).await? {
            Ok(()) => {}
            Err(error) => match refusal(&error) {
                Some((409, words)) if words.contains("paused") => {
                    self.call(&ask, self.docker.unpause_container(id.as_str())).await?;
                }
                // The engine says the same of a network that is gone.
                Some((404, words)) if !words.starts_with("No such container") => return Err(ask.refused(words)),
                _ => return Err(ask.fault(&error)),
            },
        }
        self.state_of(&ask, id).await
    }

    pub(super) async fn stop(&self, id: &ContainerId, grace: Duration) -> Result<ContainerState, EngineError> {
        let ask = Ask::container("stop a container", id);
        let t = i32::try_from(seconds(grace)).unwrap_or(i32::MAX);
        let options = StopContainerOptions { t: Some(t), ..StopContainerOptions::default() };
        self.long_call(&ask, grace, self.docker.stop_container(id.as_str(), Some(options))).await?;
        self.state_of(&ask, id).await
    }

    pub(super) async fn remove(&self, id: &ContainerId) -> Result<(), EngineError> {
        let ask = Ask::container("remove a container", id);
        let options = RemoveContainerOptions { force: true, v: true, ..RemoveContainerOptions::default() };
        match self.call(&ask, self.docker.remove_container(id.as_str(), Some(options))).await {
            Ok(()) | Err(EngineError::NotFound { .. }) => Ok(()),
            // Nothing is in the way: somebody else is at it.
            Err(EngineError::Conflict { detail, .. }) if detail.contains("already in progress") => {
                Err(ask.unavailable(detail))
            }
            Err(error) => Err(error),
        }
    }

    pub(super) async fn hand_restarts(&self, id: &ContainerId, restart: Restart) -> Result<(), EngineError> {
        let ask = Ask::container("set who restarts a container", id);
        let update =
            ContainerUpdateBody { restart_policy: Some(restart_policy(restart)), ..ContainerUpdateBody::default() };
        self.call(&ask, self.docker.update_container(id.as_str(), update)).await.map(drop)
    }

    pub(super) async fn limit(&self, id: &ContainerId, limits: &Limits) -> Result<(), EngineError> {
        let ask = Ask::container("limit a container", id);
        // Memory and swap go together: the engine takes no memory above the swap that is in force.
        let update = ContainerUpdateBody {
            memory: Some(whole(limits.memory)),
            memory_swap: Some(whole(limits.memory_swap)),
            nano_cpus: Some(cpus(limits)),
            pids_limit: Some(i64::from(limits.pids)),
            ..ContainerUpdateBody::default()
        };
        self.call(&ask, self.docker.update_container(id.as_str(), update)).await.map(drop)
    }

    pub(super) async fn rename(&self, id: &ContainerId, name: &ContainerName) -> Result<(), EngineError> {
        let ask = Ask::container("rename a container", id);
        let options = RenameContainerOptions { name: name.as_str().to_owned() };
        match self.call(&ask, self.docker.rename_container(id.as_str(), options)).await {
            // Also what the engine says of one that has the name already.
            Err(error @ (EngineError::Conflict { .. } | EngineError::Refused { .. })) => {
                let holder = self.find(name).await?;
                if holder.is_some_and(|holder| holder.id == *id) { Ok(()) } else { Err(error) }
            }
            other => other,
        }
    }

    pub(super) async fn find(&self, name: &ContainerName) -> Result<Option<Container>, EngineError> {
        let ask = Ask::container("look a container up", name);
        match self.inspect(&ask, name.as_str()).await {
            // The engine would take the beginning of an id for a name, too.
            Ok(found) => {
                Ok(Some(state::container(&ask, &found, self.host)?).filter(|found| found.name == name.as_str()))
            }
            Err(EngineError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(super) async fn list(&self, platform: &PlatformId) -> Result<Vec<ListedContainer>, EngineError> {
        let ask = Ask::new("list containers", "containers");
        let label = format!("{}={}", PlatformId::LABEL, platform.as_str());
        let options = ListContainersOptions {
            all: true,
            filters: Some(HashMap::from([("label".to_owned(), vec![label])])),
            ..ListContainersOptions::default()
        };
        let found = self.call(&ask, self.docker.list_containers(Some(options))).await?;
        let reader = |labels: &HashMap<String, String>| labels.get(ROLE).is_some_and(|role| role == READER);
        let ours = found.into_iter().filter(|summary| !summary.labels.as_ref().is_some_and(reader));
        ours.map(|summary| state::listed(&ask, summary)).collect()
    }

    pub(super) async fn wait(&self, id: &ContainerId) -> Result<Exit, EngineError> {
        let ask = Ask::container("wait for a container", id);
        let code = self.exit_code(&ask, id).await?;
        let inspected = self.inspect(&ask, id.as_str()).await?;
        // The engine says at once that such a one doesn't run, and that its code is 0.
        if state::state(&ask, &inspected)? == ContainerState::Created {
            return Err(ask.refused("it was never started"));
        }
        state::exit(&ask, inspected.state.as_ref().ok_or_else(|| ask.lacks("the container's state"))?, code)
    }

    /// Waits as long as it takes: how long that may be is the caller's to know.
    async fn exit_code(&self, ask: &Ask, id: &ContainerId) -> Result<i64, EngineError> {
        let _permit = self.long.acquire().await.map_err(|_closed| ask.unavailable("it is being shut down"))?;
        let options = WaitContainerOptions { condition: "not-running".to_owned() };
        match self.docker.wait_container(id.as_str(), Some(options)).next().await {
            Some(Ok(answer)) => Ok(answer.status_code),
            // bollard's way to say that it was not zero.
            Some(Err(Error::DockerContainerWaitError { code, error })) if error.is_empty() => Ok(code),
            Some(Err(error)) => Err(ask.fault(&error)),
            None => Err(ask.unavailable("the connection ended")),
        }
    }

    async fn state_of(&self, ask: &Ask, id: &ContainerId) -> Result<ContainerState, EngineError> {
        state::state(ask, &self.inspect(ask, id.as_str()).await?)
    }

    pub(super) async fn inspect(&self, ask: &Ask, handle: &str) -> Result<ContainerInspectResponse, EngineError> {
        self.call(ask, self.docker.inspect_container(handle, None::<InspectContainerOptions>)).await
    }
}
