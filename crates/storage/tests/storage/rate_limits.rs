//! Quotas that hold across processes.

use chrono::{DateTime, TimeDelta, Utc};
use domain::Quota;
use futures_util::future::join_all;

use crate::support::Platform;

fn start() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

#[tokio::test]
async fn the_database_decides_as_the_domain_does() {
    let platform = Platform::start().await;
    let quota = Quota::parse("3/30s").unwrap();
    let (mut kept, mut now) = (None, start());
    for seconds in [0, 0, 0, 0, 9, 1, 0, 15, 0, 60, 0, 0, 0, 0] {
        now += TimeDelta::seconds(seconds);
        let expected = quota.decide(kept, now);
        kept = Some(expected.arrival);
        assert_eq!(platform.api.spend([1; 32], quota, now).await.unwrap(), expected);
    }
    assert!(platform.api.spend([2; 32], quota, now).await.unwrap().allowed, "another's is its own");
}

#[tokio::test]
async fn of_many_who_come_at_once_no_more_pass_than_may() {
    let platform = Platform::start().await;
    let quota = Quota::parse("5/1h").unwrap();
    let all = join_all((0..40).map(|_| platform.api.spend([1; 32], quota, start()))).await;
    let decided: Vec<_> = all.into_iter().map(Result::unwrap).collect();
    assert_eq!(decided.iter().filter(|decision| decision.allowed).count(), 5);
    assert!(decided.iter().all(|decision| decision.allowed || decision.retry_after > TimeDelta::zero()));
}

#[tokio::test]
async fn rows_that_mean_nothing_any_more_go_by_themselves() {
    let platform = Platform::start().await;
    let quota = Quota::parse("5/1s").unwrap();
    for number in 0..50 {
        platform.api.spend([number; 32], quota, start()).await.unwrap();
    }
    let rows = "SELECT count(*) FROM fresco.rate_limits";
    assert_eq!(platform.number(rows).await, 50);
    for number in 100..104 {
        platform.api.spend([number; 32], quota, start() + TimeDelta::minutes(1)).await.unwrap();
    }
    assert_eq!(platform.number(rows).await, 4);
}
