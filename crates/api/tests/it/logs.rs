//! Logs, as a program and as a browser ask for them.

use std::io::Read as _;
use std::net::SocketAddr;
use std::time::Duration;

use api::{Bounds, LimitSettings};
use axum::body::Body;
use axum::http::{Method, Request};
use domain::access::{Permission, Role};
use domain::log::Level;
use domain::{Clock, Quota, SystemClock};
use flate2::read::GzDecoder;
use futures_util::StreamExt;
use logs::{LogsError, Place};
use serde_json::{Value, json};
use storage::Scope;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::support::{Api, Home, unlimited};

async fn tenant(api: &Api) -> String {
    format!("/api/v1/tenants/{}", api.create("study").await["id"].as_str().unwrap())
}

#[tokio::test]
async fn a_page_says_where_to_go_on() {
    let api = Api::start().await;
    let path = tenant(&api).await;
    let nothing = api.get(&format!("{path}/logs")).await;
    assert_eq!(
        (nothing.status.as_u16(), &nothing.body["items"], &nothing.body["after"]),
        (200, &json!([]), &Value::Null)
    );
    let cursors = api.logs.write(30);
    let page = api.get(&format!("{path}/logs?limit=10")).await;
    let first = &page.body["items"][0];
    assert_eq!(
        (&first["type"], &first["text"], &first["stream"], &first["level"]),
        (&json!("line"), &json!("line 21"), &json!("stdout"), &Value::Null)
    );
    assert_eq!(first["ts"], "2023-11-14T22:13:20.000000021Z");
    assert_eq!(page.body["before"], cursors[20].to_string());
    let before = api.get(&format!("{path}/logs?limit=10&before={}", cursors[20])).await;
    assert_eq!(before.body["items"][9]["text"], "line 20");
    let after = api.get(&format!("{path}/logs?after={}", cursors[28])).await;
    assert_eq!((after.body["items"].as_array().unwrap().len(), &after.body["more"]), (1, &json!(false)));
    api.get(&format!("{path}/logs?level=warn&query=a.b&regex=true&around={}", cursors[3])).await;
    let asked = api.logs.asked();
    assert_eq!((asked.place, asked.limit), (Place::Around(cursors[3]), 500));
    assert_eq!(
        (asked.wanted.level, asked.wanted.query.as_deref(), asked.wanted.regex),
        (Some(Level::Warn), Some("a.b"), true)
    );
}

#[tokio::test]
async fn what_makes_no_sense_is_told_with_its_place() {
    let api = Api::start().await;
    let path = tenant(&api).await;
    for (query, parameter) in [
        ("after=x", "after"),
        ("before=3f2a9c81b0de-o-1-0&after=3f2a9c81b0de-o-1-0", "after"),
        ("level=loud", "level"),
        ("limit=0", "limit"),
        ("limit=5001", "limit"),
        ("regex=true", "regex"),
        ("since=yesterday", "since"),
    ] {
        let answer = api.get(&format!("{path}/logs?{query}")).await;
        answer.is_problem(422, "invalid_request");
        assert_eq!(answer.body["errors"][0]["parameter"], parameter, "{query}: {}", answer.text);
    }
    api.get(&format!("{path}/logs?after=3f2a9c81b0de-o-1-0")).await.is_problem(410, "log_cursor_gone");
    api.logs.fail(LogsError::Unavailable("the worker doesn't answer".to_owned()));
    api.get(&format!("{path}/logs")).await.is_problem(503, "logs_unavailable");
    api.get(&format!("{path}/logs/export?bytes=0")).await.is_problem(422, "invalid_request");
}

#[tokio::test]
async fn an_export_streams_all_of_it_as_text_or_json_packed_or_not() {
    let api = Api::start().await;
    let path = tenant(&api).await;
    let cursors = api.logs.write(5000);
    let text = api.get(&format!("{path}/logs/export")).await;
    assert_eq!(text.header("content-disposition"), "attachment; filename=\"study.log\"");
    assert_eq!(text.text.lines().count(), 5000);
    assert_eq!(text.text.lines().last(), Some("2023-11-14T22:13:20.000Z out line 5000"));
    let json = api.get(&format!("{path}/logs/export?format=ndjson&after={}", cursors[4997])).await;
    let lines: Vec<Value> = json.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2);
    assert_eq!((&lines[1]["type"], &lines[1]["text"]), (&json!("line"), &json!("line 5000")));
    let packed = api.bytes(&format!("{path}/logs/export?gzip=true")).await;
    let mut unpacked = String::new();
    GzDecoder::new(&*packed).read_to_string(&mut unpacked).unwrap();
    assert_eq!(unpacked, text.text);
    assert!(packed.len() * 4 < unpacked.len());
}

#[tokio::test]
async fn an_export_ends_at_its_bytes_and_says_where_to_go_on() {
    let api = Api::start().await;
    let path = tenant(&api).await;
    api.logs.write(5000);
    let (mut seen, mut after) = (Vec::new(), String::new());
    for _ in 0..100 {
        let part = api.get(&format!("{path}/logs/export?format=ndjson&bytes=100000{after}")).await;
        let lines: Vec<Value> = part.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        seen.extend(
            lines.iter().filter(|line| line["type"] == "line").map(|line| line["text"].as_str().unwrap().to_owned()),
        );
        match lines.last() {
            Some(last) if last["type"] == "truncated" => after = format!("&after={}", last["after"].as_str().unwrap()),
            _ => break,
        }
    }
    assert_eq!(seen, (1..=5000).map(|number| format!("line {number}")).collect::<Vec<_>>());
}

/// The API on a real socket.
pub(crate) struct Server {
    address: SocketAddr,
    _running: JoinSet<()>,
}

pub(crate) type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

impl Server {
    pub(crate) async fn of(api: &Api) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut running = JoinSet::new();
        running.spawn(api::serve(listener, api.router.clone(), Bounds::default(), api.stop.clone()));
        Self { address, _running: running }
    }

    /// Opens a socket with these headers.
    pub(crate) async fn open(&self, path: &str, headers: &[(&'static str, &str)]) -> Result<Socket, u16> {
        let mut request = format!("ws://{}{path}", self.address).into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        match connect_async(request).await {
            Ok((socket, response)) => {
                let protocol = response.headers().get("sec-websocket-protocol").map(|value| value.to_str().unwrap());
                assert!(protocol.is_none_or(|protocol| protocol == "fresco.v1"), "{protocol:?}");
                Ok(socket)
            }
            Err(Error::Http(response)) => Err(response.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }
}

pub(crate) async fn frame(socket: &mut Socket) -> Option<Value> {
    loop {
        let message = tokio::time::timeout(Duration::from_secs(10), socket.next()).await.expect("within ten seconds");
        match message {
            Some(Ok(Message::Text(text))) => return Some(serde_json::from_str(&text).unwrap()),
            Some(Ok(Message::Ping(_))) => {}
            Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
            Some(Ok(other)) => panic!("{other:?}"),
        }
    }
}

async fn ticket(api: &Api) -> String {
    let made = api.post("/api/v1/ws-tickets", &json!({})).await;
    assert_eq!((made.status.as_u16(), &made.body["protocol"]), (201, &json!("fresco.v1")), "{}", made.text);
    made.body["ticket"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_browser_watches_by_a_ticket_that_is_good_once() {
    let api = Api::start().await;
    let (path, server) = (format!("{}/logs/stream", tenant(&api).await), Server::of(&api).await);
    let ticket = ticket(&api).await;
    let shown = [("sec-websocket-protocol", &*format!("fresco.v1, {ticket}"))];
    let mut socket = server.open(&path, &shown).await.unwrap();
    api.logs.say(7);
    assert_eq!(frame(&mut socket).await.unwrap()["lines"][0]["text"], "line 7");
    assert_eq!(server.open(&path, &shown).await.err(), Some(401));
    assert_eq!(server.open(&path, &[("sec-websocket-protocol", "fresco.v1")]).await.err(), Some(401));
    drop(socket);
    let deadline = std::time::Instant::now() + Duration::from_secs(10);
    while api.logs.viewers() > 0 {
        assert!(std::time::Instant::now() < deadline, "who has gone is let go");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_program_watches_by_its_key_from_where_it_was() {
    let api = Api::start().await;
    let (path, server) = (format!("{}/logs/stream", tenant(&api).await), Server::of(&api).await);
    let authorization = [("authorization", &*api.authorization())];
    let after = "3f2a9c81b0de-o-1764466907123456789-0";
    let query = format!("{path}?after={after}&level=error&query=x");
    let mut socket = server.open(&query, &authorization).await.unwrap();
    let watched = api.logs.watched().pop().unwrap();
    assert_eq!(watched.after.unwrap().to_string(), after);
    assert_eq!((watched.wanted.level, watched.wanted.query.as_deref()), (Some(Level::Error), Some("x")));
    api.logs.say(1);
    assert!(frame(&mut socket).await.is_some());
    api.logs.fail(LogsError::CursorGone);
    assert_eq!(server.open(&path, &authorization).await.err(), Some(410));
    assert_eq!(server.open(&format!("{path}?after=x"), &authorization).await.err(), Some(422));
    api.stop.cancel();
    assert_eq!(frame(&mut socket).await.unwrap(), json!({ "type": "end", "reason": "unavailable" }));
    assert!(frame(&mut socket).await.is_none());
}

/// That they ask too often meanwhile does not help them; and whoever watches on has spent what they have asked for, not what they
/// were looked at.
#[tokio::test]
async fn who_may_no_longer_watch_is_sent_away() {
    let quota = |text| Quota::parse(text).unwrap();
    let limits = LimitSettings { address: quota("1/1h"), user: quota("5/1h"), ..unlimited() };
    let api = Api::start_with(limits).await;
    let home = Home::make(&api, "house").await;
    let [key, other] = [home.own_key(&api, &[Permission::TenantLogs]).await, home.own_key(&api, Permission::ALL).await];
    let path = format!("/api/v1/tenants/{}/logs/stream", home.tenant);
    let server = Server::of(&api).await;
    let mut socket = server.open(&path, &[("authorization", &*key.authorization())]).await.unwrap();
    let _watching = server.open(&path, &[("authorization", &*other.authorization())]).await.unwrap();
    let revoked =
        api.database.api.revoke_api_key(Scope::Operator, (home.organisation, key.id), None, SystemClock.now());
    assert!(revoked.await.unwrap());
    for refused in [401, 429] {
        assert_eq!(server.open(&path, &[("authorization", &*key.authorization())]).await.err(), Some(refused));
    }
    // Asked again with each ping.
    for said in [r#"{"type":"heartbeat"}"#, r#"{"type":"end","reason":"forbidden"}"#] {
        let frame = tokio::time::timeout(Duration::from_secs(60), socket.next()).await.expect("within a minute");
        assert_eq!(frame.unwrap().unwrap().into_text().unwrap().as_str(), said);
    }
    let left = other.get(&api, "/api/v1/tenants").await;
    assert!(left.header("ratelimit").contains(r#""user";r=3;"#), "{}", left.header("ratelimit"));
}

#[tokio::test]
async fn nobody_watches_what_they_may_not_see() {
    let api = Api::start().await;
    let (path, server) = (format!("{}/logs/stream", tenant(&api).await), Server::of(&api).await);
    let stranger = Home::make(&api, "other").await.key_of(&api, Role::Owner, Permission::ALL).await;
    assert_eq!(server.open(&path, &[("authorization", &*stranger.authorization())]).await.err(), Some(404));
    // By a ticket neither.
    let request = Request::builder().method(Method::POST).uri("/api/v1/ws-tickets");
    let request = request.header("authorization", stranger.authorization()).body(Body::empty()).unwrap();
    let ticket = api.ask(request).await.body["ticket"].as_str().unwrap().to_owned();
    let shown = [("sec-websocket-protocol", &*format!("fresco.v1, {ticket}"))];
    assert_eq!(server.open(&path, &shown).await.err(), Some(404));
    assert!(api.logs.watched().is_empty());
}
