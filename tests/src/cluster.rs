//! The platform's database for one test, bootstrapped and migrated as in production, as each of its roles sees it.

use std::time::Duration;

use secrecy::SecretString;
use storage::{BootstrapNames, Login, Password, Store, StoreOptions};

const DATABASE: &str = "platform";

/// A server with the platform's database, and a store for each role that uses it.
#[derive(Debug)]
pub struct Cluster {
    pub api: Store,
    pub worker: Store,
    pub server: test_cluster::Cluster,
}

impl Cluster {
    pub async fn start() -> Self {
        Self::on(test_cluster::Cluster::start().await).await
    }

    /// Makes the platform's database on that server.
    pub async fn on(server: test_cluster::Cluster) -> Self {
        let (owner, api, worker) = (login("owner"), login("api"), login("worker"));
        let names = BootstrapNames { database: DATABASE.to_owned(), owner, api, worker };
        storage::bootstrap(&server.superuser_url("postgres"), &names).await.unwrap();
        connect(&server, "owner", 1).await.migrate().await.unwrap();
        let (api, worker) = (connect(&server, "api", 8).await, connect(&server, "worker", 16).await);
        Self { api, worker, server }
    }

    /// For a superuser's session in the platform's database.
    #[must_use]
    pub fn superuser_url(&self) -> SecretString {
        self.server.superuser_url(DATABASE)
    }
}

fn login(name: &str) -> Login {
    Login { name: name.to_owned(), password: Password::Literal(name.into()) }
}

async fn connect(server: &test_cluster::Cluster, role: &str, max_connections: u32) -> Store {
    let url = SecretString::from(format!("postgres://{role}:{role}@{}/{DATABASE}", server.address()));
    let (acquire_timeout, application_name) = (Duration::from_secs(10), format!("test {role}"));
    Store::connect(StoreOptions { url, max_connections, acquire_timeout, application_name }).await.unwrap()
}
