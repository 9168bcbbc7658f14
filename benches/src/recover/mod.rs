//! From a restart to all settled, with many tenants up, against plain engine calls that tell the same.
//!
//! Settled: the API answers, and shows each tenant as active and as looked at after the daemon was started. Each round
//! kills the daemon, so that what comes back has had no chance to prepare.

mod events;
mod floor;

use std::time::{Duration, Instant};

use anyhow::bail;
use domain::{Clock, SystemClock};
use futures_util::{StreamExt, TryStreamExt, stream};
use secrecy::ExposeSecret;
use serde::Serialize;
use tokio::time::{sleep, timeout};
use tokio_postgres::NoTls;

use crate::ours::Ours;
use crate::output::note;
use crate::stage::{Ground, Program, Stage};
use crate::statistics::{Spread, milliseconds, rounded};
use events::Touched;

/// Deploys and destroys at once.
const TOGETHER: usize = 8;
const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(5);
/// How long after it has settled it may still touch something.
const AFTERMATH: Duration = Duration::from_secs(3);

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Tenants that are up
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u16).range(1..=220))]
    tenants: u16,
    /// How often it is killed and started
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
}

/// What a program reads.
#[derive(Debug, Serialize)]
pub(crate) struct Figures {
    /// Median of the rounds.
    settled_s: f64,
    /// In all rounds.
    containers_touched: usize,
    /// Every part of every tenant looked at once.
    full_resync_s: f64,
    /// One list and an inspection of each by plain calls, one after the other.
    floor_s: f64,
}

pub(crate) async fn run(args: &Args, ground: &Ground, program: &Program) -> anyhow::Result<Figures> {
    let mut stage = Stage::start(ground, program).await?;
    let ours = Ours::new(&stage.daemon)?;
    let names = (1..=args.tenants).map(|number| format!("bench-{number}"));
    note(&format!("deploying {} tenants", args.tenants));
    let started = Instant::now();
    let deploys = stream::iter(names).map(|name| {
        let ours = ours.clone();
        async move { ours.deploy(&name).await }
    });
    let tenants: Vec<_> = deploys.buffer_unordered(TOGETHER).try_collect().await?;
    note(&format!("they are up after {:.0} s; load: {}", started.elapsed().as_secs_f64(), load()?));

    let floor = floor::measure(ground, args.rounds).await?;
    let touched = Touched::watch(ground).await?;
    let mut settled = Vec::new();
    for _ in 0..args.rounds {
        stage.daemon.kill().await?;
        settled.push(restart(&mut stage, &ours, tenants.len()).await?.as_secs_f64());
        sleep(AFTERMATH).await;
    }
    let settled = Spread::of(settled);
    note(&format!("settled after a start, {} rounds, in s (median first)\n  {settled:.3}", args.rounds));
    let resync = full_resync(&stage, &ours, tenants.len()).await?;
    note(&format!("a full look at all of them: {} ms", rounded(milliseconds(resync), 0)));
    let touched = touched.names().await;
    note(&format!("containers touched: {touched:?}"));

    let destroys = stream::iter(&tenants).map(|tenant| ours.destroy(tenant));
    let _: Vec<()> = destroys.buffer_unordered(TOGETHER).try_collect().await?;
    ground.must_be_clear().await?;
    Ok(Figures {
        settled_s: rounded(settled.median(), 3),
        containers_touched: touched.len(),
        full_resync_s: rounded(resync.as_secs_f64(), 3),
        floor_s: rounded(floor, 3),
    })
}

/// From the start of the process until all is settled.
async fn restart(stage: &mut Stage, ours: &Ours, tenants: usize) -> anyhow::Result<Duration> {
    let (from, at) = (Instant::now(), SystemClock.now());
    stage.daemon.start_again()?;
    looked_at_since(ours, at, tenants).await?;
    Ok(from.elapsed())
}

/// Makes all of them due, and waits until each was looked at by itself: its row says when.
async fn full_resync(stage: &Stage, ours: &Ours, tenants: usize) -> anyhow::Result<Duration> {
    let url = stage.platform_superuser_url();
    let (session, connection) = tokio_postgres::connect(url.expose_secret(), NoTls).await?;
    let due = async {
        let from = Instant::now();
        let at = SystemClock.now();
        session.batch_execute("UPDATE fresco.tenant_claims SET next_at = now(); NOTIFY fresco_doorbell").await?;
        let left = "SELECT count(*) FROM fresco.tenants WHERE destroyed_at IS NULL AND observed_at < $1";
        while session.query_one(left, &[&at]).await?.get::<_, i64>(0) > 0 {
            sleep(PAUSE).await;
        }
        looked_at_since(ours, at, tenants).await?;
        anyhow::Ok(from.elapsed())
    };
    tokio::select! {
        looked = timeout(PATIENCE, due) => looked?,
        ended = connection => bail!("the session ended: {ended:?}"),
    }
}

/// Waits until the API shows each as active and as looked at since then.
async fn looked_at_since(ours: &Ours, at: chrono::DateTime<chrono::Utc>, tenants: usize) -> anyhow::Result<()> {
    let shown = async {
        loop {
            // Until it listens, nobody answers.
            if let Ok(list) = ours.list().await {
                let fresh = list.iter().filter(|one| one.status == "active" && one.observed_at >= Some(at));
                if fresh.count() == tenants {
                    return;
                }
            }
            sleep(PAUSE).await;
        }
    };
    Ok(timeout(PATIENCE, shown).await?)
}

fn load() -> anyhow::Result<String> {
    Ok(std::fs::read_to_string("/proc/loadavg")?.trim().to_owned())
}
