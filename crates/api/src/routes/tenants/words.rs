//! The words of tenants as the API shows them: the domain's, written down for the document.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::routes::words::words;

words! {
    /// How a tenant stands. `unknown`: nobody could look lately.
    Status as domain::tenant::Status {
        Pending, Provisioning, Active, Stopped, Error, Destroying, Destroyed, Unknown,
    }
}

words! {
    /// How a tenant should be.
    DesiredState as domain::tenant::DesiredState { Running, Stopped, Destroyed, }
}

words! {
    /// What was asked for.
    Action as storage::Action { Deploy, Start, Stop, Restart, Update, Rollback, Cancel, Destroy, Undo, }
}

words! {
    /// How something that was asked for stands. `superseded`: something else was asked for before it ended. `cancelled`: so
    /// that it was not to be.
    DeploymentStatus as storage::DeploymentStatus { Pending, Running, Succeeded, Failed, Superseded, Cancelled, }
}

words! {
    /// What a condition is about.
    ConditionKind as domain::tenant::ConditionKind {
        ImagePresent, DatabaseReady, Released, Running, Ready, Routed,
    }
}

words! {
    /// Whether a condition holds.
    Truth as domain::tenant::Truth { True, False, Unknown, }
}

words! {
    /// Who decides when an instance gets another image. `manual`: whoever may configure it. `automatic`: the platform as well,
    /// when the app's manifest names another; one that was brought back to an image stays there until somebody asks for another.
    ImagePolicy as domain::tenant::ImagePolicy { Manual, Automatic, }
}
