//! What it costs to sample many tenants every second, and how long a month of one takes to be shown.
//!
//! All tenants are watched; the CPU time of frescod and of PostgreSQL is read meanwhile, and before, when nobody watched. How many
//! samples come is counted afterwards, since counting costs too.

mod history;

use std::collections::HashSet;
use std::time::Duration;

use anyhow::{Context, bail};
use futures_util::{StreamExt, TryStreamExt, stream};
use secrecy::ExposeSecret;
use serde::Serialize;
use tokio::time::{Instant, sleep};
use tokio_postgres::{Client, NoTls};
use uuid::Uuid;

use crate::load::Load;
use crate::ours::Ours;
use crate::output::note;
use crate::stage::{Ground, Program, Stage};
use crate::statistics::{Spread, rounded};

/// Deploys and destroys at once.
const TOGETHER: usize = 8;
/// From a deploy's end until the loop is quiet.
const CALM: Duration = Duration::from_secs(20);
/// From the first watch until all are sampled each second.
const SETTLE: Duration = Duration::from_secs(3);
/// Often enough to see each sample.
const POLL: Duration = Duration::from_millis(200);

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Tenants that are up
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u16).range(1..=220))]
    tenants: u16,
    /// Seconds that each measurement lasts
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u64).range(5..))]
    seconds: u64,
    /// How often the month is asked for
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    questions: u32,
}

/// What a program reads.
#[derive(Debug, Serialize)]
pub(crate) struct Figures {
    /// Of one core, frescod's and PostgreSQL's, beyond what they take when nobody watches.
    cpu_pct_200: f64,
    /// Of each tenant, a second.
    samples_per_s: f64,
    /// 95 of 100 answers come within it.
    history_30d_ms: f64,
}

pub(crate) async fn run(args: &Args, ground: &Ground, program: &Program) -> anyhow::Result<Figures> {
    let stage = Stage::start(ground, program).await?;
    let ours = Ours::new(&stage.daemon)?;
    let names = (1..=args.tenants).map(|number| format!("bench-{number}"));
    note(&format!("deploying {} tenants", args.tenants));
    let deploys = stream::iter(names).map(|name| {
        let ours = ours.clone();
        async move { ours.deploy(&name).await }
    });
    let tenants: Vec<_> = deploys.buffer_unordered(TOGETHER).try_collect().await?;
    sleep(CALM).await;
    let url = stage.platform_superuser_url();
    let (session, connection) = tokio_postgres::connect(url.expose_secret(), NoTls).await?;
    let measured = tokio::select! {
        measured = measure(args, &stage, &session) => measured?,
        ended = connection => bail!("the session ended: {ended:?}"),
    };
    let history = history::measure(args.questions, &stage, &ours, &tenants[0]).await?;
    let destroys = stream::iter(&tenants).map(|tenant| ours.destroy(tenant));
    let _: Vec<()> = destroys.buffer_unordered(TOGETHER).try_collect().await?;
    ground.must_be_clear().await?;
    let (cpu, samples) = measured;
    Ok(Figures {
        cpu_pct_200: rounded(cpu, 2),
        samples_per_s: rounded(samples, 3),
        history_30d_ms: rounded(Spread::of(history).quantile(0.95), 1),
    })
}

/// Percent of a core for watching all of them, and samples a second of each.
async fn measure(args: &Args, stage: &Stage, session: &Client) -> anyhow::Result<(f64, f64)> {
    let lasts = Duration::from_secs(args.seconds);
    let quiet = percent(stage, lasts).await?;
    let watch = "INSERT INTO fresco.usage_watches SELECT id, now() + interval '1 hour' FROM fresco.tenants
                 WHERE destroyed_at IS NULL ON CONFLICT (tenant_id) DO UPDATE SET until = excluded.until";
    session.batch_execute(watch).await?;
    sleep(SETTLE).await;
    let watched = percent(stage, lasts).await?;
    note(&format!(
        "percent of a core, frescod and PostgreSQL: nobody watches {:.2} and {:.2}, all are watched {:.2} and {:.2}",
        quiet.ours, quiet.postgres, watched.ours, watched.postgres
    ));
    let samples = count(session, lasts).await? as f64 / f64::from(args.tenants) / lasts.as_secs_f64();
    note(&format!("samples a second of each: {samples:.3}"));
    session.batch_execute("DELETE FROM fresco.usage_watches").await?;
    Ok((watched.sum() - quiet.sum(), samples))
}

async fn percent(stage: &Stage, lasts: Duration) -> anyhow::Result<Load> {
    let postmaster = stage.postgres.pid().context("PostgreSQL has ended")?;
    let so_far = || Load::so_far(stage.daemon.pid()?, postmaster);
    let (before, began) = (so_far()?, Instant::now());
    sleep(lasts).await;
    Ok(so_far()?.since(&before, began.elapsed()))
}

/// How many samples are shown in that time.
async fn count(session: &Client, lasts: Duration) -> anyhow::Result<usize> {
    let (mut seen, until) = (HashSet::new(), Instant::now() + lasts);
    let rows = "SELECT tenant_id, at FROM fresco.usage_latest";
    let before: HashSet<_> = session.query(rows, &[]).await?.iter().map(key).collect();
    while Instant::now() < until {
        seen.extend(session.query(rows, &[]).await?.iter().map(key));
        sleep(POLL).await;
    }
    Ok(seen.difference(&before).count())
}

fn key(row: &tokio_postgres::Row) -> (Uuid, chrono::DateTime<chrono::Utc>) {
    (row.get(0), row.get(1))
}
