//! Stop and start of a serving container through the public API, against the engine's own two calls and the app's first
//! good answer.
//!
//! One tenant, and beside it a container like its own with a database like its own, that the platform knows nothing of. Both
//! are stopped and started in turn, so that both feel alike what slows the machine.

use std::time::{Duration, Instant};

use serde::Serialize;
use tokio::time::sleep;

use crate::floor::{Floor, Made};
use crate::ours::{Ours, Tenant};
use crate::output::note;
use crate::pairs::Pairs;
use crate::parts::Parts;
use crate::stage::{Ground, Program, Stage};
use crate::statistics::rounded;

/// What the engine does after a call has this long to end.
const SETTLE: Duration = Duration::from_millis(300);
/// What all feel that are done for the first time.
const WARM_UP: u32 = 2;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Pairs of one stop and start by the API and one by plain calls
    #[arg(long, default_value_t = 24, value_parser = clap::value_parser!(u32).range(1..))]
    pairs: u32,
}

/// What a program reads: medians of the pairs' differences.
#[derive(Debug, Serialize)]
pub(crate) struct Figures {
    stop_over_ms: f64,
    start_over_ms: f64,
}

/// One of each, up between the measurements.
struct Bench {
    ours: Ours,
    tenant: Tenant,
    floor: Floor,
    plain: Made,
}

/// How long one of them took.
struct Took {
    stop: Duration,
    start: Duration,
}

#[derive(Default)]
struct Measured {
    stops: Pairs,
    starts: Pairs,
}

pub(crate) async fn run(args: &Args, ground: &Ground, program: &Program) -> anyhow::Result<Figures> {
    let stage = Stage::start(ground, program).await?;
    let ours = Ours::new(&stage.daemon)?;
    let floor = Floor::learn(ground, &stage, &ours, 1).await?;
    let tenant = ours.deploy("bench-1").await?;
    let plain = floor.make("bench-plain", 0, &Parts::default()).await?;
    let bench = Bench { ours, tenant, floor, plain };
    note(&format!("load: {}", std::fs::read_to_string("/proc/loadavg")?.trim()));
    bench.alternate(WARM_UP).await?;
    let measured = bench.alternate(args.pairs).await?;
    let [stop, start] = [("stop", &measured.stops), ("start", &measured.starts)].map(|(what, pairs)| {
        let over = pairs.differences();
        note(&format!("{what}, {} pairs, in ms (median first)\n{pairs}\n  over the floor    {over}", args.pairs));
        rounded(over.median(), 1)
    });
    bench.clear(ground).await?;
    Ok(Figures { stop_over_ms: stop, start_over_ms: start })
}

impl Bench {
    async fn alternate(&self, pairs: u32) -> anyhow::Result<Measured> {
        let mut measured = Measured::default();
        for pair in 0..pairs {
            for turn in 0..2 {
                if (pair + turn) % 2 == 0 {
                    let Took { stop, start } = self.by_us().await?;
                    measured.stops.ours(stop);
                    measured.starts.ours(start);
                } else {
                    let Took { stop, start } = self.by_plain_calls().await?;
                    measured.stops.floor(stop);
                    measured.starts.floor(start);
                }
            }
        }
        Ok(measured)
    }

    /// From the request until the API says that it is so.
    async fn by_us(&self) -> anyhow::Result<Took> {
        let stop = timed(self.ours.change(&self.tenant, "stop")).await?;
        Ok(Took { stop, start: timed(self.ours.change(&self.tenant, "start")).await? })
    }

    /// From the call until it returns, or the app has answered.
    async fn by_plain_calls(&self) -> anyhow::Result<Took> {
        let stop = timed(self.floor.stop(&self.plain)).await?;
        Ok(Took { stop, start: timed(self.floor.start(&self.plain)).await? })
    }

    async fn clear(self, ground: &Ground) -> anyhow::Result<()> {
        self.floor.remove(self.plain, 0).await?;
        self.ours.destroy(&self.tenant).await?;
        ground.must_be_clear().await?;
        self.floor.must_be_clear().await
    }
}

/// How long it takes; afterwards the machine comes to rest.
async fn timed(work: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<Duration> {
    let started = Instant::now();
    work.await?;
    let took = started.elapsed();
    sleep(SETTLE).await;
    Ok(took)
}
