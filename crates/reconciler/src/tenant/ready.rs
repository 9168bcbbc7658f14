//! Asks the app whether it is ready, as its profile says.

use std::time::Duration;

use domain::tenant::{ContainerState, ServeContainer};
use provisioner::probe::{NotReady, Target};

use super::pass::Pass;

/// The pause before a healthy app is asked a second time.
pub(crate) const SECOND_THOUGHT: Duration = Duration::from_millis(500);

/// Whether it is ready. One that was ready at the last look is asked twice: a single missed answer is no outage.
pub(crate) async fn is_ready(pass: &Pass, serve: &ServeContainer) -> bool {
    let was_ready = pass.claimed.tenant.observed.container(&serve.id).is_some_and(|last| last.ready);
    match ask(pass, serve).await {
        Err(_) if was_ready && serve.state.address().is_some() => {
            tokio::time::sleep(SECOND_THOUGHT).await;
            ask(pass, serve).await.is_ok()
        }
        answer => answer.is_ok(),
    }
}

/// One request to a running container.
pub(crate) async fn ask(pass: &Pass, serve: &ServeContainer) -> Result<(), NotReady> {
    let profile = pass.manifest.as_ref().map(|manifest| manifest.profile_of(serve.version.as_ref()));
    let (ContainerState::Running { address: Some(address), .. }, Some(profile)) = (&serve.state, profile) else {
        return Err(NotReady::Failed("it does not run".to_owned()));
    };
    let host = pass.shared.settings.platform.host(pass.subject().subdomain);
    pass.shared.parts.probe.ask(Target { address: *address, host: &host, probe: &profile.serve.ready }).await
}
