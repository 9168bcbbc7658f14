//! The platform's database on a server of its own, bootstrapped and migrated as in production, as each of its roles sees
//! it.

use std::time::Duration;

use secrecy::SecretString;
use storage::{BootstrapNames, Login, Password, Store, StoreOptions};

use crate::Cluster;

/// The platform's database on every server of the tests.
pub const DATABASE: &str = "platform";
/// How long a call waits for a free connection: tests share their machine.
const ACQUIRE: Duration = Duration::from_secs(10);

/// A store for each role, and the server they are on.
#[derive(Debug)]
pub struct Platform {
    pub owner: Store,
    pub api: Store,
    pub worker: Store,
    pub server: Cluster,
}

impl Platform {
    /// On a server of its own.
    pub async fn start() -> Self {
        Self::on(Cluster::start().await).await
    }

    /// # Panics
    /// If the server does not take it.
    pub async fn on(server: Cluster) -> Self {
        storage::bootstrap(&server.superuser_url("postgres"), &names()).await.unwrap();
        let owner = server.store("platform_owner", 2).await;
        owner.migrate().await.unwrap();
        let (api, worker) = (server.store("platform_api", 8).await, server.store("platform_worker", 16).await);
        Self { owner, api, worker, server }
    }

    /// For a superuser's session in the platform's database.
    #[must_use]
    pub fn superuser_url(&self) -> SecretString {
        self.server.superuser_url(DATABASE)
    }
}

impl Cluster {
    /// One role's way into the platform's database.
    #[must_use]
    pub fn platform_url(&self, role: &str) -> SecretString {
        format!("postgres://{role}:{role}-password@{}/{DATABASE}", self.address()).into()
    }

    /// One role's connections to the platform's database.
    ///
    /// # Panics
    /// If it can't connect.
    pub async fn store(&self, role: &str, max_connections: u32) -> Store {
        self.impatient_store(role, max_connections, ACQUIRE).await
    }

    /// The same, with its own idea of how long a call may wait for a free connection.
    ///
    /// # Panics
    /// If it can't connect.
    pub async fn impatient_store(&self, role: &str, max_connections: u32, acquire_timeout: Duration) -> Store {
        let (url, application_name) = (self.platform_url(role), format!("test {role}"));
        let generic_plans = role == "platform_worker";
        let options = StoreOptions { url, max_connections, acquire_timeout, application_name, generic_plans };
        Store::connect(options).await.unwrap()
    }
}

/// The roles `platform_owner`, `platform_api` and `platform_worker`, each with its name and `-password` for a password.
#[must_use]
pub fn names() -> BootstrapNames {
    let login = |name: &str| Login {
        name: format!("platform_{name}"),
        password: Password::Literal(format!("platform_{name}-password").into()),
    };
    let (owner, api, worker) = (login("owner"), login("api"), login("worker"));
    BootstrapNames { database: DATABASE.to_owned(), owner, api, worker }
}
