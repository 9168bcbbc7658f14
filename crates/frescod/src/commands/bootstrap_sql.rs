//! `frescod bootstrap-sql`

use std::process::ExitCode;

use provisioner::database::{AdminNames, PlainName};
use storage::{BootstrapNames, Login, Password};

use crate::exit::Outcome;
use crate::terminal;

/// Print what a PostgreSQL superuser must run once
///
/// It makes the platform's database with its three roles, the tenants' admin role and the database that tenants with a
/// schema share, and closes `postgres` and `template1` to others. Safe to repeat. Passwords are psql variables: give them in
/// a file, since everybody on the host can read a command line.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  frescod bootstrap-sql > bootstrap.sql
  psql --file=passwords.sql --file=bootstrap.sql postgres

with four lines in passwords.sql, which only you can read:
  \\set owner_password '…'
  \\set api_password '…'
  \\set worker_password '…'
  \\set admin_password '…'")]
pub(crate) struct Args {
    /// The platform's own database
    #[arg(long, value_name = "NAME", default_value = "fresco_platform")]
    database: String,
    /// The role that owns the platform's tables
    #[arg(long, value_name = "ROLE", default_value = "fresco_owner_login")]
    owner: String,
    /// The role the API logs in as
    #[arg(long, value_name = "ROLE", default_value = "fresco_api_login")]
    api: String,
    /// The role the worker logs in as
    #[arg(long, value_name = "ROLE", default_value = "fresco_worker_login")]
    worker: String,
    /// The role that makes tenants' roles and databases
    #[arg(long, value_name = "ROLE", default_value = "fresco_admin", value_parser = PlainName::parse)]
    admin: PlainName,
    /// The database that tenants with a schema share
    #[arg(long, value_name = "NAME", default_value = "fresco_tenants", value_parser = PlainName::parse)]
    shared_database: PlainName,
}

pub(crate) fn run(args: Args) -> Outcome {
    let login = |name: String, variable: &str| Login { name, password: Password::PsqlVariable(variable.to_owned()) };
    let names = BootstrapNames {
        database: args.database,
        owner: login(args.owner, "owner_password"),
        api: login(args.api, "api_password"),
        worker: login(args.worker, "worker_password"),
    };
    let admin = AdminNames { admin: args.admin, shared_database: args.shared_database };
    terminal::say(storage::bootstrap_sql(&names).trim_end())?;
    terminal::say("\n\\connect postgres")?;
    terminal::say(provisioner::database::bootstrap_sql(&admin).trim_end())?;
    Ok(ExitCode::SUCCESS)
}
