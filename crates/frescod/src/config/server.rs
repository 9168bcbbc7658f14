//! The HTTP API's listener and its bounds.

use std::net::SocketAddr;

use domain::quantity::{Bytes, Span};

use ipnet::IpNet;

use super::section::section;
use super::value::{HttpUrl, List};

section! {
    /// The HTTP API: where it listens, and how much it takes from one client.
    pub(crate) struct Server as "server" {
        /// Address of the API. Put Traefik in front of it before others than this machine may reach it.
        listen: SocketAddr = default("127.0.0.1:8080"),
        /// Where people reach the API: what links in mails lead to, and whose pages alone may use its cookies. Best under another registrable domain than the tenants': `doctor` compares.
        public_url: Option<HttpUrl> = unset("https://platform.example.net"),
        /// Networks of the proxies whose word on where a request comes from (`X-Forwarded-For`) is taken.
        trusted_proxies: List<IpNet> = default(r#"["127.0.0.1/32", "::1/128"]"#),
        /// Connections open at once; more wait.
        max_connections: usize = default("1024") in 1..=65_536,
        /// How long a client may take to send a request's head.
        header_timeout: Span = default("10s") in Span::seconds(1)..=Span::seconds(120),
        /// How long a request may take; waiting for a tenant has its own bound.
        request_timeout: Span = default("15s") in Span::seconds(1)..=Span::seconds(600),
        /// The longest one request may wait for a tenant to settle; clients ask again.
        wait_timeout: Span = default("1m") in Span::seconds(1)..=Span::seconds(3600),
        /// The largest body of a request.
        max_body: Bytes = default("64KiB") in Bytes(1 << 10)..=Bytes::mib(16),
        /// How long the answer to a request with an `Idempotency-Key` is kept, and given again.
        idempotency_keep: Span = default("24h") in Span::seconds(60)..=Span::seconds(2_592_000),
        /// A tenant's status is shown for so long after it was last looked at or worked on; `unknown` then.
        status_max_age: Span = default("1m") in Span::seconds(5)..=Span::seconds(3600),
        /// From the signal to stop until open requests are cut and the reconciler's steps are left.
        stop_timeout: Span = default("20s") in Span::seconds(1)..=Span::seconds(600),
    }
}
