//! Names in PostgreSQL: lower-case letters, digits and `_`, at most 63 bytes. A tenant's derive from its id; the
//! operator's own are [`PlainName`]s. None needs quoting.

use domain::TenantId;
use uuid::Uuid;

const ROLE: &str = "tenant_user_";
const DATABASE: &str = "tenant_";

/// A name an operator chose: 1 to 48 lower-case letters, digits and `_`, no digit first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlainName(String);

/// Why a text is no name for PostgreSQL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no name for us in PostgreSQL: expected 1 to 48 lower-case letters, digits and `_`, no digit first")]
pub struct InvalidName(String);

impl PlainName {
    /// Reads a name.
    ///
    /// # Errors
    /// [`InvalidName`] if it would need quoting or is too long to derive others from.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        let valid = (1..=48).contains(&text.len())
            && text.bytes().all(plain)
            && !text.starts_with(|first: char| first.is_ascii_digit());
        if valid { Ok(Self(text.to_owned())) } else { Err(InvalidName(text.chars().take(64).collect())) }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for PlainName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// The role that lets those with a schema connect to the shared database, and gives nothing else.
#[must_use]
pub fn tenants_group(shared_database: &PlainName) -> String {
    format!("{shared_database}_tenants")
}

/// Whose role, database or schema that name is; `None` if it is no tenant's.
pub(super) fn owner_of(name: &str) -> Option<TenantId> {
    let digits = name.strip_prefix(ROLE).or_else(|| name.strip_prefix(DATABASE))?;
    let tenant = TenantId::from_uuid(Uuid::try_parse(digits).ok()?);
    (tenant.simple() == digits).then_some(tenant)
}

/// `tenant_user_{id}`.
#[must_use]
pub fn role_name(tenant: TenantId) -> String {
    format!("{ROLE}{}", tenant.simple())
}

/// `tenant_{id}`.
#[must_use]
pub fn database_name(tenant: TenantId) -> String {
    format!("{DATABASE}{}", tenant.simple())
}

/// `tenant_{id}`.
#[must_use]
pub fn schema_name(tenant: TenantId) -> String {
    database_name(tenant)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back_and_others_are_nobodys() {
        let tenant = TenantId::parse("tnt_0190a1b2c3d4e5f60718293a4b5c6d7e").unwrap();
        for name in [role_name(tenant), database_name(tenant), schema_name(tenant)] {
            assert_eq!(owner_of(&name), Some(tenant), "{name}");
        }
        for name in ["tenant_", "tenant_x", "tenant_0190A1B2C3D4E5F60718293A4B5C6D7E", "postgres", "tenants"] {
            assert_eq!(owner_of(name), None, "{name}");
        }
        assert_eq!(owner_of("tenant_0190a1b2-c3d4-e5f6-0718-293a4b5c6d7e"), None);
    }

    #[test]
    fn what_would_need_quoting_is_no_name() {
        assert_eq!(PlainName::parse("fresco_shared").unwrap().as_str(), "fresco_shared");
        for wrong in ["", "Fresco", "a-b", "1a", "a\"; DROP", &"a".repeat(49)] {
            assert!(PlainName::parse(wrong).is_err(), "{wrong}");
        }
    }
}
