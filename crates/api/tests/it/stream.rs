//! What happens to all tenants that somebody may see, as it does.

use std::time::{Duration, Instant};

use domain::access::{Permission, Role};
use domain::tenant::{Status, Step, World};
use domain::{Clock, SystemClock};
use serde_json::{Value, json};
use storage::Scope;

use crate::logs::{Server, Socket, frame};
use crate::support::{Api, Browser, Home, path};

const STREAM: &str = "/api/v1/events/stream";

async fn watch(server: &Server, authorization: &str, query: &str) -> Socket {
    server.open(&format!("{STREAM}{query}"), &[("authorization", authorization)]).await.unwrap()
}

/// One who watches from now on, and where that is.
async fn watch_on(server: &Server, authorization: &str) -> (Socket, i64) {
    let mut socket = watch(server, authorization, "").await;
    let hello = frame(&mut socket).await.unwrap();
    assert_eq!(hello["type"], "hello", "{hello}");
    (socket, hello["cursor"].as_i64().unwrap())
}

/// The next frame that tells something.
async fn told(socket: &mut Socket) -> Value {
    loop {
        let frame = frame(socket).await.unwrap();
        if frame["type"] != "heartbeat" {
            return frame;
        }
    }
}

/// A statement that writes so many lines into a tenant's history.
fn write(tenant: &str, kind: &str, count: usize) -> String {
    let id = tenant.trim_start_matches("tnt_");
    format!(
        "INSERT INTO fresco.tenant_events (tenant_id, generation, kind, message, at)
         SELECT '{id}', 1, '{kind}', n::text, now() FROM generate_series(1, {count}) n"
    )
}

async fn kinds<const N: usize>(socket: &mut Socket) -> [String; N] {
    let mut kinds = Vec::new();
    for _ in 0..N {
        let event = told(socket).await;
        assert_eq!(event["type"], "event", "{event}");
        kinds.push(event["kind"].as_str().unwrap().to_owned());
    }
    kinds.try_into().unwrap()
}

#[tokio::test]
async fn a_deployment_is_told_as_it_happens_in_its_order() {
    let api = Api::start().await;
    let server = Server::of(&api).await;
    let (mut socket, cursor) = watch_on(&server, &api.authorization()).await;
    let tenant = api.create("study").await;
    let worker = api.worker();
    let claimed = worker.claim(&tenant).await;
    worker.at(&claimed, &Step::EnsureNetwork).await;
    let created = told(&mut socket).await;
    assert_eq!(
        (&created["kind"], &created["tenant_id"], &created["step"]),
        (&json!("deploy"), &tenant["id"], &Value::Null)
    );
    let step = told(&mut socket).await;
    assert_eq!(
        (&step["type"], &step["kind"], &step["step"], &step["status"], &step["message"], &step["generation"]),
        (
            &json!("event"),
            &json!("ensure_network"),
            &json!("ensure_network"),
            &json!("provisioning"),
            &json!("Preparing the network"),
            &json!(1)
        )
    );
    assert!(cursor < created["id"].as_i64().unwrap() && created["id"].as_i64() < step["id"].as_i64());
    worker.at(&claimed, &Step::EnsureRole).await;
    worker.finish(&claimed, Status::Active, &World::empty(), None).await;
    assert_eq!(kinds(&mut socket).await, ["ensure_role"]);
    api.stop.cancel();
    assert_eq!(told(&mut socket).await, json!({ "type": "end", "reason": "unavailable" }));
    assert!(frame(&mut socket).await.is_none());
}

#[tokio::test]
async fn who_comes_back_goes_on_from_where_they_were() {
    let api = Api::start().await;
    let server = Server::of(&api).await;
    let (mut socket, _) = watch_on(&server, &api.authorization()).await;
    let tenant = api.create("study").await;
    let worker = api.worker();
    let claimed = worker.claim(&tenant).await;
    let seen = told(&mut socket).await;
    drop(socket);
    worker.at(&claimed, &Step::EnsureNetwork).await;
    worker.at(&claimed, &Step::EnsureImage).await;
    let mut again = watch(&server, &api.authorization(), &format!("?after={}", seen["id"])).await;
    assert_eq!(told(&mut again).await, json!({ "type": "hello", "cursor": seen["id"] }));
    assert_eq!(kinds(&mut again).await, ["ensure_network", "ensure_image"]);
    worker.at(&claimed, &Step::EnsureRole).await;
    assert_eq!(kinds(&mut again).await, ["ensure_role"]);
    // A place that is not there yet is the newest one.
    let mut ahead = watch(&server, &api.authorization(), "?after=9000000000").await;
    assert!(told(&mut ahead).await["cursor"].as_i64().unwrap() < 1000);
    worker.at(&claimed, &Step::EnsureDatabase).await;
    assert_eq!(kinds(&mut ahead).await, ["ensure_database"]);
    for wrong in ["?after=x", "?after=1&before=2"] {
        let refused = server.open(&format!("{STREAM}{wrong}"), &[("authorization", &api.authorization())]).await;
        assert_eq!(refused.err(), Some(422), "{wrong}");
    }
}

/// Numbers are given when a line is written and seen when it commits: whoever is shown the higher one first would never be
/// shown the lower one.
#[tokio::test]
async fn what_commits_late_is_waited_for_and_what_never_does_is_not() {
    let api = Api::start().await;
    let (one, other) = (api.create("one").await, api.create("other").await);
    let server = Server::of(&api).await;
    let (mut socket, cursor) = watch_on(&server, &api.authorization()).await;
    let mut slow = api.database.superuser();
    let mut quick = api.database.superuser();
    for (end, expected) in [("COMMIT", ["slow", "quick"].as_slice()), ("ROLLBACK", &["quick"])] {
        slow.ask(&format!("BEGIN; {}", write(one["id"].as_str().unwrap(), "slow", 1))).await;
        quick.ask(&format!("{}; NOTIFY fresco_news", write(other["id"].as_str().unwrap(), "quick", 1))).await;
        // Somebody who comes now is not told that they are past it, either.
        let late = tokio::time::timeout(Duration::from_millis(300), told(&mut socket)).await;
        assert!(late.is_err(), "{late:?} is told though a lower number may come");
        slow.ask(end).await;
        for kind in expected {
            assert_eq!(kinds(&mut socket).await, [*kind]);
        }
    }
    // The same by who comes back.
    let mut again = watch(&server, &api.authorization(), &format!("?after={cursor}")).await;
    assert_eq!(told(&mut again).await["cursor"], cursor);
    assert_eq!(kinds(&mut again).await, ["slow", "quick", "quick"]);
}

#[tokio::test]
async fn everybody_is_told_of_their_own() {
    let api = Api::start().await;
    let server = Server::of(&api).await;
    let (house, other) = (Home::make(&api, "house").await, Home::make(&api, "other").await);
    let mine = house.key_of(&api, Role::Viewer, Permission::ALL).await;
    let theirs = other.key_of(&api, Role::Owner, Permission::ALL).await;
    let (mut mine, _) = watch_on(&server, &mine.authorization()).await;
    let (mut theirs, _) = watch_on(&server, &theirs.authorization()).await;
    let (mut operator, _) = watch_on(&server, &api.authorization()).await;
    let mut writer = api.database.superuser();
    for (home, kind) in [(house, "ensure_network"), (other, "ensure_role")] {
        writer.ask(&format!("{}; NOTIFY fresco_news", write(&home.tenant.to_string(), kind, 1))).await;
    }
    for (socket, expected) in [
        (&mut mine, &["ensure_network"][..]),
        (&mut theirs, &["ensure_role"]),
        (&mut operator, &["ensure_network", "ensure_role"]),
    ] {
        for kind in expected {
            assert_eq!(kinds(socket).await, [*kind]);
        }
        let more = tokio::time::timeout(Duration::from_millis(200), told(socket)).await;
        assert!(more.is_err(), "{more:?} is none of theirs");
    }
    // From the very beginning neither.
    let key = house.key_of(&api, Role::Viewer, Permission::ALL).await;
    let mut all = watch(&server, &key.authorization(), "?after=0").await;
    assert_eq!(told(&mut all).await["cursor"], 0);
    for _ in 0..2 {
        assert_eq!(told(&mut all).await["tenant_id"], house.tenant.to_string());
    }
    let more = tokio::time::timeout(Duration::from_millis(200), told(&mut all)).await;
    assert!(more.is_err(), "{more:?}");
    // Whoever may not see tenants is not let in, nor is a stranger.
    let blind = house.key_of(&api, Role::Owner, &[Permission::TenantLogs]).await;
    assert_eq!(server.open(STREAM, &[("authorization", &blind.authorization())]).await.err(), Some(403));
    assert_eq!(server.open(STREAM, &[]).await.err(), Some(401));
}

#[tokio::test]
async fn who_is_far_behind_is_told_how_much_they_missed() {
    let api = Api::start().await;
    let server = Server::of(&api).await;
    let (tenant, other) = (api.create("study").await, Home::make(&api, "other").await);
    let (_, cursor) = watch_on(&server, &api.authorization()).await;
    let mut writer = api.database.superuser();
    writer.ask(&write(tenant["id"].as_str().unwrap(), "line", 1234)).await;
    writer.ask(&write(&other.tenant.to_string(), "line", 77)).await;
    let mut behind = watch(&server, &api.authorization(), &format!("?after={cursor}")).await;
    assert_eq!(told(&mut behind).await["type"], "hello");
    let lagged = told(&mut behind).await;
    assert_eq!((&lagged["type"], &lagged["skipped"]), (&json!("lagged"), &json!(1234 + 77 - 500)));
    let first = told(&mut behind).await;
    assert_eq!(
        (first["message"].as_str(), first["id"].as_i64()),
        (Some("812"), Some(lagged["to"].as_i64().unwrap() + 1))
    );
    for _ in 1..500 {
        assert_eq!(told(&mut behind).await["type"], "event");
    }
    // Only what they may see is counted.
    let key = other.key_of(&api, Role::Viewer, Permission::ALL).await;
    let mut theirs = watch(&server, &key.authorization(), &format!("?after={cursor}")).await;
    assert_eq!(told(&mut theirs).await["type"], "hello");
    assert_eq!(told(&mut theirs).await["message"], "1");
    // What was left out can be had.
    let left =
        api.get(&format!("{}/events?after={}&limit=1", path(&tenant), lagged["from"].as_i64().unwrap() - 1)).await;
    assert_eq!(left.body["items"][0]["message"], "1");
    // And the history, from its end back.
    let (mut place, mut seen) = ("newest=true".to_owned(), 0);
    loop {
        let part = api.get(&format!("{}/events?{place}&limit=200", path(&tenant))).await.body;
        let messages: Vec<&str> =
            part["items"].as_array().unwrap().iter().map(|event| event["message"].as_str().unwrap()).collect();
        if seen == 0 {
            assert_eq!((messages.first(), messages.last()), (Some(&"1035"), Some(&"1234")));
        }
        seen += messages.len();
        let Some(before) = part["before"].as_i64() else { break };
        assert_eq!(part["items"][0]["id"], before);
        place = format!("before={before}");
    }
    assert_eq!(seen, 1234 + 1, "and that it was asked for");
}

#[tokio::test]
async fn whoever_may_no_longer_or_is_elsewhere_is_sent_away() {
    let api = Api::start().await;
    let server = Server::of(&api).await;
    let home = Home::make(&api, "house").await;
    let key = home.own_key(&api, &[Permission::TenantView]).await;
    let (mut by_key, _) = watch_on(&server, &key.authorization()).await;
    let browser = Browser::at_home(&api, "ada").await;
    let authorization = format!("Bearer {}", browser.access.as_ref().unwrap());
    let (mut by_session, _) = watch_on(&server, &authorization).await;
    let revoked =
        api.database.api.revoke_api_key(Scope::Operator, (home.organisation, key.id), None, SystemClock.now());
    assert!(revoked.await.unwrap());
    let left = browser.post(&api, "/api/v1/auth/logout", &json!({})).await;
    assert_eq!(left.status, 204, "{}", left.text);
    // Asked again with each ping.
    for socket in [&mut by_key, &mut by_session] {
        let until = Instant::now() + Duration::from_secs(60);
        loop {
            assert!(Instant::now() < until);
            let said = tokio::time::timeout(Duration::from_secs(60), frame_or_silence(socket)).await.expect("a minute");
            if said["type"] == "end" {
                assert_eq!(said["reason"], "forbidden");
                break;
            }
            assert_eq!(said["type"], "heartbeat", "{said}");
        }
    }
}

/// As [`frame`], for one who waits longer than it does.
async fn frame_or_silence(socket: &mut Socket) -> Value {
    use futures_util::StreamExt as _;
    loop {
        let message = socket.next().await.unwrap().unwrap();
        if let Ok(text) = message.to_text()
            && let Ok(frame) = serde_json::from_str(text)
        {
            return frame;
        }
    }
}

#[tokio::test]
async fn many_come_and_go_and_leave_nothing() {
    let api = Api::start().await;
    let server = Server::of(&api).await;
    let authorization = api.authorization();
    let mut open = Vec::new();
    for _ in 0..100 {
        open.push(watch_on(&server, &authorization).await.0);
    }
    assert_eq!(
        server.open(STREAM, &[("authorization", &authorization)]).await.err(),
        Some(503),
        "as many as there may be"
    );
    api.create("study").await;
    for socket in &mut open {
        assert_eq!(kinds(socket).await, ["deploy"]);
    }
    drop(open);
    // All seats are free again, as soon as those who went are seen to have gone.
    let until = Instant::now() + Duration::from_secs(20);
    let mut open = Vec::new();
    while open.len() < 100 {
        assert!(Instant::now() < until, "{} seats are free", open.len());
        match server.open(STREAM, &[("authorization", &authorization)]).await {
            Ok(socket) => open.push(socket),
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
    drop(open);
    // And nobody asks the database for anybody: it is as quiet as before.
    let mut witness = api.database.superuser();
    witness
        .until(
            "SELECT coalesce(bool_and(state = 'idle' AND state_change < clock_timestamp() - interval '3 s'), true)
             FROM pg_stat_activity WHERE usename = 'platform_api' AND query NOT LIKE 'LISTEN%'",
        )
        .await;
}
