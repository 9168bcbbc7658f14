//! The listener in front of instances, and how long owners may take.

use std::net::SocketAddr;

use domain::quantity::Span;

use super::section::section;

section! {
    /// The first visitor of an app such as Fresco becomes its administrator. Until an instance is set up, only a browser
    /// that came by a claim link may open it; Traefik asks here whose it is.
    pub(crate) struct Gate as "gate" {
        /// Whether instances that nobody has set up are closed. Without it, whoever comes first takes them.
        enabled: bool = default("true"),
        /// What Traefik asks, and where the pages in the place of stopped and unknown instances come from. Nobody but
        /// Traefik need reach it.
        listen: SocketAddr = default("127.0.0.1:8081"),
        /// How long a claim link is good.
        link_lifetime: Span = default("24h") in Span::seconds(60)..=Span::seconds(2_592_000),
        /// How long the browser that used it may go on.
        session_lifetime: Span = default("24h") in Span::seconds(60)..=Span::seconds(2_592_000),
    }
}
