//! The nouns of the platform and the rules between them.
//!
//! Everything here is a value or a pure function: no I/O, no async, no clock of its own. What should be
//! ([`tenant::Desired`]), what is ([`tenant::World`]), and the one function that compares them
//! ([`tenant::next_step`]) live here, so that they can be tested without an engine or a database.
//!
//! Invariant: a value that exists is valid. Ids, subdomains, image references and limits are built by `parse` or
//! `try_from` only, their serde included.

pub mod access;
pub mod app;
pub mod clock;
pub mod email;
pub mod entropy;
pub mod hostile;
pub mod id;
pub mod image;
pub mod limits;
pub mod log;
pub mod name;
pub mod platform;
pub mod quantity;
pub mod quota;
pub mod signup;
pub mod tenant;
mod text;
pub mod usage;
pub mod wizard;

pub use clock::{Clock, SystemClock};
pub use email::Email;
pub use entropy::{Entropy, SystemEntropy};
pub use id::{ApiKeyId, DeploymentId, InvitationId, OrganisationId, SessionId, SignupId, TenantId, UserId};
pub use name::{Domain, TraefikName};
pub use platform::{Platform, Routing};
pub use quota::Quota;
