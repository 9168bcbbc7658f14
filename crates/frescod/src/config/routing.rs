//! How people reach tenants: Traefik.

use std::path::PathBuf;

use domain::TraefikName;
use domain::tenant::RouteProvider;

use super::section::section;
use super::value::HttpUrl;

section! {
    /// How people reach tenants: what Traefik is told, and how.
    pub(crate) struct Routing as "routing" {
        /// "labels": the container's labels make the route, its middlewares stand in a file. "file": all in the file.
        provider: RouteProvider = default("labels"),
        /// The folder Traefik's file provider watches.
        directory: PathBuf = default("/var/lib/frescod/routes"),
        /// A folder on the same file system that Traefik doesn't watch; files are made here.
        staging: PathBuf = default("/var/lib/frescod/routes-staging"),
        /// Traefik's entry point.
        entry_point: TraefikName = default("websecure"),
        /// Whether the entry point speaks TLS.
        tls: bool = default("true"),
        /// Traefik's certificate resolver; without one its default certificate serves.
        certificate_resolver: Option<TraefikName> = unset("letsencrypt"),
        /// Seconds of Strict-Transport-Security; 0 sends none.
        hsts_seconds: u32 = default("31536000"),
        /// The socket for Traefik in place of the engine's, which `frescod engine-view` opens: it may ask where this platform's
        /// containers are and what labels they carry, and nothing else. Under systemd `fresco-engine-view.socket` has it too.
        engine_socket: PathBuf = default("/run/frescod/engine.sock"),
        /// Connections to that socket at once.
        engine_connections: usize = default("32") in 2..=256,
        /// Traefik's ping, for `frescod doctor`.
        ping_url: Option<HttpUrl> = unset("http://127.0.0.1:8082/ping"),
    }
}
