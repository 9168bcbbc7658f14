//! What can be done, and the least role that may: the one table.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::role::Role;

macro_rules! permissions {
    ($($variant:ident $text:literal $least:ident $meaning:literal;)+) => {
        /// Something that can be done; in text as `tenant.view`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(into = "String", try_from = "String")]
        pub enum Permission {
            $(#[doc = $meaning] $variant,)+
        }

        impl Permission {
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }

            /// The least role that may.
            #[must_use]
            pub const fn least(self) -> Role {
                match self {
                    $(Self::$variant => Role::$least,)+
                }
            }

            /// What it lets one do, for people.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self {
                    $(Self::$variant => $meaning,)+
                }
            }
        }
    };
}

permissions! {
    TenantView "tenant.view" Viewer "See tenants, their history and their plan";
    TenantLogs "tenant.logs" Viewer "Read what tenants log and measure";
    OrganisationView "organisation.view" Viewer "See the organisation";
    MembersView "members.view" Viewer "See who is a member";
    ApiKeysOwn "api_keys.own" Viewer "Make and revoke keys for oneself";
    TenantCreate "tenant.create" Member "Create tenants";
    TenantOperate "tenant.operate" Member "Start, stop and restart tenants";
    TenantClaim "tenant.claim" Member "Let a tenant's first visitor in";
    TenantConfigure "tenant.configure" Manager "Change a tenant's image, limits and environment, and roll it back";
    TenantDestroy "tenant.destroy" Manager "Destroy tenants with all their data, and undo it";
    TenantProbe "tenant.probe" Manager "Have a tenant's isolation probed";
    MembersManage "members.manage" Admin "Invite members, change their roles up to one's own, remove them";
    OrganisationManage "organisation.manage" Admin "Rename the organisation";
    ApiKeysManage "api_keys.manage" Admin "Make keys of the organisation, see and revoke everybody's";
    AuditView "audit.view" Admin "Read the audit log";
    BillingManage "billing.manage" Owner "Choose what is paid for, and how";
    OwnershipTransfer "ownership.transfer" Owner "Hand the organisation over";
    OrganisationDelete "organisation.delete" Owner "Delete the organisation";
}

/// Why a text is no permission.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no permission: `docs/api/permissions.md` lists them, such as `tenant.view`")]
pub struct UnknownPermission(String);

impl Permission {
    /// Reads a permission.
    ///
    /// # Errors
    /// [`UnknownPermission`].
    pub fn parse(text: &str) -> Result<Self, UnknownPermission> {
        let permission = Self::ALL.iter().find(|permission| permission.as_str() == text);
        permission.copied().ok_or_else(|| UnknownPermission(text.chars().take(64).collect()))
    }
}

impl std::fmt::Display for Permission {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl From<Permission> for String {
    fn from(permission: Permission) -> Self {
        permission.as_str().to_owned()
    }
}

impl TryFrom<String> for Permission {
    type Error = UnknownPermission;

    fn try_from(text: String) -> Result<Self, UnknownPermission> {
        Self::parse(&text)
    }
}

/// A set of permissions: how far a key is let.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Permissions(BTreeSet<Permission>);

impl Permissions {
    #[must_use]
    pub fn all() -> Self {
        Permission::ALL.iter().copied().collect()
    }

    /// What a role may do.
    #[must_use]
    pub fn of(role: Role) -> Self {
        Permission::ALL.iter().copied().filter(|permission| role.allows(*permission)).collect()
    }

    #[must_use]
    pub fn contains(&self, permission: Permission) -> bool {
        self.0.contains(&permission)
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = Permission> {
        self.0.iter().copied()
    }

    /// The least role that may do all of it; a viewer for nothing.
    #[must_use]
    pub fn least(&self) -> Role {
        self.iter().map(Permission::least).max().unwrap_or(Role::Viewer)
    }
}

impl FromIterator<Permission> for Permissions {
    fn from_iter<I: IntoIterator<Item = Permission>>(permissions: I) -> Self {
        Self(permissions.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permission_survives_its_text_and_no_two_share_one() {
        let texts: BTreeSet<&str> = Permission::ALL.iter().map(|permission| permission.as_str()).collect();
        assert_eq!(texts.len(), Permission::ALL.len());
        for permission in Permission::ALL {
            assert_eq!(Permission::parse(permission.as_str()), Ok(*permission));
        }
        assert!(Permission::parse("tenant").is_err() && Permission::parse("tenant.View").is_err());
    }

    #[test]
    fn a_role_may_what_those_below_it_may() {
        for pair in Role::ALL.windows(2) {
            let (less, more) = (Permissions::of(pair[0]), Permissions::of(pair[1]));
            assert!(less.iter().all(|permission| more.contains(permission)) && less != more, "{pair:?}");
            assert_eq!(more.least(), pair[1]);
        }
        assert_eq!(Permissions::of(Role::Owner), Permissions::all());
    }

    #[test]
    fn who_only_looks_changes_nothing_and_who_only_works_opens_nothing_to_others() {
        use Permission::*;
        let looks = [TenantView, TenantLogs, OrganisationView, MembersView, ApiKeysOwn];
        assert_eq!(Permissions::of(Role::Viewer), looks.into_iter().collect());
        let works = looks.into_iter().chain([TenantCreate, TenantOperate, TenantClaim]);
        assert_eq!(Permissions::of(Role::Member), works.collect());
        for ours in [MembersManage, OrganisationManage, ApiKeysManage, AuditView] {
            assert!(!Role::Manager.allows(ours) && Role::Admin.allows(ours));
        }
        for last in [BillingManage, OwnershipTransfer, OrganisationDelete] {
            assert!(!Role::Admin.allows(last) && Role::Owner.allows(last));
        }
    }
}
