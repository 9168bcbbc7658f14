//! The platform's database for one test, as its roles see it.

use std::time::Duration;

use secrecy::SecretString;
use storage::{BootstrapNames, Login, Password, Store, StoreOptions, bootstrap};
use test_cluster::Cluster;

pub(crate) struct Database {
    pub(crate) api: Store,
    pub(crate) worker: Store,
    cluster: Option<Cluster>,
}

impl Database {
    /// Bootstrapped and migrated as in production.
    pub(crate) async fn start() -> Self {
        let cluster = Cluster::start().await;
        let (owner, api, worker) = (login("owner"), login("api"), login("worker"));
        let names = BootstrapNames { database: "fresco".to_owned(), owner, api, worker };
        bootstrap(&cluster.superuser_url("postgres"), &names).await.unwrap();
        let owner = connect(&cluster, "owner").await;
        owner.migrate().await.unwrap();
        owner.close().await;
        let (api, worker) = tokio::join!(connect(&cluster, "api"), connect(&cluster, "worker"));
        Self { api, worker, cluster: Some(cluster) }
    }

    /// Ends the server while its stores live on.
    pub(crate) async fn stop(&mut self) {
        self.cluster.take().unwrap().stop().await;
    }
}

fn login(name: &str) -> Login {
    Login { name: name.to_owned(), password: Password::Literal(name.into()) }
}

async fn connect(cluster: &Cluster, role: &str) -> Store {
    let url = SecretString::from(format!("postgres://{role}:{role}@{}/fresco", cluster.address()));
    let (acquire_timeout, application_name) = (Duration::from_secs(2), format!("api-test-{role}"));
    Store::connect(StoreOptions { url, max_connections: 8, acquire_timeout, application_name }).await.unwrap()
}
