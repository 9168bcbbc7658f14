//! Asks apps that are shown as active whether they still answer.
//!
//! No list of containers tells that an app hangs. Those that don't answer, asked twice, are rung for: the look that follows
//! decides, and until then nobody is told that all is well. With more of them than the pace allows, each is asked less often.

use std::sync::Arc;

use domain::TenantId;
use futures_util::{StreamExt, stream};
use provisioner::probe::{NotReady, Target};
use storage::{Serving, StorageError};
use tokio_util::sync::CancellationToken;

use crate::repeats::Repeats;
use crate::tenant::SECOND_THOUGHT;
use crate::{Reconciler, backoff};

/// How many are asked at once.
const AT_ONCE: usize = 8;
/// How many are read, and asked, between two pauses.
const PAGE: u16 = 200;

pub(crate) async fn run(shared: Arc<Reconciler>, stop: CancellationToken) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = ask_for_ever(&shared) => {}
    }
}

async fn ask_for_ever(shared: &Reconciler) {
    let mut repeats = Repeats::default();
    let mut after = None;
    loop {
        let pace = &shared.settings.pace;
        let pause = match ask_page(shared, after).await {
            Ok(last) => {
                repeats.over();
                after = last;
                if last.is_some() { pace.health_page(PAGE) } else { pace.health }
            }
            Err(error) => {
                if repeats.is_due(&error) {
                    tracing::warn!(%error, "could not ask apps whether they answer");
                }
                pace.health
            }
        };
        tokio::time::sleep(backoff::jitter(pause, &*shared.entropy)).await;
    }
}

/// Asks those of a page; answers with the last of them if there are more.
async fn ask_page(shared: &Reconciler, after: Option<TenantId>) -> Result<Option<TenantId>, StorageError> {
    let (serving, last) = shared.store.serving(after, PAGE).await?;
    let silent = stream::iter(serving)
        .map(|one| async move { (!answers(shared, &one).await).then_some(one.id) })
        .buffer_unordered(AT_ONCE)
        .filter_map(std::future::ready);
    let silent: Vec<TenantId> = silent.collect().await;
    if !silent.is_empty() {
        tracing::info!(count = silent.len(), "apps do not answer; looking at each");
        shared.store.ring_for_drift(&silent).await?;
    }
    Ok(last)
}

/// Asked twice: a single missed answer is no outage. Whoever works on one looks for themselves, and what its manifest does
/// not tell any more can't be asked.
async fn answers(shared: &Reconciler, serving: &Serving) -> bool {
    if shared.in_hand.contains(serving.id) || ask(shared, serving).await.is_ok() {
        return true;
    }
    tokio::time::sleep(SECOND_THOUGHT).await;
    shared.in_hand.contains(serving.id) || ask(shared, serving).await.is_ok()
}

async fn ask(shared: &Reconciler, serving: &Serving) -> Result<(), NotReady> {
    let Ok(manifest) = shared.settings.catalogue.get(&serving.app) else { return Ok(()) };
    let host = shared.settings.platform.host(&serving.subdomain);
    let probe = &manifest.profile(&serving.image).serve.ready;
    shared.parts.probe.ask(Target { address: serving.address, host: &host, probe }).await
}
