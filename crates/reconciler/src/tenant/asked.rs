//! Which request a pass works for, so that the log tells what came of it.

use storage::Tenant;
use tracing::Span;

use crate::Reconciler;

/// The span of a pass: all it logs says whose it is.
pub(super) fn span(tenant: &Tenant) -> Span {
    tracing::info_span!(
        "pass",
        tenant.id = %tenant.id,
        generation = tracing::field::Empty,
        request.id = tracing::field::Empty,
    )
}

/// Names the generation in the pass's span, and the request that asked for it unless that is done already.
pub(super) async fn name(shared: &Reconciler, tenant: &Tenant) {
    let span = Span::current();
    span.record("generation", tenant.generation);
    if tenant.generation == tenant.observed_generation {
        return;
    }
    match shared.store.request_for(tenant.id, tenant.generation).await {
        Ok(Some(request)) => {
            span.record("request.id", request);
        }
        Ok(None) => {}
        Err(error) => tracing::debug!(%error, "which request asked for it is not known"),
    }
}
