//! What the program does in a tenant's place.

mod connections;
mod database;
mod process;

use domain::hostile::{Attempt, Check, Outcome, Report};
use secrecy::SecretString;

use super::Orders;

/// Tries everything. Takes no longer than what it asks lets it wait, so somebody outside must bound it.
pub async fn try_everything(orders: &Orders, database_url: &SecretString) -> Report {
    let connections = async {
        let mut all = connections::to_sockets().await;
        for group in &orders.connections {
            all.extend(connections::to(group).await);
        }
        all
    };
    let datagrams = connections::by_datagrams(&orders.datagrams);
    let database = database::tries(&orders.database, database_url);
    let (connections, datagrams, database) = tokio::join!(connections, datagrams, database);
    let process = process::looks(&orders.process);
    let left_out = orders.left_out.iter().map(|what| left_out(Check::Host, what)).collect();
    Report::of(&[connections, datagrams, database, process, left_out].concat())
}

/// What is not tried is not proved.
fn left_out(check: Check, what: &str) -> Attempt {
    attempt(check, what, Outcome::Unclear("not tried: there are too many".to_owned()))
}

fn attempt(check: Check, target: impl ToString, outcome: Outcome) -> Attempt {
    Attempt { check, target: target.to_string(), outcome }
}
