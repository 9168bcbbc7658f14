//! Who is counted.

use std::net::{IpAddr, Ipv6Addr};

use domain::{OrganisationId, UserId};
use uuid::Uuid;

use crate::middleware::ClientAddress;

/// Who is counted; made by the functions here only, so that nobody is two.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Subject(Who);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Who {
    User(UserId),
    Organisation(OrganisationId),
    ApiKey(Uuid),
    Address(IpAddr),
    Account(String),
}

impl Subject {
    pub(crate) const fn user(id: UserId) -> Self {
        Self(Who::User(id))
    }

    pub(crate) const fn organisation(id: OrganisationId) -> Self {
        Self(Who::Organisation(id))
    }

    pub(crate) const fn api_key(id: Uuid) -> Self {
        Self(Who::ApiKey(id))
    }

    /// An address of IPv4, or a network that is one subscriber's in IPv6.
    pub(crate) fn address(ClientAddress(address): ClientAddress) -> Self {
        Self(Who::Address(match address.to_canonical() {
            IpAddr::V4(address) => IpAddr::V4(address),
            IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
        }))
    }

    /// Of a mail address, whether anybody has it or not.
    pub(crate) fn account(email: &str) -> Self {
        Self(Who::Account(email.trim().to_lowercase()))
    }

    pub(super) fn key(&self) -> String {
        match &self.0 {
            Who::User(id) => id.to_string(),
            Who::Organisation(id) => id.to_string(),
            Who::ApiKey(id) => format!("key_{}", id.simple()),
            Who::Address(address) => address.to_string(),
            Who::Account(email) => format!("account {email}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_subscriber_is_one_and_two_are_two() {
        let of = |text: &str| Subject::address(ClientAddress(text.parse().unwrap()));
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:1"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
        assert_ne!(of("192.0.2.2"), of("192.0.2.1"));
        assert_eq!(Subject::account(" Ada@Example.org"), Subject::account("ada@example.org"));
        assert_ne!(Subject::account("192.0.2.1").key(), of("192.0.2.1").key());
    }
}
