//! A tenant: what should be, what is, and the step from one towards the other.
//!
//! [`Desired`] comes from a row that people write. [`World`] comes from looking. [`next_step`] compares them and answers
//! with one [`Step`], or that there is none. A step, once done, answers with [`Evidence`]: how the part it touched looks
//! now. So the loop is
//!
//! ```text
//! look at the world ─► next_step ─► Do(step) ─► evidence ─► next_step ─► … ─► Converged
//! ```
//!
//! and keeps no step number: after a crash it looks again and goes on.
//!
//! Invariants, held by property tests in [`plan`]: from any world and any interruption the loop converges in a bounded
//! number of steps; destroy leaves nothing; nothing is created or deleted while its part is unknown; a converged tenant
//! asks for no step.
//!
//! To add a part to a tenant: a field in [`World`], a variant of [`Evidence`] and of [`Step`], and its place in
//! [`plan`]; the compiler names the rest.

mod condition;
mod crashes;
mod desired;
mod first_run;
mod observed;
pub mod operation;
pub mod plan;
mod restore;
mod route;
mod spec;
mod status;
mod step;
mod subdomain;

pub use condition::{Condition, ConditionKind, Truth, conditions};
pub use crashes::{CrashPolicy, Crashes};
pub use desired::{Desired, DesiredState, Resolved, RouteGoal, Subject};
pub use first_run::{FirstRun, FirstRunState};
pub use observed::{
    ContainerId, ContainerState, DatabaseIdentity, DatabaseState, DumpsState, Evidence, Observed, Rejection,
    ReleaseContainer, ReleaseRecord, RoleState, RouteState, ServeContainer, World,
};
pub use operation::{Operation, Refusal, Update};
pub use plan::{Blocker, Decision, LONGEST_WALK, Part, Preview, Waiting, beside, next_step, preview};
pub use restore::{Restoration, RestorationStage, RestoreWish};
pub use route::{Route, RouteProvider};
pub use spec::{Environment, EnvironmentValue, ImagePolicy, SpecHash, TenantSpec, hash, sealed_name};
pub use status::{Freshness, Outcome, Status};
pub use step::Step;
pub use subdomain::{InvalidSubdomain, Subdomain};
