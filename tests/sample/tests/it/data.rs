//! What people enter stays, and connections don't.

use std::time::Duration;

use crate::support::{App, FOUR, Postgres, THREE, eventually};

#[tokio::test]
async fn entries_outlive_the_process() {
    let postgres = Postgres::start().await;
    for version in [THREE, FOUR] {
        let (app, running) = App::new(version, &postgres).released().await;
        assert_eq!(running.post_text("/entries", &format!("by {version}")).await.status, 201);
        assert_eq!(running.post_form("/entries", "text=by+form+%26+proxy").await.status, 201);
        running.stop().await;
        let listed: serde_json::Value = serde_json::from_str(&app.serve().await.get("/entries").await.body).unwrap();
        let texts: Vec<&str> = listed.as_array().unwrap().iter().map(|entry| entry["text"].as_str().unwrap()).collect();
        assert!(texts.ends_with(&[&format!("by {version}"), "by form & proxy"]), "{texts:?}");
    }
}

#[tokio::test]
async fn it_tells_who_it_is() {
    let postgres = Postgres::start().await;
    let (_app, app) = App::new(THREE, &postgres).released().await;
    let who: serde_json::Value = serde_json::from_str(&app.get("/whoami").await.body).unwrap();
    assert_eq!(who["version"], "3.1.2");
    assert_eq!((&who["current_user"], &who["current_database"]), (&"tenant".into(), &"tenant".into()));
    assert_eq!(who["current_schema"], "public");
    assert!(who["pid"].is_u64() && who["hostname"].is_string());
}

#[tokio::test]
async fn it_keeps_no_idle_connection() {
    let postgres = Postgres::start().await;
    let (_app, app) = App::new(FOUR, &postgres).released().await;
    let admin = postgres.admin("postgres").await;
    let open = async || {
        let rows = admin.query("select from pg_stat_activity where usename = 'tenant'", &[]).await.unwrap();
        rows.len()
    };
    assert_eq!(app.get("/entries").await.status, 200);
    assert_eq!(open().await, 1, "kept for a while");
    let started = std::time::Instant::now();
    eventually("no connection is left", async || (open().await == 0).then_some(())).await;
    assert!(started.elapsed() > Duration::from_secs(8), "for ten seconds");
}

#[tokio::test]
async fn it_recovers_when_its_connections_are_cut() {
    let postgres = Postgres::start().await;
    let (_app, app) = App::new(FOUR, &postgres).released().await;
    assert_eq!(app.get("/entries").await.status, 200);
    let admin = postgres.admin("postgres").await;
    admin
        .batch_execute("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'tenant'")
        .await
        .unwrap();
    eventually("it answers again", async || (app.get("/entries").await.status == 200).then_some(())).await;
}

#[tokio::test]
async fn a_socket_echoes() {
    use tokio_tungstenite::tungstenite::{Message, client::client, http::Uri};
    let postgres = Postgres::start().await;
    let (_app, app) = App::new(FOUR, &postgres).released().await;
    let port = app.port;
    let echoed = tokio::task::spawn_blocking(move || {
        let stream = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
        let address: Uri = format!("ws://127.0.0.1:{port}/ws").parse().unwrap();
        let (mut socket, _) = client(address, stream).unwrap();
        socket.send(Message::text("anybody there?")).unwrap();
        socket.read().unwrap()
    });
    assert_eq!(echoed.await.unwrap().into_text().unwrap(), "anybody there?");
}
