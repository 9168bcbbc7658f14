//! What Traefik sees of the engine: `frescod engine-view` once more, which lives on with Traefik when we are killed.
//!
//! Invariant: the socket is ours and the child's, so that Traefik's questions wait while a child is started again.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use embedded::SidecarOptions;

use super::Choices;
use super::configuration;
use crate::commands::engine_view;
use crate::config::{Config, Environment};

/// Makes the socket, and says what is to answer there.
pub(super) fn options(choices: &Choices, config: &Config, environment: &Environment) -> anyhow::Result<SidecarOptions> {
    let socket = engine_view::listen(&config.routing.engine_socket)
        .context("Traefik can't be shown the engine; --state names another folder")?;
    let file = configuration::file(&choices.state);
    Ok(SidecarOptions {
        name: "engine-view",
        program: "frescod",
        arguments: vec!["engine-view".into(), "--config".into(), file.into()],
        environment: environment.of_the_configuration().collect(),
        state_dir: state_dir(choices),
        socket: Arc::new(socket),
    })
}

pub(super) fn state_dir(choices: &Choices) -> PathBuf {
    choices.state.join("engine-view")
}
