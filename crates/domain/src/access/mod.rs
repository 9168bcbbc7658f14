//! Who asks, and what they may do.
//!
//! | module | what it answers |
//! |---|---|
//! | [`role`] | what a member is to an organisation, and whom they may make what |
//! | [`permission`] | what can be done, and which role it takes: the one table |
//! | [`caller`] | who asks, in which organisation, how far they are let |
//! | [`standing`] | whether the operator's conditions are met |
//!
//! Invariants: the table is the only place that says which role may what (`docs/api/permissions.md` is printed from it); a key
//! is never let further than the role it acts with; who has no role in an organisation may nothing in it, but for the
//! operator; nobody has an instance or an organisation made, or letters sent to others, who does not stand well
//! ([`Standing`]).
//!
//! To add a permission: a line in the table of [`permission`], and
//! `UPDATE_DOCUMENT=1 cargo nextest run -p domain --test permissions`.

pub mod caller;
pub mod permission;
pub mod role;
pub mod standing;

pub use caller::{Caller, Denied, Principal};
pub use permission::{Permission, Permissions, UnknownPermission};
pub use role::{Role, UnknownRole};
pub use standing::Standing;
