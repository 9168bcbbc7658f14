//! What a handler does; stands in its signature, and in the log.

use domain::access::Permission;

/// The permission that the caller must have.
pub(crate) trait Needs {
    const PERMISSION: Permission;
}

macro_rules! needs {
    ($($(#[$doc:meta])* $name:ident => $permission:ident,)+) => {
        $(
            $(#[$doc])*
            #[derive(Debug)]
            pub(crate) struct $name;

            impl Needs for $name {
                const PERMISSION: Permission = Permission::$permission;
            }
        )+
    };
}

needs! {
    /// To look at a tenant.
    View => TenantView,
    /// To read what it logs.
    ReadLogs => TenantLogs,
    Create => TenantCreate,
    /// To let its first visitor in.
    Claim => TenantClaim,
    /// To start and stop it.
    Operate => TenantOperate,
    /// To change what it is.
    Configure => TenantConfigure,
    /// To destroy it, with all its data.
    Destroy => TenantDestroy,
    /// To have it probed.
    Probe => TenantProbe,
    ViewOrganisation => OrganisationView,
    ManageOrganisation => OrganisationManage,
    DeleteOrganisation => OrganisationDelete,
    TransferOwnership => OwnershipTransfer,
    ViewAudit => AuditView,
    ViewMembers => MembersView,
    ManageMembers => MembersManage,
    /// To have keys of one's own; those of others take [`Permission::ApiKeysManage`].
    OwnKeys => ApiKeysOwn,
}
