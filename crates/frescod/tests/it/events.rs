//! What happens, followed over a WebSocket while the platform is killed again and again.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::StreamExt;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use crate::support::{Dev, image, text};
use crate::tenant::Tenant;

/// Ids in the order they came in, whoever told them.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<i64>>>);

impl Seen {
    fn ids(&self) -> Vec<i64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn add(&self, id: i64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(id);
    }
}

/// Follows for ever, and comes back whenever it has to.
async fn follow(address: String, key: String, seen: Seen) {
    let mut after = 0;
    loop {
        // Nobody answers while it is away.
        if let Some(last) = once(&address, &key, (after, &seen)).await {
            after = last;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Follows until the connection ends; the last place.
async fn once(address: &str, key: &str, (after, seen): (i64, &Seen)) -> Option<i64> {
    let stream = TcpStream::connect(address).await.ok()?;
    let url = format!("ws://{address}/api/v1/events/stream?after={after}");
    let mut request = url.into_client_request().unwrap();
    request.headers_mut().insert("authorization", format!("Bearer {key}").parse().unwrap());
    let (mut socket, _) = client_async(request, stream).await.ok()?;
    let mut last = after;
    while let Some(Ok(message)) = socket.next().await {
        let Message::Text(text) = message else { continue };
        let frame: Value = serde_json::from_str(&text).unwrap();
        match frame["type"].as_str().unwrap() {
            "event" => {
                last = frame["id"].as_i64().unwrap();
                seen.add(last);
            }
            "heartbeat" => last = frame["cursor"].as_i64().unwrap(),
            "hello" => assert_eq!(frame["cursor"], after),
            "end" => break,
            other => panic!("{other}: {frame}"),
        }
    }
    Some(last)
}

/// All there is in the platform's tables, by its tenants.
fn kept(dev: &Dev, tenants: &[Tenant]) -> BTreeMap<i64, String> {
    let events = |tenant: &Tenant| {
        let path = format!("/api/v1/tenants/tnt_{}/events?limit=200", tenant.id);
        let (status, body) = dev.ask("GET", &path, &Value::Null).unwrap();
        assert_eq!(status, 200, "{body}");
        body["items"].as_array().unwrap().clone()
    };
    let all = tenants.iter().flat_map(events);
    all.map(|event| (event["id"].as_i64().unwrap(), event["kind"].as_str().unwrap().to_owned())).collect()
}

#[test]
fn each_event_is_told_once_though_the_platform_is_killed() {
    image();
    let mut dev = Dev::start();
    let address = dev.ready("api").trim_start_matches("http://").to_owned();
    let key = std::fs::read_to_string(dev.ready("key_file")).unwrap().trim().to_owned();
    let seen = Seen::default();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let following = runtime.spawn(follow(address, key, seen.clone()));

    let mut tenants = vec![Tenant::ask_for(&dev, "owls", "sample", &[]), Tenant::ask_for(&dev, "bats", "sample", &[])];
    for name in ["cats", "dogs"] {
        let before = seen.ids().len();
        dev.wait_until("they are at it", || seen.ids().len() > before + 2);
        dev.kill_for_a_while(|_| {});
        tenants.push(Tenant::ask_for(&dev, name, "sample", &[]));
    }
    for tenant in &tenants {
        let waited = dev.tenant(&["wait", &tenant.subdomain, "--timeout", "90s"]);
        assert!(waited.status.success(), "{}", text(&waited.stderr));
    }
    let stopped = dev.tenant(&["stop", "owls"]);
    assert!(stopped.status.success(), "{}", text(&stopped.stderr));
    let ids = || kept(&dev, &tenants).into_keys().collect::<Vec<_>>();
    dev.wait_until("all was told", || seen.ids().len() >= ids().len());
    assert!(!following.is_finished(), "it has panicked");
    following.abort();
    let all = kept(&dev, &tenants);
    let told = seen.ids();
    assert_eq!(told, all.keys().copied().take(told.len()).collect::<Vec<_>>(), "{all:?}");
}
