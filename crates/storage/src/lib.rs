//! The platform's own tables. sqlx lives here and nowhere else; no type of it is in a public signature.
//!
//! The API writes what should be, the reconciler writes what was seen, and they meet in a row. Each logs in as a role of
//! its own (`migrations/` says which may do what), so each has a [`Store`] of its own.
//!
//! | module | what it answers |
//! |---|---|
//! | [`tenants`] | create, find, list, change what should be |
//! | [`claims`] | who works on which tenant; what a holder may write |
//! | [`events`], [`deployments`], [`releases`] | what was asked, and what happened |
//! | [`first_runs`] | who may pass an instance's gate before it is set up |
//! | [`probes`] | the hostile probe: asked for, under way, found |
//! | [`secrets`] | sealed values, and the keys that open them |
//! | [`operator_keys`] | the operator's way in |
//! | [`listener`] | the doorbell |
//! | [`bootstrap`], [`migrate`] | how the database comes to be |
//!
//! Invariants:
//! - Every function is one statement, or one transaction begun so that it may be cancelled (`tx`).
//! - Every write of a worker names its lease's owner and epoch; a late one changes nothing and answers
//!   [`ClaimError::Lost`].
//! - A row that makes no sense is [`StorageError::Corrupt`] and named, never a panic.
//! - Whoever makes work for somebody rings in the same transaction; a bell carries nothing, and may be missed.
//!
//! To add a table: a migration (append only) with its grants, a module with its functions on [`Store`], then
//! `scripts/sqlx-prepare`.

pub mod bootstrap;
pub mod claims;
pub mod deployments;
mod error;
pub mod events;
pub mod first_runs;
mod json;
pub mod listener;
mod looks;
pub mod migrate;
pub mod operator_keys;
pub mod page;
pub mod probes;
pub mod releases;
mod restores;
mod rights;
pub mod secrets;
mod store;
pub mod tenants;
mod tx;

pub use bootstrap::{BootstrapNames, Login, Password, bootstrap, bootstrap_sql};
pub use claims::{
    ClaimError, ClaimRequest, Claimed, DeploymentOutcome, Expectation, Finished, Lease, LeaseOwner, Priority, Progress,
    Renewed,
};
pub use deployments::{Action, Deployment, DeploymentStatus};
pub use error::StorageError;
pub use events::{Event, NewEvent};
pub use first_runs::{GateKeyKind, NewGateKey};
pub use listener::{Bell, Doorbell, Rung};
pub use migrate::{MigrateError, MigrationReport};
pub use operator_keys::{NewOperatorKey, OperatorKey};
pub use page::{Cursor, InvalidCursor, Page, Scope};
pub use probes::{DueProbe, Probes};
pub use rights::Rights;
pub use secrets::{KeyPrint, Keyring, KeyringError, KnownKey, NewSecret, Sealed, Sealer, Secret, SecretsError};
pub use store::{InvalidUrl, Store, StoreOptions};
pub use tenants::{
    Change, ChangeError, Changed, CreateTenantError, CurrentStep, Failure, Metadata, NewTenant, RowVersion, Tenant,
    TenantFilter,
};
