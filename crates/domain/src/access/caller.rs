//! Who asks, in which organisation, and how far they are let.

use uuid::Uuid;

use super::permission::{Permission, Permissions};
use super::role::Role;
use super::standing::Standing;
use crate::{ApiKeyId, OrganisationId, SessionId, UserId};

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Principal {
    /// The installation's operator, by one of their keys: may do everything, in every organisation.
    Operator { key: Uuid },
    /// A person who has signed in.
    User { user: UserId, session: SessionId },
    /// A program.
    ApiKey {
        key: ApiKeyId,
        /// Whom it acts for; `None`: the organisation itself.
        user: Option<UserId>,
        /// Who made it, and answers for what it does.
        maker: UserId,
    },
}

/// Who asks, and what they are where they ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    pub principal: Principal,
    /// Where they are at present; `None` for the operator, and for one who is in no organisation.
    pub organisation: Option<OrganisationId>,
    /// What they are there.
    pub role: Option<Role>,
    /// How far they are let: everything but for a key.
    pub scopes: Permissions,
    /// How they stand with the operator.
    pub standing: Standing,
}

/// Why somebody may not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    #[error("this takes the permission `{permission}`, of which `{}` is the least role; yours is `{role}`", permission.least())]
    Role { permission: Permission, role: Role },
    #[error("this key is not let so far: it takes the scope `{0}`")]
    Scope(Permission),
    #[error("you are in no organisation here; choose one")]
    NoOrganisation,
    #[error("the account's address is not verified: use the link in the letter, or have it sent again")]
    Unverified,
    #[error("the operator has not let this account in yet; a letter tells when they have")]
    Waiting,
}

impl Caller {
    #[must_use]
    pub fn operator(key: Uuid) -> Self {
        Self {
            principal: Principal::Operator { key },
            organisation: None,
            role: None,
            scopes: Permissions::all(),
            standing: Standing::Good,
        }
    }

    /// Whether they may do it where they are.
    ///
    /// # Errors
    /// [`Denied`] says why not.
    pub fn may(&self, permission: Permission) -> Result<(), Denied> {
        if self.is_operator() {
            return Ok(());
        }
        let role = self.role.ok_or(Denied::NoOrganisation)?;
        if !self.scopes.contains(permission) {
            return Err(Denied::Scope(permission));
        }
        if !role.allows(permission) {
            return Err(Denied::Role { permission, role });
        }
        if permission == Permission::TenantCreate { self.stands_well() } else { Ok(()) }
    }

    /// Whether they may do what takes more of the operator's than their own account: instances, organisations, and letters to
    /// others.
    ///
    /// # Errors
    /// [`Denied::Unverified`] or [`Denied::Waiting`].
    pub const fn stands_well(&self) -> Result<(), Denied> {
        match self.standing {
            Standing::Good => Ok(()),
            Standing::Unverified => Err(Denied::Unverified),
            Standing::Waiting => Err(Denied::Waiting),
        }
    }

    #[must_use]
    pub const fn is_operator(&self) -> bool {
        matches!(self.principal, Principal::Operator { .. })
    }

    /// The person they are or act for.
    #[must_use]
    pub const fn user(&self) -> Option<UserId> {
        match self.principal {
            Principal::Operator { .. } => None,
            Principal::User { user, .. } => Some(user),
            Principal::ApiKey { user, .. } => user,
        }
    }

    /// Who answers for what they do.
    #[must_use]
    pub const fn answerable(&self) -> UserId {
        match self.principal {
            Principal::Operator { .. } => UserId::OPERATOR,
            Principal::User { user, .. } => user,
            Principal::ApiKey { maker, .. } => maker,
        }
    }

    /// The organisation that what they create belongs to; `None` if they are in none.
    #[must_use]
    pub const fn home(&self) -> Option<OrganisationId> {
        if self.is_operator() { Some(OrganisationId::OPERATOR) } else { self.organisation }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(role: Option<Role>, scopes: Permissions) -> Caller {
        let id = Uuid::from_u128(7);
        let (user, key) = (UserId::from_uuid(id), ApiKeyId::from_uuid(id));
        let principal = Principal::ApiKey { key, user: None, maker: user };
        let organisation = role.map(|_| OrganisationId::from_uuid(id));
        Caller { principal, organisation, role, scopes, standing: Standing::Good }
    }

    #[test]
    fn a_key_is_let_as_far_as_both_its_role_and_its_scopes_go() {
        use Permission::{TenantDestroy, TenantOperate, TenantView};
        let key = caller(Some(Role::Member), [TenantView, TenantDestroy].into_iter().collect());
        assert_eq!(key.may(TenantView), Ok(()));
        assert_eq!(key.may(TenantOperate), Err(Denied::Scope(TenantOperate)));
        assert_eq!(key.may(TenantDestroy), Err(Denied::Role { permission: TenantDestroy, role: Role::Member }));
    }

    #[test]
    fn who_does_not_stand_well_looks_and_has_nothing_made() {
        let owner = caller(Some(Role::Owner), Permissions::all());
        for (standing, denied) in [(Standing::Unverified, Denied::Unverified), (Standing::Waiting, Denied::Waiting)] {
            let owner = Caller { standing, ..owner.clone() };
            for permission in Permission::ALL.iter().copied() {
                let expected = if permission == Permission::TenantCreate { Err(denied) } else { Ok(()) };
                assert_eq!(owner.may(permission), expected, "{permission}");
            }
            let viewer = Caller { role: Some(Role::Viewer), ..owner };
            assert!(matches!(viewer.may(Permission::TenantCreate), Err(Denied::Role { .. })), "the role is told first");
        }
    }

    #[test]
    fn who_is_in_no_organisation_may_nothing_and_the_operator_everything() {
        let stranger = caller(None, Permissions::all());
        let operator = Caller::operator(Uuid::from_u128(1));
        for permission in Permission::ALL {
            assert_eq!(stranger.may(*permission), Err(Denied::NoOrganisation));
            assert_eq!(operator.may(*permission), Ok(()));
        }
        assert_eq!((stranger.home(), operator.home()), (None, Some(OrganisationId::OPERATOR)));
    }
}
