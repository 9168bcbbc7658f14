//! Many who wait at once.

use std::time::{Duration, Instant};

use domain::tenant::{Status, Step, World};
use futures_util::future::{join, join_all};

use crate::support::{Answer, Api, Superuser, path};

const FOLLOWERS: usize = 200;
/// How long they wait if nobody tells them.
const PATIENCE: Duration = Duration::from_secs(20);

#[tokio::test]
async fn two_hundred_followers_are_told_at_once() {
    let api = Api::start().await;
    let tenant = api.create("followed").await;
    let (wait, events) =
        (format!("{}/wait?timeout={}", path(&tenant), PATIENCE.as_secs()), format!("{}/events", path(&tenant)));
    let after = api.get(&events).await.body["next"].clone();
    let waiting = join_all((0..FOLLOWERS / 2).map(|_| api.get(&wait)));
    let following = format!("{events}?after={after}&wait={}", PATIENCE.as_secs());
    let following = join_all((0..FOLLOWERS / 2).map(|_| api.get(&following)));
    let work = async {
        let worker = api.worker();
        let claimed = worker.claim(&tenant).await;
        for step in [Step::EnsureNetwork, Step::EnsureImage, Step::EnsureRole, Step::EnsureDatabase, Step::CreateServe]
        {
            worker.at(&claimed, &step).await;
        }
        worker.finish(&claimed, Status::Active, &World::empty(), None).await;
        Instant::now()
    };
    let ((waited, followed), done) = join(join(waiting, following), work).await;
    assert!(done.elapsed() < PATIENCE / 2, "they were not told, but had waited enough: {:?}", done.elapsed());
    assert!(waited.iter().all(|answer| answer.status == 200 && answer.body["reached"] == true));
    let told = |answer: &Answer| !answer.body["items"].as_array().unwrap().is_empty();
    assert!(followed.iter().all(|answer| answer.status == 200 && told(answer)));
}

/// While tenants can't be read, all who wait for one would hold every connection there is.
#[tokio::test]
async fn followers_who_get_no_answer_leave_connections_to_others() {
    let api = Api::start().await;
    let wait = format!("{}/wait?timeout=6", path(&api.create("followed").await));
    let (mut holder, mut witness) = (api.database.superuser(), api.database.superuser());
    let others = async {
        until_all_have_looked(&mut witness).await;
        holder.ask("BEGIN; LOCK TABLE fresco.tenants IN ACCESS EXCLUSIVE MODE").await;
        witness.ask("NOTIFY fresco_news").await;
        // The two who may look, and the one who asks for all.
        witness.until("SELECT count(*) >= 3 FROM pg_locks WHERE NOT granted").await;
        for _ in 0..20 {
            // One that finds no connection until those who wait have theirs back is given up.
            assert_eq!(api.get("/api/v1/apps").await.status, 200);
        }
        holder.ask("ROLLBACK").await;
    };
    let (waited, ()) = join(join_all((0..FOLLOWERS).map(|_| api.get(&wait))), others).await;
    let refused: Vec<_> = waited.iter().filter(|answer| answer.status != 200).map(|answer| &answer.body).collect();
    assert!(refused.is_empty(), "{refused:?}");
}

/// The API's connections rest for a moment.
async fn until_all_have_looked(witness: &mut Superuser) {
    const RESTED: &str =
        "SELECT count(*) > 1 AND bool_and(state = 'idle' AND state_change < clock_timestamp() - interval '300 ms')
        FROM pg_stat_activity WHERE usename = 'platform_api' AND query NOT LIKE 'LISTEN%'";
    witness.until(RESTED).await;
}
