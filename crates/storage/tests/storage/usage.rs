//! What instances use: newest samples, histories that are condensed and forgotten, and troubles.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use domain::TenantId;
use domain::access::Role;
use domain::usage::{Rates, Resolution, Sample, Span, Trouble};
use storage::{NewTenant, Scope};

use crate::support::{Platform, new_tenant, now};

const DAY: u64 = 86_400;
const KEPT: [Duration; 4] = [
    Duration::from_secs(DAY),
    Duration::from_secs(7 * DAY),
    Duration::from_secs(31 * DAY),
    Duration::from_secs(400 * DAY),
];

/// A quarter of a core and 100 MiB.
pub(crate) fn sample(at: DateTime<Utc>) -> Sample {
    Sample {
        at,
        cpu: 0.25,
        cpu_limit: Some(0.5),
        memory: 100 << 20,
        memory_limit: Some(384 << 20),
        network: Some(Rates { inward: 1_000.0, outward: 2_000.0 }),
        block: None,
        pids: 11,
    }
}

/// A whole hour not long ago, with room for partitions around it.
async fn hour(platform: &Platform) -> DateTime<Utc> {
    let hour = Resolution::Hour.start_of(now() - TimeDelta::hours(3));
    platform.worker.tend_usage(now(), &KEPT).await.unwrap();
    hour
}

/// A sample each 15 s from `from` on, whose processor use counts up from 0 in tenths.
async fn keep(platform: &Platform, tenant: TenantId, from: DateTime<Utc>, count: i32) {
    for number in 0..count {
        let at = from + TimeDelta::seconds(15) * number;
        let sample = Sample { cpu: f64::from(number) / 10.0, ..sample(at) };
        platform.worker.keep_usage(&[(tenant, sample)]).await.unwrap();
    }
}

async fn points(
    platform: &Platform,
    scope: Scope,
    tenant: TenantId,
    resolution: Resolution,
    span: Span,
) -> Vec<(u32, f64, f64)> {
    let points = platform.api.usage_points(scope, tenant, resolution, &span).await.unwrap();
    let rounded = |value: f64| (value * 1000.0).round() / 1000.0;
    points.into_iter().map(|point| (point.number, rounded(point.cpu), rounded(point.cpu_peak))).collect()
}

fn span(from: DateTime<Utc>, step: u64, points: u32) -> Span {
    Span { from, step: Duration::from_secs(step), points }
}

#[tokio::test]
async fn the_newest_sample_is_shown_to_whom_the_tenant_is() {
    let platform = Platform::start().await;
    let (mine, me) = platform.organisation("mine").await;
    let (others, other) = platform.organisation("others").await;
    let tenant = new_tenant("owls").id;
    let scope = |organisation, user| Scope::Member { organisation, user: Some(user), role: Role::Viewer };
    let new = NewTenant { id: tenant, organisation: mine, owner: me, ..new_tenant("owls") };
    platform.api.create_tenant(Scope::Operator, new).await.unwrap();
    let newest = sample(DateTime::from_timestamp(1_800_000_000, 0).unwrap());
    platform
        .worker
        .note_usage(&[(tenant, newest), (TenantId::generate(now(), &domain::SystemEntropy), newest)])
        .await
        .unwrap();
    let of = async |scope| platform.api.usage_of(scope, &[tenant]).await.unwrap().remove(0).1.sample;
    assert_eq!(of(scope(mine, me)).await, Some(newest));
    assert_eq!(of(Scope::Operator).await, Some(newest));
    assert_eq!(of(scope(others, other)).await, None);
    for status in ["stopped", "active"] {
        platform.sql(&format!("UPDATE fresco.tenants SET status = '{status}'")).await;
        assert_eq!(of(Scope::Operator).await.is_some(), status == "active", "{status}");
    }
    platform.worker.drop_usage(&[tenant]).await.unwrap();
    assert_eq!(of(Scope::Operator).await, None);
    platform.worker.note_usage(&[(tenant, newest)]).await.unwrap();
    platform.worker.drop_old_usage(newest.at + TimeDelta::seconds(1)).await.unwrap();
    assert_eq!(of(Scope::Operator).await, None);
}

#[tokio::test]
async fn a_history_is_condensed_step_by_step_and_each_point_is_made_once() {
    let platform = Platform::start().await;
    let (tenant, hour) = (platform.tenant("owls").await.id, hour(&platform).await);
    keep(&platform, tenant, hour, 8).await;
    keep(&platform, tenant, hour, 1).await;
    let of = async |resolution, span| points(&platform, Scope::Operator, tenant, resolution, span).await;
    let fine = of(Resolution::Seconds15, span(hour, 15, 8)).await;
    assert_eq!(fine.len(), 8);
    assert_eq!((fine[0], fine[7]), ((0, 0.0, 0.0), (7, 0.7, 0.7)));
    let half_past = hour + TimeDelta::minutes(1) + TimeDelta::seconds(40);
    assert_eq!(
        platform.worker.roll_usage(Resolution::Minute, half_past).await.unwrap(),
        1,
        "the second is not whole yet"
    );
    assert_eq!(platform.worker.roll_usage(Resolution::Minute, hour + TimeDelta::hours(1)).await.unwrap(), 1);
    assert_eq!(platform.worker.roll_usage(Resolution::Minute, hour + TimeDelta::hours(1)).await.unwrap(), 0);
    assert_eq!(of(Resolution::Minute, span(hour, 60, 60)).await, [(0, 0.15, 0.3), (1, 0.55, 0.7)]);
    for coarser in [Resolution::Minutes15, Resolution::Hour] {
        assert_eq!(platform.worker.roll_usage(coarser, hour + TimeDelta::hours(1)).await.unwrap(), 1);
        assert_eq!(of(coarser, span(hour, 3600, 1)).await, [(0, 0.35, 0.7)], "of all eight samples alike");
    }
}

#[tokio::test]
async fn a_history_is_nobody_elses() {
    let platform = Platform::start().await;
    let (tenant, hour) = (platform.tenant("owls").await.id, hour(&platform).await);
    keep(&platform, tenant, hour, 2).await;
    let (organisation, user) = platform.organisation("others").await;
    let other = Scope::Member { organisation, user: Some(user), role: Role::Owner };
    assert_eq!(points(&platform, other, tenant, Resolution::Seconds15, span(hour, 15, 8)).await, []);
    platform.api.watch_usage(other, tenant, now() + TimeDelta::minutes(1)).await.unwrap();
    assert_eq!(platform.worker.usage_watched(now()).await.unwrap(), [], "nobody has others looked at more often");
    platform.api.watch_usage(Scope::Operator, tenant, now() + TimeDelta::minutes(1)).await.unwrap();
    assert_eq!(platform.worker.usage_watched(now()).await.unwrap(), [tenant]);
    assert_eq!(platform.worker.usage_watched(now() + TimeDelta::minutes(2)).await.unwrap(), []);
}

#[tokio::test]
async fn what_is_older_than_it_is_kept_is_dropped() {
    let platform = Platform::start().await;
    let (tenant, hour) = (platform.tenant("owls").await.id, hour(&platform).await);
    keep(&platform, tenant, hour, 1).await;
    platform.worker.roll_usage(Resolution::Minute, now()).await.unwrap();
    let rows = async |resolution: i32| {
        platform.number(&format!("SELECT count(*) FROM fresco.usage WHERE resolution = {resolution}")).await
    };
    assert_eq!((rows(15).await, rows(60).await), (1, 1));
    platform.worker.tend_usage(now() + TimeDelta::days(4), &KEPT).await.unwrap();
    assert_eq!((rows(15).await, rows(60).await), (0, 1));
    let parts = "SELECT count(*) FROM pg_inherits WHERE inhparent = 'fresco.usage_15'::regclass";
    for day in 5..15 {
        platform.worker.tend_usage(now() + TimeDelta::days(day), &KEPT).await.unwrap();
        assert!(platform.number(parts).await <= 5, "partitions are dropped as others come");
    }
}

#[tokio::test]
async fn a_trouble_is_told_once_when_it_begins_and_once_when_it_ends() {
    let platform = Platform::start().await;
    let tenant = platform.tenant("owls").await.id;
    let since = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
    let note = async |since| platform.worker.note_trouble(tenant, Trouble::MemoryHigh, since, now()).await.unwrap();
    let shown = async || platform.api.usage_of(Scope::Operator, &[tenant]).await.unwrap().remove(0).1.troubles;
    note(None).await;
    note(Some(since)).await;
    note(Some(since)).await;
    assert_eq!(shown().await, [(Trouble::MemoryHigh, since)]);
    assert_eq!(platform.worker.troubles().await.unwrap(), [(tenant, Trouble::MemoryHigh, since)]);
    note(None).await;
    note(None).await;
    assert_eq!(shown().await, []);
    let events = platform.api.list_events(Scope::Operator, tenant, None, 100).await.unwrap();
    let told: Vec<_> =
        events.iter().map(|event| event.kind.as_str()).filter(|kind| kind.starts_with("trouble")).collect();
    assert_eq!(told, ["trouble_began", "trouble_ended"]);
}
