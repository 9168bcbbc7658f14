//! What makes tenants due besides people: hints and periods. None acts; each only rings.

mod drift;
pub(crate) mod engine_events;
pub(crate) mod first_runs;
pub(crate) mod health;
pub(crate) mod orphans;
pub(crate) mod resync;
