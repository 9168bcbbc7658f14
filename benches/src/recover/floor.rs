//! What the engine takes to tell of all containers: one list, and an inspection of each.

use std::time::Instant;

use bollard::query_parameters::InspectContainerOptions;

use crate::output::note;
use crate::stage::Ground;
use crate::statistics::Spread;

/// Seconds for both, one call after the other; the median.
pub(super) async fn measure(ground: &Ground, rounds: u32) -> anyhow::Result<f64> {
    let (mut lists, mut all) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let from = Instant::now();
        let containers = ground.containers().await?;
        lists.push(from.elapsed().as_secs_f64());
        for id in containers.keys() {
            ground.docker.inspect_container(id, None::<InspectContainerOptions>).await?;
        }
        all.push(from.elapsed().as_secs_f64());
    }
    let (lists, all) = (Spread::of(lists), Spread::of(all));
    note(&format!("plain calls, in s (median first)\n  two lists          {lists:.3}"));
    note(&format!("  and inspections    {all:.3}"));
    Ok(all.median())
}
