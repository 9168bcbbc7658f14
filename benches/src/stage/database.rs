//! The PostgreSQL of a run, prepared as an operator prepares one, its URLs in files.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use domain::SystemEntropy;
use domain::entropy::token;
use embedded::{Places, Postgres, PostgresOptions};
use provisioner::database::{AdminNames, PlainName};
use secrecy::{ExposeSecret, SecretString};
use storage::{BootstrapNames, Login, Password};

use super::configuration::write_secret;
use super::ground::SUBNET;

pub(super) const PLATFORM_DATABASE: &str = "fresco_platform";
const SHARED_DATABASE: &str = "fresco_tenants";
const ADMIN: &str = "fresco_admin";
const OWNER: &str = "fresco_owner_login";
const API: &str = "fresco_api_login";
const WORKER: &str = "fresco_worker_login";

/// Starts it with PostgreSQL's defaults, reachable by us and by tenants.
pub(super) async fn start(places: &Places, folder: &Path, gateway: IpAddr) -> anyhow::Result<Postgres> {
    let options = PostgresOptions {
        binaries: places.postgres(None, None)?,
        data_dir: folder.join("postgresql"),
        listen: vec![gateway],
        port: None,
        run_as: None,
        admitted: vec![SUBNET.parse()?],
        settings: vec![("max_connections".to_owned(), "500".to_owned())],
        superuser_password: token(&SystemEntropy).into(),
    };
    Ok(Postgres::start(options).await?)
}

/// The roles and databases, and a file with the URL of each role; answers that of the tenants' admin.
pub(super) async fn prepare(postgres: &Postgres, folder: &Path) -> anyhow::Result<SecretString> {
    let superuser = postgres.superuser_url("postgres");
    let passwords = [OWNER, API, WORKER, ADMIN].map(|role| (role, SecretString::from(token(&SystemEntropy))));
    let [owner, api, worker, (_, admin)] = &passwords;
    let login = |(role, password): &(&str, SecretString)| Login {
        name: (*role).to_owned(),
        password: Password::Literal(password.clone()),
    };
    let names = BootstrapNames {
        database: PLATFORM_DATABASE.to_owned(),
        owner: login(owner),
        api: login(api),
        worker: login(worker),
    };
    storage::bootstrap(&superuser, &names).await?;
    let names = AdminNames { admin: PlainName::parse(ADMIN)?, shared_database: PlainName::parse(SHARED_DATABASE)? };
    provisioner::database::bootstrap(&superuser, &names, admin).await?;
    for (role, password) in &passwords {
        write_secret(&url_file(folder, role), url(postgres, role, password).expose_secret())?;
    }
    Ok(url(postgres, ADMIN, admin))
}

/// Passwords are hex digits.
fn url(postgres: &Postgres, role: &str, password: &SecretString) -> SecretString {
    let database = if role == ADMIN { SHARED_DATABASE } else { PLATFORM_DATABASE };
    format!("postgres://{role}:{}@{}/{database}", password.expose_secret(), postgres.address()).into()
}

fn url_file(folder: &Path, role: &str) -> PathBuf {
    folder.join(format!("{role}-url"))
}

/// The files with the URLs of owner, API, worker and the tenants' admin.
pub(super) fn url_files(folder: &Path) -> [PathBuf; 4] {
    [OWNER, API, WORKER, ADMIN].map(|role| url_file(folder, role))
}
