//! A live log against a raw follow of the engine's API, and what viewers cost.
//!
//! One tenant writes numbered lines as fast as it can, and so does a container like its own that the platform knows nothing of.
//! In turns, the other one stopped, that is followed by the engine's API, with nothing of ours between, and the tenant by a
//! WebSocket of ours. What the engine itself loses and doubles is told apart from what we do. Another tenant writes at a steady
//! pace: for one viewer and for fifty, frescod's CPU time is read. A third writes little: how long a line takes from the engine's
//! stamp to a viewer.

mod viewer;

use std::time::Duration;

use anyhow::Context;
use bollard::Docker;
use bollard::query_parameters::LogsOptions;
use futures_util::StreamExt;
use futures_util::future::try_join_all;
use serde::Serialize;
use serde_json::json;
use tokio::time::{Instant, timeout_at};

use crate::floor::containers::{self, Template};
use crate::ours::{Ours, Tenant};
use crate::output::note;
use crate::stage::{Ground, Program, Stage, remove};
use crate::statistics::{Spread, rounded};
use viewer::{Seen, Viewer};

const FEW: usize = 1;
const MANY: usize = 50;
/// Lines a second for whom CPU is measured, and for whom latency.
const STEADY: u32 = 1000;
const LITTLE: u32 = 100;
/// The container that the platform knows nothing of.
const PLAIN: &str = "floor_serve_bench-flood";

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Turns of one raw follow and one viewer
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..))]
    turns: u32,
    /// Seconds that each measurement lasts
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u64).range(2..))]
    seconds: u64,
}

/// What a program reads.
#[derive(Debug, Serialize)]
pub(crate) struct Figures {
    one_viewer_over_raw: f64,
    cpu_50_over_1: f64,
    latency_p95_ms: f64,
    lost: u64,
    doubled: u64,
}

/// What was measured with.
struct Bench {
    stage: Stage,
    ours: Ours,
    docker: Docker,
    lasts: Duration,
}

pub(crate) async fn run(args: &Args, ground: &Ground, program: &Program) -> anyhow::Result<Figures> {
    let stage = Stage::start(ground, program).await?;
    let ours = Ours::new(&stage.daemon)?;
    let socket = ground.socket().to_string_lossy().into_owned();
    let docker = Docker::connect_with_unix(&socket, 60, bollard::API_DEFAULT_VERSION)?;
    let bench = Bench { stage, ours, docker, lasts: Duration::from_secs(args.seconds) };
    note(&format!("load: {}", std::fs::read_to_string("/proc/loadavg")?.trim()));
    let (ratio, mut seen) = bench.flood(args.turns).await?;
    let (cpu, steady) = bench.viewers().await?;
    seen.add(&steady);
    let (latency, little) = bench.latency().await?;
    seen.add(&little);
    note(&format!(
        "lost without a word: {}, doubled: {}, told to be skipped: {}, gaps told: {}",
        seen.lost, seen.doubled, seen.skipped, seen.gaps
    ));
    Ok(Figures {
        one_viewer_over_raw: rounded(ratio, 3),
        cpu_50_over_1: rounded(cpu, 2),
        latency_p95_ms: rounded(latency, 1),
        lost: seen.lost,
        doubled: seen.doubled,
    })
}

impl Bench {
    /// A tenant that writes so many lines a second; `None`: as fast as it can.
    async fn writer(&self, name: &str, pace: Option<u32>) -> anyhow::Result<Tenant> {
        let mut environment = json!({ "SAMPLE_FLOOD_LINES": "1000000000" });
        if let Some(pace) = pace {
            environment["SAMPLE_FLOOD_LINES_PER_SECOND"] = pace.to_string().into();
        }
        let wish = json!({ "environment": environment, "limits": { "cpus": 2.0 } });
        let tenant = self.ours.ask_for_with(name, &wish).await?;
        self.ours.settled(&tenant).await?;
        Ok(tenant)
    }

    /// A viewer's lines over those of a raw follow.
    async fn flood(&self, turns: u32) -> anyhow::Result<(f64, Seen)> {
        let tenant = self.writer("bench-flood", None).await?;
        let name = format!("fresco_tenant_{}", tenant.simple());
        Template::read(&self.docker, &name).await?.create(&self.docker, PLAIN, None).await?;
        let (mut raw, mut watched, mut seen, mut engine) = (Vec::new(), Vec::new(), Seen::default(), Seen::default());
        for _ in 0..turns {
            self.ours.change(&tenant, "stop").await?;
            containers::start(&self.docker, PLAIN).await?;
            raw.push(self.follow_raw(&mut engine).await?);
            containers::stop(&self.docker, PLAIN).await?;
            self.ours.change(&tenant, "start").await?;
            let mut viewer = Viewer::open(&self.stage.daemon, &tenant).await?;
            // The first lines are those of the way to the end of the log.
            viewer.watch(Duration::from_secs(1)).await?;
            let lines = viewer.watch(self.lasts).await?;
            watched.push(lines as f64 / self.lasts.as_secs_f64());
            seen.add(&viewer.seen);
        }
        remove(&self.docker, PLAIN).await?;
        self.ours.destroy(&tenant).await?;
        note(&format!("the engine by itself, followed raw: lost {}, doubled {}", engine.lost, engine.doubled));
        let (raw, watched) = (Spread::of(raw), Spread::of(watched));
        let (raw_pace, pace) = (raw.median(), watched.median());
        note(&format!("lines a second: raw follow {raw_pace:.0}, one viewer {pace:.0}, told of {} gaps", seen.gaps));
        Ok((pace / raw_pace, seen))
    }

    /// Lines a second.
    async fn follow_raw(&self, seen: &mut Seen) -> anyhow::Result<f64> {
        let options = LogsOptions {
            stdout: true,
            stderr: true,
            timestamps: true,
            follow: true,
            tail: "1".to_owned(),
            ..LogsOptions::default()
        };
        let mut lines = self.docker.logs(PLAIN, Some(options)).ready_chunks(1024);
        let until = Instant::now() + Duration::from_secs(1);
        while let Ok(some) = timeout_at(until, lines.next()).await {
            some.context("the log has ended")?;
        }
        let (mut count, mut turn, until) = (0, Seen::default(), Instant::now() + self.lasts);
        while let Ok(some) = timeout_at(until, lines.next()).await {
            let some = some.context("the log has ended")?;
            count += some.len();
            for line in some {
                number(&line?.into_bytes()).into_iter().for_each(|number| turn.count(number));
            }
        }
        seen.add(&turn);
        Ok(count as f64 / self.lasts.as_secs_f64())
    }

    /// frescod's CPU with many viewers over that with one.
    async fn viewers(&self) -> anyhow::Result<(f64, Seen)> {
        let tenant = self.writer("bench-steady", Some(STEADY)).await?;
        let (mut used, mut seen) = (Vec::new(), Seen::default());
        for count in [FEW, MANY] {
            let mut viewers = Vec::new();
            for _ in 0..count {
                viewers.push(Viewer::open(&self.stage.daemon, &tenant).await?);
            }
            try_join_all(viewers.iter_mut().map(|viewer| viewer.watch(Duration::from_secs(2)))).await?;
            let before = self.stage.daemon.cpu()?;
            let lasts = self.lasts;
            try_join_all(viewers.iter_mut().map(|viewer| viewer.watch(lasts))).await?;
            let share = (self.stage.daemon.cpu()? - before).as_secs_f64() / lasts.as_secs_f64();
            note(&format!("frescod with {count} viewers of {STEADY} lines a second: {:.2} % of a core", share * 100.0));
            used.push(share);
            viewers.iter().for_each(|viewer| seen.add(&viewer.seen));
        }
        self.ours.destroy(&tenant).await?;
        Ok((used[1] / used[0], seen))
    }

    /// From the engine's stamp to the viewer, in ms; 19 of 20 take less.
    async fn latency(&self) -> anyhow::Result<(f64, Seen)> {
        let tenant = self.writer("bench-little", Some(LITTLE)).await?;
        let mut viewer = Viewer::open(&self.stage.daemon, &tenant).await?;
        viewer.watch(Duration::from_secs(2)).await?;
        viewer.seen.delays.clear();
        viewer.watch(self.lasts).await?;
        let delays = Spread::of(viewer.seen.delays.iter().copied());
        note(&format!(
            "from the engine's stamp to a viewer: median {:.1} ms, p95 {:.1} ms",
            delays.median(),
            delays.quantile(0.95)
        ));
        self.ours.destroy(&tenant).await?;
        Ok((delays.quantile(0.95), viewer.seen))
    }
}

/// Of a line as the engine hands it out: `2026-01-31T12:34:56.123456789Z flood 0000001 …`.
fn number(line: &[u8]) -> Option<u64> {
    let mut words = line.split(|byte| *byte == b' ').skip(1);
    if words.next() != Some(b"flood") {
        return None;
    }
    std::str::from_utf8(words.next()?).ok()?.parse().ok()
}
