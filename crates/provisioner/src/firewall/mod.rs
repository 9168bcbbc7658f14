//! What tenants may reach from their network, as packet filter rules on the host.
//!
//! The engine keeps containers of one bridge apart from those of another, and nothing else: without rules of ours a tenant
//! reaches every port the host binds to all addresses, the machines beside it, and the cloud's metadata address.
//!
//! ```text
//! Policy ─► Ruleset ─► differences(found) ─► script ─► iptables-restore, one transaction
//!                          ▲
//!            iptables-save ┘
//! ```
//!
//! Deciding is pure ([`Policy`], [`Ruleset`], what differs, what to change); [`Firewall`] only runs two programs.
//!
//! Invariants:
//! - Chains are named after the bridge, so that several installations may share a host, and nothing else is touched: no
//!   foreign rule, no policy, and of `DOCKER-USER`, `INPUT` and `FORWARD` only the lines that lead to ours, and the
//!   engine's own from `FORWARD` to `DOCKER-USER` where it is missing or late.
//! - The rules name the bridge and no address of the engine's making: they are in force before the engine, the network or a
//!   container is there, and they stay while the engine restarts.
//! - Of what is open already only replies pass, never what a tenant has opened while there were no rules.
//! - What is refused is answered (a reset, an ICMP message) and never dropped: an app that waits for nothing looks broken.
//! - A change is applied whole or not at all; there is no moment without rules.
//!
//! To close or open something: a rule in `rules.rs`, with the purpose that people are told when it is missing.

mod change;
mod compare;
mod error;
mod iptables;
mod policy;
mod rules;
mod table;

pub use compare::Difference;
pub use error::FirewallError;
pub use iptables::{Applied, Backend, Firewall, is_interface};
pub use policy::{Egress, Policy, Resolvers};
pub use rules::Ruleset;
