//! The private PostgreSQL, for real: first start, restart, every way of dying.
#![expect(clippy::unwrap_used, reason = "what a helper can't do fails the test")]

mod support;

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::time::Duration;

use embedded::postgres::{ListenError, PostgresError};
use embedded::{Postgres, PostgresOptions};
use secrecy::ExposeSecret;
use support::{Victim, eventually, folder, kill_9, postgres_options, processes_in, start};
use tokio_postgres::{Client, NoTls};

/// One session; its connection runs until the client is dropped.
struct Session {
    client: Client,
    _connection: tokio::task::JoinSet<Result<(), tokio_postgres::Error>>,
}

async fn connect(postgres: &Postgres) -> Session {
    let url = postgres.superuser_url("postgres");
    let (client, connection) = tokio_postgres::connect(url.expose_secret(), NoTls).await.unwrap();
    let mut connections = tokio::task::JoinSet::new();
    connections.spawn(connection);
    Session { client, _connection: connections }
}

async fn write_row(postgres: &Postgres) {
    let sql = "CREATE TABLE kept (word text); INSERT INTO kept VALUES ('here')";
    connect(postgres).await.client.batch_execute(sql).await.unwrap();
}

async fn read_row(postgres: &Postgres) -> String {
    connect(postgres).await.client.query_one("SELECT word FROM kept", &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn starts_in_an_empty_folder_serves_and_stops_twice_in_a_row() {
    let parent = folder();
    let options = postgres_options(parent.path().join("deep/er/data"));
    let first = start(&options).await;
    write_row(&first).await;
    assert_eq!(Postgres::version_of(&options.data_dir), Some(options.binaries.major()));
    first.stop().await.unwrap();
    assert!(processes_in(&options.data_dir).is_empty());
    let second = start(&options).await;
    assert_eq!(read_row(&second).await, "here");
    second.stop().await.unwrap();
    assert!(processes_in(&options.data_dir).is_empty());
}

#[tokio::test]
async fn a_dropped_server_leaves_no_process() {
    let parent = folder();
    let options = postgres_options(parent.path().join("data"));
    let postgres = start(&options).await;
    let session = connect(&postgres).await;
    drop(postgres);
    assert!(processes_in(&options.data_dir).is_empty());
    assert!(session.client.simple_query("SELECT 1").await.is_err());
}

#[tokio::test]
async fn the_owner_learns_of_a_killed_server_and_starts_it_anew_on_the_same_port() {
    let parent = folder();
    let mut options = postgres_options(parent.path().join("data"));
    let mut postgres = start(&options).await;
    write_row(&postgres).await;
    let session = connect(&postgres).await;
    kill_9(postgres.pid().unwrap());
    let status = tokio::time::timeout(Duration::from_secs(20), postgres.wait()).await.unwrap().unwrap();
    assert!(!status.success());
    options.port = Some(postgres.port());
    drop(postgres);
    let again = start(&options).await;
    assert_eq!(Some(again.port()), options.port);
    assert_eq!(read_row(&again).await, "here");
    drop(session);
}

/// Run by the test below, which kills it. (Ignored otherwise: it would wait for ever.)
#[tokio::test]
#[ignore = "the victim of `a_killed_owners_server_is_found_and_ended`, run by that test"]
async fn victim() {
    let Some(data_dir) = Victim::folder() else { return };
    let mut postgres = start(&postgres_options(data_dir)).await;
    write_row(&postgres).await;
    postgres.wait().await.unwrap();
}

#[tokio::test]
async fn a_killed_owners_server_is_found_and_ended() {
    let parent = folder();
    let options = postgres_options(parent.path().join("data"));
    let pid_file = options.data_dir.join("postmaster.pid");
    let owner = Victim::start(&options.data_dir);
    eventually("the owner's server is ready", || {
        std::fs::read_to_string(&pid_file).is_ok_and(|text| text.contains("ready"))
    });
    assert!(matches!(Postgres::start(options.clone()).await, Err(PostgresError::Child(_))), "the owner lives");
    let orphan = processes_in(&options.data_dir);
    drop(owner);
    assert!(!orphan.is_empty() && !processes_in(&options.data_dir).is_empty(), "the server outlives its owner");
    let ours = start(&options).await;
    let left: Vec<i32> = processes_in(&options.data_dir).into_iter().filter(|pid| orphan.contains(pid)).collect();
    assert!(left.is_empty(), "orphans left: {left:?}");
    ours.stop().await.unwrap();
}

#[tokio::test]
async fn an_occupied_port_is_named_and_nothing_is_left_running() {
    let parent = folder();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let options = PostgresOptions { port: Some(port), ..postgres_options(parent.path().join("data")) };
    let error = Postgres::start(options.clone()).await.unwrap_err();
    assert!(matches!(&error, PostgresError::Listen(ListenError::Taken { address }) if address.port() == port));
    assert!(processes_in(&options.data_dir).is_empty());
    drop(taken);
    start(&options).await.stop().await.unwrap();
}

#[tokio::test]
async fn a_bad_setting_ends_in_the_servers_own_words() {
    let parent = folder();
    let mut options = postgres_options(parent.path().join("data"));
    options.settings.push(("shared_buffers".to_owned(), "plenty".to_owned()));
    let error = Postgres::start(options).await.unwrap_err().to_string();
    assert!(error.contains("shared_buffers") && error.contains("plenty"), "{error}");
}

#[tokio::test]
async fn a_folder_with_something_else_in_it_is_left_alone() {
    let parent = folder();
    let options = postgres_options(parent.path().join("data"));
    std::fs::create_dir(&options.data_dir).unwrap();
    std::fs::write(options.data_dir.join("thesis.txt"), "years of work").unwrap();
    assert!(matches!(Postgres::start(options.clone()).await, Err(PostgresError::Foreign { .. })));
    assert_eq!(std::fs::read_dir(&options.data_dir).unwrap().count(), 1);
}

#[tokio::test]
async fn a_half_made_cluster_of_a_crash_is_made_anew() {
    let parent = folder();
    let options = postgres_options(parent.path().join("data"));
    let half = parent.path().join("data.init/data");
    std::fs::create_dir_all(&half).unwrap();
    std::fs::write(half.join("PG_VERSION"), "17").unwrap();
    start(&options).await.stop().await.unwrap();
    assert!(!parent.path().join("data.init").exists());
}

/// What a client from `source` hears: `None` if it is let in.
async fn refusal(postgres: &Postgres, source: Ipv4Addr, user: &str, password: &str) -> Option<String> {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::from((source, 0))).unwrap();
    let stream = socket.connect(postgres.address()).await.unwrap();
    let mut config = tokio_postgres::Config::new();
    config.user(user).password(password).dbname("postgres");
    let error = config.connect_raw(stream, NoTls).await.err()?;
    Some(error.as_db_error().map_or_else(|| error.to_string(), |error| error.message().to_owned()))
}

#[tokio::test]
async fn an_admitted_network_lets_everybody_in_but_the_superuser() {
    let parent = folder();
    let mut options = postgres_options(parent.path().join("data"));
    options.admitted = vec!["127.0.0.4/30".parse().unwrap()];
    let postgres = start(&options).await;
    let sql = "CREATE ROLE tenant LOGIN PASSWORD 'own'";
    connect(&postgres).await.client.batch_execute(sql).await.unwrap();
    let (inside, outside) = (Ipv4Addr::new(127, 0, 0, 6), Ipv4Addr::new(127, 0, 0, 9));
    assert_eq!(refusal(&postgres, inside, "tenant", "own").await, None);
    let wrong = refusal(&postgres, inside, "tenant", "other").await.unwrap();
    assert!(wrong.contains("password authentication failed"), "{wrong}");
    let rejected = refusal(&postgres, inside, "postgres", "it's / a @ secret").await.unwrap();
    assert!(rejected.contains("pg_hba.conf rejects connection"), "{rejected}");
    let unknown = refusal(&postgres, outside, "tenant", "own").await.unwrap();
    assert!(unknown.contains("no pg_hba.conf entry"), "{unknown}");
}

#[tokio::test]
async fn a_folder_closed_to_the_servers_account_is_named() {
    use std::os::unix::fs::PermissionsExt;
    if !rustix::process::geteuid().is_root() {
        eprintln!("nothing to see: only root changes accounts, and we aren't root");
        return;
    }
    let parent = folder();
    std::fs::set_permissions(parent.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
    let error = Postgres::start(postgres_options(parent.path().join("data"))).await.unwrap_err().to_string();
    assert!(error.contains(parent.path().to_str().unwrap()) && error.contains("may not pass"), "{error}");
}
