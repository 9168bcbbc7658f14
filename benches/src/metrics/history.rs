//! A month of samples, and how long it takes to be shown.

use std::time::Instant;

use anyhow::bail;
use secrecy::ExposeSecret;
use tokio_postgres::{Client, NoTls};

use crate::ours::{Ours, Tenant};
use crate::output::note;
use crate::stage::Stage;
use crate::statistics::{Spread, milliseconds};

/// Each tenant has used something for a month, at the resolutions that are left of it.
const MONTH: &str = "
    SELECT fresco.keep_usage(moment, 3600, 60, '10 years'), fresco.keep_usage(moment, 900, 15, '10 years')
    FROM generate_series(now() - interval '40 days', now(), interval '10 days') moment;
    INSERT INTO fresco.usage (tenant_id, resolution, at, samples, cpu, cpu_peak, cpu_limit, memory, memory_peak,
        memory_limit, received, sent, read, written, pids)
    SELECT t.id, r.step, at, r.step / 15, random() / 2, random(), 0.5, 1e8, 2e8, 4e8, 1000, 1000, 0, 0, 11
    FROM fresco.tenants t, (VALUES (900), (3600)) r (step),
         generate_series(date_trunc('hour', now()) - interval '30 days', now(), make_interval(secs => r.step)) at
    WHERE t.destroyed_at IS NULL ON CONFLICT DO NOTHING;
    ANALYZE fresco.usage";

/// How long each answer took, in ms.
pub(super) async fn measure(questions: u32, stage: &Stage, ours: &Ours, tenant: &Tenant) -> anyhow::Result<Vec<f64>> {
    let url = stage.platform_superuser_url();
    let (session, connection) = tokio_postgres::connect(url.expose_secret(), NoTls).await?;
    tokio::select! {
        filled = fill(&session) => filled?,
        ended = connection => bail!("the session ended: {ended:?}"),
    }
    let mut took = Vec::new();
    for _ in 0..questions {
        let began = Instant::now();
        let points = ours.month(tenant).await?;
        took.push(milliseconds(began.elapsed()));
        if points < 200 {
            bail!("a month has only {points} points that are known");
        }
    }
    note(&format!("a month of one tenant, in ms (median first): {:.1}", Spread::of(took.clone())));
    Ok(took)
}

async fn fill(session: &Client) -> anyhow::Result<()> {
    Ok(session.batch_execute(MONTH).await?)
}
