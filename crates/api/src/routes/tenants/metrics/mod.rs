//! What tenants use.

pub(super) mod history;
mod representation;
pub(super) mod stream;

pub(crate) use representation::{Trouble, Usage};
