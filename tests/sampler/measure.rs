//! What instances keep on disk, measured into a real PostgreSQL.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use domain::tenant::Status;
use domain::{SystemClock, TenantId};
use platform_tests::eventually;
use platform_tests::fakes::{Bench, DEADLINE, Turning};
use sampler::{MeasureSettings, Measurer};
use storage::{Scope, Sizes};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

const HOUR: Duration = Duration::from_secs(3600);
const SOON: Duration = Duration::from_millis(50);

/// A deployed tenant, and folders for logs and dumps.
struct Kept {
    bench: Bench,
    tenant: TenantId,
    folder: TempDir,
    _turning: Turning,
}

impl Kept {
    async fn start() -> Self {
        let bench = Bench::start().await;
        let turning = bench.turn(bench.parts());
        let tenant = bench.deploy("owls").await;
        bench.settled(tenant, Status::Active).await;
        Self { bench, tenant, folder: TempDir::new().unwrap(), _turning: turning }
    }

    /// A file of the tenant's, so long.
    fn keep(&self, what: &str, name: &str, bytes: usize) {
        let folder = self.folder.path().join(what).join(self.tenant.simple());
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(name), vec![0; bytes]).unwrap();
    }

    fn measure(&self, every: Duration) -> (JoinHandle<()>, CancellationToken) {
        let place = |what: &str| Path::new(self.folder.path()).join(what);
        let settings = MeasureSettings { every, round: SOON, logs: place("logs"), dumps: place("dumps") };
        let (store, databases) = (self.bench.cluster.worker.clone(), self.bench.databases.clone());
        let (measurer, stop) =
            (Measurer::new(store, databases, settings, Arc::new(SystemClock)), CancellationToken::new());
        let token = stop.clone();
        #[expect(clippy::disallowed_methods, reason = "the test holds the handle and awaits it")]
        let measuring = tokio::spawn(async move { measurer.run(token).await });
        (measuring, stop)
    }

    async fn sizes(&self) -> Sizes {
        let sizes = self.bench.cluster.api.sizes_of(Scope::Operator, &[self.tenant]).await.unwrap();
        sizes.first().map(|(_, sizes)| *sizes).unwrap_or_default()
    }

    /// Waits until the three parts take so many bytes.
    async fn until(&self, expected: [u64; 3]) -> Sizes {
        eventually("these sizes", DEADLINE, || async {
            let sizes = self.sizes().await;
            let parts = [sizes.database, sizes.logs, sizes.dumps];
            (parts.map(|part| part.map(|part| part.bytes)) == expected.map(Some)).then_some(sizes)
        })
        .await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_new_is_measured_soon_and_then_seldom() {
    let kept = Kept::start().await;
    kept.bench.databases.set_size(kept.tenant, 8_000_000);
    kept.keep("logs", "00000000000000000001.segment", 1_200);
    let (measuring, stop) = kept.measure(HOUR);
    let first = kept.until([8_000_000, 1_200, 0]).await;
    // Another comes, whose measures tell that there were rounds since.
    kept.bench.databases.set_size(kept.tenant, 9_000_000);
    let other = kept.bench.deploy("bats").await;
    eventually("the other's sizes", DEADLINE, || async {
        kept.bench.cluster.api.sizes_of(Scope::Operator, &[other]).await.unwrap().pop()
    })
    .await;
    assert_eq!(kept.sizes().await, first, "not before its time");
    stop.cancel();
    measuring.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_measured_stays_with_its_age_and_holds_up_nothing_else() {
    let kept = Kept::start().await;
    kept.bench.databases.set_size(kept.tenant, 8_000_000);
    let (measuring, stop) = kept.measure(SOON);
    let before = kept.until([8_000_000, 0, 0]).await;
    kept.bench.databases.set_down(true);
    kept.keep("logs", "00000000000000000001.segment", 1_200);
    kept.keep("dumps", "1.dump", 34_000);
    let without = kept.until([8_000_000, 1_200, 34_000]).await;
    let later = eventually("another round", DEADLINE, || async {
        Some(kept.sizes().await).filter(|sizes| sizes.logs.unwrap().at > without.logs.unwrap().at)
    })
    .await;
    assert!(later.database.unwrap().at < later.logs.unwrap().at, "{later:?}");
    assert!(later.database.unwrap().at >= before.database.unwrap().at);
    kept.bench.databases.set_down(false);
    kept.bench.databases.set_size(kept.tenant, 9_000_000);
    kept.until([9_000_000, 1_200, 34_000]).await;
    stop.cancel();
    measuring.await.unwrap();
}
