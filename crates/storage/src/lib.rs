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
//! | `figures` | how many there are, and how old the queue is |
//! | [`first_runs`] | who may pass an instance's gate before it is set up |
//! | [`probes`] | the hostile probe: asked for, under way, found |
//! | [`audit`] | who did what to what: written, sealed, verified |
//! | [`idempotency`] | what was answered to a request with an idempotency key |
//! | [`mails`] | letters that wait to be sent |
//! | [`signups`] | drafts of people who are signing up, and the names held for them |
//! | [`secrets`] | sealed values, and the keys that open them |
//! | [`accounts`] | what people do with their own account |
//! | [`people`] | accounts as the operator sees and settles them |
//! | [`sessions`] | log-ins, and what proves who somebody is |
//! | [`upkeep`] | forgetting what proved who somebody was |
//! | [`rate_limits`] | how often somebody may do something, across processes |
//! | [`usage`] | what instances use: the newest sample, the history, what lasts |
//! | `sizes` | what tenants keep on disk, as far as it was measured |
//! | `usual` | how long a first deploy takes here |
//! | [`users`], [`organisations`], [`invitations`], [`api_keys`] | who people are, what they share, who they let in |
//! | [`operator_keys`] | the operator's way in |
//! | [`listener`] | the doorbell |
//! | [`bootstrap`], [`migrate`] | how the database comes to be |
//!
//! Invariants:
//! - Every function is one statement, or one transaction begun so that it may be cancelled (`tx`).
//! - What the API does with rows of an organisation it does for a [`Scope`], in a transaction that the database shows no
//!   other's (`scope`).
//! - Every write of a worker names its lease's owner and epoch; a late one changes nothing and answers
//!   [`ClaimError::Lost`].
//! - A row that makes no sense is [`StorageError::Corrupt`] and named, never a panic.
//! - Whoever makes work for somebody rings in the same transaction; a bell carries nothing, and may be missed.
//!
//! To add a table: a migration (append only) with its grants and its row-level security (as in 0015; a test notices), a module
//! with its functions on [`Store`], then `scripts/sqlx-prepare`.

pub mod accounts;
pub mod api_keys;
pub mod audit;
pub mod bootstrap;
pub mod claims;
pub mod deployments;
mod error;
pub mod events;
mod figures;
pub mod first_runs;
pub mod idempotency;
pub mod invitations;
mod json;
pub mod listener;
mod looks;
pub mod mails;
pub mod migrate;
pub mod operator_keys;
pub mod organisations;
pub mod page;
pub mod people;
pub mod probes;
pub mod rate_limits;
pub mod releases;
mod restores;
mod rights;
mod room;
mod scope;
pub mod secrets;
pub mod sessions;
pub mod signups;
mod sizes;
mod store;
pub mod tenants;
mod tx;
pub mod upkeep;
pub mod usage;
pub mod users;
mod usual;

pub use api_keys::{ApiKey, MadeApiKey, NewApiKey, ShownApiKey};
pub use audit::{Actor, ActorKind, AuditFilter, AuditLine, AuditResult, Fault, NewEntry, Verified};
pub use bootstrap::{BootstrapNames, Login, Password, bootstrap, bootstrap_sql};
pub use claims::{
    ClaimError, ClaimRequest, Claimed, DeploymentOutcome, Expectation, Expected, Finished, Lease, LeaseOwner, Priority,
    Progress, Renewed, Serving,
};
pub use deployments::{Action, Deployment, DeploymentStatus};
pub use error::StorageError;
pub use events::{Event, Followed, Following, NewEvent, Skipped};
pub use figures::{Figures, PoolSize};
pub use first_runs::{GateKeyKind, NewGateKey, Unvisited};
pub use idempotency::{Begun, IdempotentRequest, KeptAnswer};
pub use invitations::{Invitation, InviteError, NewInvitation};
pub use listener::{Bell, Doorbell, Rung};
pub use looks::LastLook;
pub use mails::{DueMail, Mail, MailOutcome, MailState, NewMail, Written};
pub use migrate::{MigrateError, MigrationReport};
pub use operator_keys::{NewOperatorKey, OperatorKey};
pub use organisations::{
    CreateOrganisationError, DeleteOrganisationError, Member, MembershipError, NewOrganisation, Organisation,
};
pub use page::{Cursor, InvalidCursor, Page, Part};
pub use people::UserFilter;
pub use probes::{DueProbe, Probes};
pub use rights::{Rights, Unbound};
pub use scope::Scope;
pub use secrets::{KeyPrint, Keyring, KeyringError, KnownKey, NewSecret, Sealed, Sealer, Secret, SecretsError};
pub use signups::{AnswerError, DeployError, Deployed, NameState, NewSignup, Signup};
pub use sizes::{DueSize, Measured, SeenSizes, Sizes};
pub use store::{InvalidUrl, Store, StoreOptions};
pub use tenants::{
    Change, ChangeError, Changed, CreateTenantError, CurrentStep, Failure, Metadata, NewTenant, NewlyReady, RowState,
    Shown, Tenant, TenantFilter,
};
pub use upkeep::Forgotten;
pub use usage::{Usage, UsagePoint};
pub use users::{CreateUserError, LoginUser, NewUser, User};
pub use usual::{LEARNED_FROM, UsualDeploy, UsualStep};
