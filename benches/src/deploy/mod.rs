//! A deploy through the public API against its floor: the same objects, made by plain engine and SQL calls.
//!
//! Both are measured in one run, alternating, each from clear ground: what one made is removed before the other starts.
//! Traefik is asked for the new name once it is ready, not before: two hundred questions a second would be a load that nobody
//! who waits for an instance makes.

mod proxy;

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use domain::{Clock, SystemClock};
use futures_util::future::try_join_all;
use serde::Serialize;
use tokio::time::sleep;

use crate::floor::{self, Floor};
use crate::ours::{Ours, Tenant};
use crate::output::note;
use crate::pairs::Pairs;
use crate::parts::Parts;
use crate::stage::{Ground, Program, Stage};
use crate::statistics::{Spread, milliseconds, rounded};
use proxy::Proxy;

/// Deploys at once in the second part.
const TOGETHER: usize = 4;
/// What the engine, PostgreSQL and Traefik do after a removal has this long to end.
const SETTLE: Duration = Duration::from_millis(400);
/// From the daemon's start, and after tenants were deployed, until its memory is read.
const IDLE: Duration = Duration::from_secs(5);

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Pairs of one deploy and one floor
    #[arg(long, default_value_t = 24, value_parser = clap::value_parser!(u32).range(1..))]
    pairs: u32,
    /// Rounds of four deploys at once and four floors at once
    #[arg(long, default_value_t = 12, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Then deploy so many and leave them for a while, to tell a tenant's share of frescod's memory
    #[arg(long, default_value_t = 0)]
    tenants: u32,
}

/// What a program reads.
#[derive(Debug, Serialize)]
pub(crate) struct Figures {
    deploy_over_floor: f64,
    throughput_over_floor_at_4: f64,
    ready_to_routed_ms: f64,
    idle_rss_mb: f64,
}

/// What all measurements need.
struct Bench<'a> {
    stage: &'a Stage,
    ours: Ours,
    floor: Floor,
    proxy: Proxy,
    /// Of the floor, one at a time.
    parts: Parts,
    /// Of ours, by the events.
    steps: Parts,
    /// Names used so far.
    names: u32,
}

pub(crate) async fn run(args: &Args, ground: &Ground, program: &Program) -> anyhow::Result<Figures> {
    let stage = Stage::start(ground, program).await?;
    sleep(IDLE).await;
    let idle = stage.daemon.resident_memory()?;
    let ours = Ours::new(&stage.daemon)?;
    let proxy = Proxy::new(stage.proxy)?;
    let floor = Floor::learn(ground, &stage, &ours, TOGETHER).await?;
    note(floor::DESCRIPTION);
    note(&format!("load: {}", std::fs::read_to_string("/proc/loadavg")?.trim()));
    let mut bench =
        Bench { stage: &stage, ours, floor, proxy, parts: Parts::default(), steps: Parts::default(), names: 0 };
    bench.one().await?;
    bench.plain_one().await?;
    (bench.parts, bench.steps) = (Parts::default(), Parts::default());
    let (deploy_over_floor, ready_to_routed_ms) = bench.alternate(args.pairs).await?;
    let throughput_over_floor_at_4 = bench.four_at_once(args.rounds).await?;
    bench.memory(idle, args.tenants).await?;
    bench.must_be_clear(ground).await?;
    Ok(Figures {
        deploy_over_floor: rounded(deploy_over_floor, 3),
        throughput_over_floor_at_4: rounded(throughput_over_floor_at_4, 3),
        ready_to_routed_ms: rounded(ready_to_routed_ms, 1),
        idle_rss_mb: rounded(megabytes(idle), 1),
    })
}

impl Bench<'_> {
    /// One deploy and the floor in turn; answers the ratio, and the milliseconds from ready to routed.
    async fn alternate(&mut self, pairs: u32) -> anyhow::Result<(f64, f64)> {
        let (mut both, mut routed) = (Pairs::default(), Vec::new());
        for pair in 0..pairs {
            for turn in 0..2 {
                if (pair + turn) % 2 == 0 {
                    let (deploy, lag) = self.one().await?;
                    both.ours(deploy);
                    routed.push(milliseconds(lag));
                } else {
                    both.floor(self.plain_one().await?);
                }
            }
        }
        let (ratio, routed) = (both.ours_over_floor(), Spread::of(routed));
        note(&format!("one at a time, {pairs} pairs, in ms (median first)\n{both}"));
        note(&format!("  own time          {}\n  ready to routed   {routed}", both.differences()));
        note(&format!(
            "  deploy over floor {ratio:.3}\n  the floor's parts {}\n  ours              {}",
            self.parts, self.steps
        ));
        Ok((ratio.median(), routed.median()))
    }

    /// Four deploys and four floors in turn; answers the floor's time over ours.
    async fn four_at_once(&mut self, rounds: u32) -> anyhow::Result<f64> {
        let mut both = Pairs::default();
        for round in 0..rounds {
            for turn in 0..2 {
                if (round + turn) % 2 == 0 {
                    both.ours(self.several().await?);
                } else {
                    both.floor(self.plain_several().await?);
                }
            }
        }
        let ratio = both.floor_over_ours();
        note(&format!("{TOGETHER} at once, {rounds} rounds, in ms until the last of them (median first)\n{both}"));
        note(&format!("  throughput        {ratio:.3} of the floor's"));
        Ok(ratio.median())
    }

    /// How long a deploy took, and how long from ready until Traefik passed the first answer on.
    async fn one(&mut self) -> anyhow::Result<(Duration, Duration)> {
        let name = self.name();
        let (started, began) = (Instant::now(), SystemClock.now());
        let tenant = self.ours.deploy(&name).await?;
        let (ready, ended) = (Instant::now(), SystemClock.now());
        let routed = self.proxy.first_answer(&name).await?;
        self.note_steps(&tenant, began, ended).await?;
        self.ours.destroy(&tenant).await?;
        sleep(SETTLE).await;
        Ok((ready - started, routed.saturating_duration_since(ready)))
    }

    /// How long each step took, from its event to the next; events and we have the same clock.
    async fn note_steps(&self, tenant: &Tenant, began: DateTime<Utc>, ended: DateTime<Utc>) -> anyhow::Result<()> {
        let events = self.ours.events(tenant).await?.into_iter().map(|event| (event.kind, event.at));
        let all: Vec<_> = [("ask".to_owned(), began)].into_iter().chain(events).collect();
        let ends = all.iter().skip(1).map(|(_, at)| *at).chain([ended]);
        for (place, ((kind, at), end)) in all.iter().zip(ends).enumerate() {
            let took = (end - *at).to_std().unwrap_or_default();
            self.steps.took(place, kind, milliseconds(took));
        }
        Ok(())
    }

    async fn plain_one(&mut self) -> anyhow::Result<Duration> {
        let name = self.name();
        let started = Instant::now();
        let made = self.floor.make(&name, 0, &self.parts).await?;
        let took = started.elapsed();
        self.floor.remove(made, 0).await?;
        sleep(SETTLE).await;
        Ok(took)
    }

    async fn several(&mut self) -> anyhow::Result<Duration> {
        let names: Vec<_> = (0..TOGETHER).map(|_| self.name()).collect();
        let started = Instant::now();
        let tenants = try_join_all(names.iter().map(|name| self.ours.deploy(name))).await?;
        let took = started.elapsed();
        try_join_all(tenants.iter().map(|tenant| self.ours.destroy(tenant))).await?;
        sleep(SETTLE).await;
        Ok(took)
    }

    async fn plain_several(&mut self) -> anyhow::Result<Duration> {
        let names: Vec<_> = (0..TOGETHER).map(|_| self.name()).collect();
        let started = Instant::now();
        let parts = Parts::default();
        let making = names.iter().enumerate().map(|(lane, name)| self.floor.make(name, lane, &parts));
        let all = try_join_all(making).await?;
        let took = started.elapsed();
        let removing = all.into_iter().enumerate().map(|(lane, made)| self.floor.remove(made, lane));
        try_join_all(removing).await?;
        sleep(SETTLE).await;
        Ok(took)
    }

    /// Tells frescod's memory: at first, after all deploys, and with `tenants` standing.
    async fn memory(&mut self, idle: f64, tenants: u32) -> anyhow::Result<()> {
        sleep(IDLE).await;
        let warm = self.stage.daemon.resident_memory()?;
        let (idle, now) = (megabytes(idle), megabytes(warm));
        note(&format!("frescod's resident memory: {idle:.1} MB idle, {now:.1} MB after {} names", self.names));
        if tenants == 0 {
            return Ok(());
        }
        let mut standing = Vec::new();
        for _ in 0..tenants {
            let name = self.name();
            standing.push(self.ours.deploy(&name).await?);
        }
        sleep(IDLE).await;
        let grown = self.stage.daemon.resident_memory()? - warm;
        note(&format!("  {:.1} KB more for each of {tenants} tenants", grown / 1e3 / f64::from(tenants)));
        for tenant in &standing {
            self.ours.destroy(tenant).await?;
        }
        Ok(())
    }

    /// Nothing of what was deployed is left, on the engine or in PostgreSQL.
    async fn must_be_clear(&self, ground: &Ground) -> anyhow::Result<()> {
        ground.must_be_clear().await?;
        self.floor.must_be_clear().await?;
        note("nothing is left on the engine, no role and no database");
        Ok(())
    }

    /// A new name.
    fn name(&mut self) -> String {
        self.names += 1;
        format!("bench-{}", self.names)
    }
}

/// Of a million bytes.
fn megabytes(bytes: f64) -> f64 {
    bytes / 1e6
}
