//! The loop's pace and its cost when nothing happens, by the number of tenants.
//!
//! The loop is the daemon's own, with its default pace, turning in this process on a real PostgreSQL (fsync on); the world
//! outside is in memory, so that what is measured is ours. The tenants are put there settled, in bulk.

mod crowd;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::Context;
use domain::tenant::RouteProvider;
use platform_tests::fakes::Bench;
use provisioner::container::fake::Call;
use provisioner::database::Call as DataCall;
use reconciler::Pace;
use serde::Serialize;
use storage::Priority;
use test_cluster::{Cluster, Platform};
use tokio::time::{sleep, timeout};

use crate::load::Load;
use crate::output::note;
use crate::statistics::rounded;
use crowd::Crowd;

const SIZES: [usize; 3] = [1_000, 10_000, 100_000];
/// So many are rung for at once to tell the pace.
const RUNG: usize = 4_000;
/// The loop has this long for them.
const PATIENCE: Duration = Duration::from_secs(240);
/// After what was rung for and before idling is measured.
const SETTLE: Duration = Duration::from_secs(3);

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The most tenants; 1,000 and 10,000 are measured on the way
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(1..))]
    tenants: u32,
    /// How long idling is measured; the bulk look comes every 5 to 10 s
    #[arg(long, default_value_t = 45, value_parser = clap::value_parser!(u64).range(1..))]
    idle_seconds: u64,
}

/// What a program reads, by the number of tenants.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Figures {
    /// Full looks at a settled tenant, claim and result included.
    reconciles_per_s: BTreeMap<usize, f64>,
    /// Of one core: the loop, the world in memory and all of PostgreSQL together.
    idle_cpu_pct: BTreeMap<usize, f64>,
}

pub(crate) async fn run(args: &Args) -> anyhow::Result<Figures> {
    let most = args.tenants as usize;
    let server = Cluster::start_with(&[("fsync", "on"), ("shared_buffers", "128MB")]).await;
    let pace = |settings: &mut reconciler::Settings| settings.pace = Pace::default();
    let bench = Bench::on(Platform::on(server).await, RouteProvider::Labels, pace);
    let mut crowd = Crowd::begin(&bench).await?;
    let mut figures = Figures::default();
    note("tenants   reconciles/s   idle: the loop, PostgreSQL, sum (% of one core)   looks, passes in that time");
    for size in SIZES.into_iter().filter(|size| *size < most).chain([most]) {
        crowd.grow(size).await?;
        let turning = bench.turn(bench.parts());
        let pace = self::pace(&bench, &crowd).await?;
        // Each is looked at again after three quarters of the period on average.
        crowd.spread(bench.settings.pace.full_look_among(size).as_secs_f64() * 0.75).await?;
        sleep(SETTLE).await;
        let idle = idle(&bench, Duration::from_secs(args.idle_seconds)).await?;
        turning.stop().await;
        note(&format!("{size:>7}   {pace:>12.0}   {idle}"));
        figures.reconciles_per_s.insert(size, rounded(pace, 0));
        figures.idle_cpu_pct.insert(size, rounded(idle.load.sum(), 2));
    }
    Ok(figures)
}

/// Full looks each second while many are due. The first round makes what a settled tenant has and the crowd lacks: its
/// sealed secrets.
async fn pace(bench: &Bench, crowd: &Crowd<'_>) -> anyhow::Result<f64> {
    let chosen = crowd.some(RUNG);
    let mut pace = 0.0;
    for _ in 0..2 {
        let (from, before) = (Instant::now(), bench.databases.calls(DataCall::Observe));
        bench.cluster.worker.ring_all(&chosen, Priority::People).await?;
        let all = async {
            while bench.databases.calls(DataCall::Observe) < before + chosen.len() as u64 {
                sleep(Duration::from_millis(1)).await;
            }
        };
        timeout(PATIENCE, all).await.context("the loop did not come to all that were rung for")?;
        pace = chosen.len() as f64 / from.elapsed().as_secs_f64();
    }
    Ok(pace)
}

/// What a while of nothing costs.
struct Idle {
    load: Load,
    looks: u64,
    passes: u64,
}

async fn idle(bench: &Bench, span: Duration) -> anyhow::Result<Idle> {
    let counts = || (bench.engine.calls(Call::ListContainers), bench.databases.calls(DataCall::Observe));
    let postmaster = bench.cluster.server.pid().context("PostgreSQL has ended")?;
    let ((looks, passes), before, from) = (counts(), Load::so_far(std::process::id(), postmaster)?, Instant::now());
    sleep(span).await;
    let load = Load::so_far(std::process::id(), postmaster)?.since(&before, from.elapsed());
    let now = counts();
    Ok(Idle { load, looks: now.0 - looks, passes: now.1 - passes })
}

impl std::fmt::Display for Idle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Load { ours, postgres } = self.load;
        let sum = self.load.sum();
        write!(f, "{ours:>6.2} {postgres:>6.2} {sum:>6.2}   {} looks, {} passes", self.looks, self.passes)
    }
}
