//! The API under a steady load: how long a list takes among many tenants, against the bare SQL query, and how many people can
//! log in while others work.
//!
//! One tenant is deployed; the others' rows are put in after its model. Then only `frescod serve --role api` runs: no loop looks
//! at tenants that stand in no engine.

mod load;
mod rows;

use std::sync::Arc;
use std::time::{Duration, Instant};

use secrecy::ExposeSecret;
use serde::Serialize;
use tokio::task::JoinSet;
use tokio_postgres::NoTls;

use crate::ours::Ours;
use crate::output::note;
use crate::stage::{Ground, Program, Stage};
use crate::statistics::{Spread, rounded};
use load::{Client, Sql, steadily};
use rows::Home;

/// Who log in at once: more than there are places to hash at.
const LOGGING_IN: usize = 8;
/// Before anything is measured: connections, plans, caches.
const WARM_UP: Duration = Duration::from_secs(2);

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Organisations, each with a key of its own
    #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(1..=20_000))]
    organisations: u32,
    /// Tenants of each
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100))]
    tenants: u32,
    /// Requests a second
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=5_000))]
    rate: u32,
    /// Rounds of requests and bare queries in turn
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// How long each of them is
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..))]
    seconds: u64,
}

/// What a program reads.
#[derive(Debug, Serialize)]
pub(crate) struct Figures {
    list_p50_ms: f64,
    list_p99_ms: f64,
    /// Median of the list over that of its bare query, at the same rate.
    list_over_sql: f64,
    login_per_s: f64,
    /// The list's while as many log in as can.
    list_p99_during_logins_ms: f64,
}

pub(crate) async fn run(args: &Args, ground: &Ground, program: &Program) -> anyhow::Result<Figures> {
    let mut stage = Stage::start(ground, program).await?;
    let ours = Ours::new(&stage.daemon)?;
    let (session, connection) = tokio_postgres::connect(stage.platform_superuser_url().expose_secret(), NoTls).await?;
    let mut connections = JoinSet::new();
    connections.spawn(connection);
    let model = ours.deploy("model").await?;
    rows::remember(&session, &model).await?;
    ours.destroy(&model).await?;
    stage.daemon.restart(&["--role", "api"]).await?;
    let homes: Arc<[Home]> = rows::fill(&session, args.organisations, args.tenants).await?.into();
    note(&format!("{} tenants in {} organisations", args.organisations * args.tenants, args.organisations));
    let (client, sql) = (Client::new(&stage.daemon, &homes)?, Sql::new(session, &homes).await?);

    let span = Duration::from_secs(args.seconds);
    steadily(args.rate, WARM_UP, |number| client.list(number)).await?;
    steadily(args.rate, WARM_UP, |number| sql.list(number)).await?;
    let (mut lists, mut queries) = (Vec::new(), Vec::new());
    for _ in 0..args.rounds {
        lists.extend(steadily(args.rate, span, |number| client.list(number)).await?);
        queries.extend(steadily(args.rate, span, |number| sql.list(number)).await?);
    }
    let (lists, queries) = (Spread::of(lists), Spread::of(queries));
    note(&format!(
        "at {} a second, in ms (median first)\n  list   {lists}\n  p99    {:8.1}",
        args.rate,
        lists.quantile(0.99)
    ));
    note(&format!("  query  {queries}\n  p99    {:8.1}", queries.quantile(0.99)));

    client.register().await?;
    sql.verify_addresses().await?;
    let (logins, meanwhile) = logins(&client, (args.rate, span)).await?;
    note(&format!("{logins:.1} log-ins a second by {LOGGING_IN} at once; meanwhile\n  list   {meanwhile}"));
    note(&format!("  p99    {:8.1}", meanwhile.quantile(0.99)));
    Ok(Figures {
        list_p50_ms: rounded(lists.median(), 2),
        list_p99_ms: rounded(lists.quantile(0.99), 2),
        list_over_sql: rounded(lists.median() / queries.median(), 2),
        login_per_s: rounded(logins, 1),
        list_p99_during_logins_ms: rounded(meanwhile.quantile(0.99), 2),
    })
}

/// Log-ins a second, one after the other by each of those who log in, and the list's times meanwhile.
async fn logins(client: &Client, (rate, span): (u32, Duration)) -> anyhow::Result<(f64, Spread)> {
    let (from, mut people) = (Instant::now(), JoinSet::new());
    for _ in 0..LOGGING_IN {
        let client = client.clone();
        people.spawn(async move {
            let mut count = 0_u32;
            while from.elapsed() < span {
                client.log_in().await?;
                count += 1;
            }
            anyhow::Ok(count)
        });
    }
    let lists = steadily(rate, span, |number| client.list(number)).await?;
    let mut count = 0;
    while let Some(one) = people.join_next().await {
        count += one??;
    }
    Ok((f64::from(count) / from.elapsed().as_secs_f64(), Spread::of(lists)))
}
