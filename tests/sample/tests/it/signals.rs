//! How it stops.

use std::{io::Write, net::TcpStream, time::Duration};

use crate::support::{App, FOUR, Postgres, THREE};

#[tokio::test]
async fn it_stops_each_line_with_its_own_code() {
    let postgres = Postgres::start().await;
    for (version, code) in [(THREE, 0), (FOUR, 143)] {
        let (_app, app) = App::new(version, &postgres).released().await;
        assert_eq!(app.get("/entries").await.status, 200, "a kept-alive connection is open");
        assert_eq!(app.stop().await, Some(code), "{version}");
    }
}

#[tokio::test]
async fn a_half_open_request_holds_it_up() {
    let postgres = Postgres::start().await;
    let (_app, mut app) = App::new(FOUR, &postgres).released().await;
    let mut half_open = TcpStream::connect(("127.0.0.1", app.port)).unwrap();
    half_open.write_all(b"POST /entries HTTP/1.1\r\nHost: study\r\nContent-Le").unwrap();
    // One whole exchange after it: by then the server has read the half.
    assert_eq!(app.get("/api/health").await.status, 200);
    app.terminate();
    // That something does not happen takes time to see: well past the second in which it stops otherwise.
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(app.is_running(), "it waits for the rest");
    drop(half_open);
    assert_eq!(app.ended().await.code(), Some(143));
}

#[tokio::test]
async fn it_ignores_sigterm_when_asked() {
    let postgres = Postgres::start().await;
    let (_app, mut app) = App::new(FOUR, &postgres).with("SAMPLE_IGNORE_SIGTERM", "true").released().await;
    app.terminate();
    app.logged("ignoring the signal, as asked").await;
    assert_eq!(app.get("/api/health").await.status, 200);
    assert!(app.is_running());
}
