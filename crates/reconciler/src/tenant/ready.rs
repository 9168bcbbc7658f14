//! Asks the app whether it is ready, as its profile says.

use domain::tenant::{ContainerState, ServeContainer};
use provisioner::probe::{NotReady, Target};

use super::pass::Pass;

/// One request to a running container.
pub(crate) async fn ask(pass: &Pass, serve: &ServeContainer) -> Result<(), NotReady> {
    let (ContainerState::Running { address: Some(address), .. }, Some(profile)) = (&serve.state, pass.profile()) else {
        return Err(NotReady::Failed("it does not run".to_owned()));
    };
    let host = pass.shared.settings.platform.host(pass.subject().subdomain);
    pass.shared.parts.probe.ask(Target { address: *address, host: &host, probe: &profile.serve.ready }).await
}
