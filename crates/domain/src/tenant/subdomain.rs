//! The name an instance answers under: a DNS label that nobody can mistake for the platform's own.

use serde::{Deserialize, Serialize};

/// 3 to 63 lower-case letters, digits and hyphens, starting with a letter, ending with a letter or digit, not reserved.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Subdomain(String);

/// Why a name can't be a subdomain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSubdomain {
    #[error("a subdomain has 3 to 63 characters, this one has {0}")]
    Length(usize),
    #[error("a subdomain has only lower-case letters, digits and hyphens; `{0}` is none of them")]
    Character(char),
    #[error("a subdomain starts with a letter and ends with a letter or a digit")]
    Edge,
    #[error("a subdomain has no two hyphens as its third and fourth character: that marks encoded names")]
    Encoded,
    #[error("`{name}` is reserved: {reason}")]
    Reserved { name: String, reason: &'static str },
}

/// Names nobody gets, with the reason they are told.
const RESERVED: [(&str, &[&str]); 5] = [
    (
        "people would take it for the platform itself",
        &[
            "www",
            "app",
            "apps",
            "api",
            "admin",
            "administrator",
            "dashboard",
            "console",
            "control",
            "panel",
            "portal",
            "account",
            "accounts",
            "auth",
            "login",
            "signin",
            "signup",
            "register",
            "sso",
            "oauth",
            "home",
            "fresco",
            "platform",
            "frescod",
            "official",
        ],
    ),
    (
        "people would take it for support, or for a page about rights and money",
        &[
            "support",
            "help",
            "docs",
            "documentation",
            "status",
            "billing",
            "payment",
            "payments",
            "pay",
            "shop",
            "store",
            "legal",
            "terms",
            "privacy",
            "security",
            "abuse",
            "contact",
            "blog",
            "news",
            "about",
        ],
    ),
    (
        "mail and name servers are looked for there",
        &[
            "mail",
            "email",
            "smtp",
            "imap",
            "pop",
            "pop3",
            "webmail",
            "newsletter",
            "postmaster",
            "hostmaster",
            "webmaster",
            "root",
            "ns1",
            "ns2",
            "ns3",
            "ns4",
            "dns",
            "autoconfig",
            "autodiscover",
            "mta-sts",
            "wpad",
            "isatap",
        ],
    ),
    (
        "the operator's own services are looked for there",
        &[
            "traefik",
            "docker",
            "registry",
            "postgres",
            "postgresql",
            "database",
            "metrics",
            "grafana",
            "prometheus",
            "monitoring",
            "health",
            "healthz",
            "readyz",
            "logs",
            "backup",
            "backups",
            "vpn",
            "ssh",
            "ftp",
            "sftp",
            "git",
            "cdn",
            "static",
            "assets",
            "media",
            "files",
            "proxy",
            "gateway",
            "internal",
            "private",
            "staging",
            "test",
            "dev",
            "demo",
            "sandbox",
            "preview",
            "beta",
        ],
    ),
    (
        "computers use it for themselves",
        &["localhost", "localdomain", "local", "broadcasthost", "example", "invalid", "null", "none"],
    ),
];

impl Subdomain {
    /// Reads a name, exactly as given: it is not lower-cased or trimmed for anybody.
    ///
    /// # Errors
    /// [`InvalidSubdomain`] says what is wrong.
    pub fn parse(name: &str) -> Result<Self, InvalidSubdomain> {
        let length = name.chars().count();
        if !(3..=63).contains(&length) {
            return Err(InvalidSubdomain::Length(length));
        }
        let allowed = |c: &char| c.is_ascii_lowercase() || c.is_ascii_digit() || *c == '-';
        if let Some(character) = name.chars().find(|c| !allowed(c)) {
            return Err(InvalidSubdomain::Character(character));
        }
        if !name.starts_with(|c: char| c.is_ascii_lowercase()) || name.ends_with('-') {
            return Err(InvalidSubdomain::Edge);
        }
        if name.get(2..4) == Some("--") {
            return Err(InvalidSubdomain::Encoded);
        }
        let reserved = RESERVED.iter().find(|(_, names)| names.contains(&name));
        match reserved {
            Some((reason, _)) => Err(InvalidSubdomain::Reserved { name: name.to_owned(), reason }),
            None => Ok(Self(name.to_owned())),
        }
    }
}

crate::text_newtype!(Subdomain, InvalidSubdomain);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_wrong_name_is_told_what_is_wrong() {
        let is = |name: &str| Subdomain::parse(name).unwrap_err();
        assert_eq!(is("ab"), InvalidSubdomain::Length(2));
        assert_eq!(is(&"a".repeat(64)), InvalidSubdomain::Length(64));
        assert_eq!(is("My-Study"), InvalidSubdomain::Character('M'));
        assert_eq!(is("my.study"), InvalidSubdomain::Character('.'));
        assert_eq!(is("stüdy"), InvalidSubdomain::Character('ü'));
        assert_eq!(is("study\n"), InvalidSubdomain::Character('\n'));
        assert_eq!(is("-study"), InvalidSubdomain::Edge);
        assert_eq!(is("study-"), InvalidSubdomain::Edge);
        assert_eq!(is("1study"), InvalidSubdomain::Edge);
        assert_eq!(is("xn--abc"), InvalidSubdomain::Encoded);
        assert!(matches!(is("www"), InvalidSubdomain::Reserved { .. }));
        assert!(Subdomain::parse("adolescent-networks-2026").is_ok());
    }

    #[test]
    fn every_reserved_name_would_otherwise_be_one() {
        for name in RESERVED.iter().flat_map(|(_, names)| names.iter()) {
            let error = Subdomain::parse(name).unwrap_err();
            assert!(matches!(error, InvalidSubdomain::Reserved { .. }), "{name}: {error}");
        }
    }

    proptest! {
        #[test]
        fn whatever_passes_is_a_dns_label(name in ".{0,70}") {
            if let Ok(subdomain) = Subdomain::parse(&name) {
                let label = subdomain.as_str();
                prop_assert!(label.len() <= 63);
                prop_assert!(label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'));
                prop_assert!(!label.starts_with('-') && !label.ends_with('-'));
            }
        }
    }
}
