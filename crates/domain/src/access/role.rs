//! What a member is to an organisation.

use serde::{Deserialize, Serialize};

use super::permission::Permission;

/// Each may do whatever the one before may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Viewer,
    Member,
    Manager,
    Admin,
    Owner,
}

/// Why a text is no role.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no role: expected `viewer`, `member`, `manager`, `admin` or `owner`")]
pub struct UnknownRole(String);

impl Role {
    /// From the least to the most.
    pub const ALL: [Self; 5] = [Self::Viewer, Self::Member, Self::Manager, Self::Admin, Self::Owner];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Member => "member",
            Self::Manager => "manager",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }

    /// Reads a role.
    ///
    /// # Errors
    /// [`UnknownRole`].
    pub fn parse(text: &str) -> Result<Self, UnknownRole> {
        let role = Self::ALL.into_iter().find(|role| role.as_str() == text);
        role.ok_or_else(|| UnknownRole(text.chars().take(64).collect()))
    }

    /// Whether the one table lets this role do that.
    #[must_use]
    pub fn allows(self, permission: Permission) -> bool {
        self >= permission.least()
    }

    /// Whether who has this role may give that one to others and take it from them: who manages members, none that is
    /// above their own.
    #[must_use]
    pub fn may_grant(self, other: Self) -> bool {
        self.allows(Permission::MembersManage) && other <= self
    }
}

impl std::fmt::Display for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_survives_its_text_and_its_json() {
        for role in Role::ALL {
            assert_eq!(Role::parse(role.as_str()), Ok(role));
            assert_eq!(serde_json::to_value(role).unwrap(), role.as_str());
        }
        assert!(Role::parse("Owner").is_err() && Role::parse("").is_err());
    }

    #[test]
    fn nobody_makes_anybody_more_than_they_are() {
        let may = |role: Role| Role::ALL.into_iter().filter(|other| role.may_grant(*other)).collect::<Vec<_>>();
        assert_eq!(may(Role::Owner), Role::ALL);
        assert_eq!(may(Role::Admin), Role::ALL[..4]);
        assert!([Role::Viewer, Role::Member, Role::Manager].into_iter().all(|role| may(role).is_empty()));
    }
}
