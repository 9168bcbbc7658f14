//! The page of roles and permissions is printed from the table.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Write;
use std::path::Path;

use domain::access::{Permission, Role};

const COMMITTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/api/permissions.md");

const HEAD: &str = "\
# Roles and permissions

Printed from the one table in `crates/domain/src/access/permission.rs`; write it anew with
`UPDATE_DOCUMENT=1 cargo nextest run -p domain --test permissions`.

A member of an organisation has one role in it. An API key may do what is among its scopes (permissions by name, as below) and
within the role it acts with: a person's key with that person's role as it is at the time, an organisation's key with the
least role that covers its scopes, but never more than its maker's as it is at the time. All keys that somebody has made in an
organisation end with their membership. The operator's keys may do everything, in every organisation.

Whoever creates tenants or organisations, or invites people, also needs an account that stands well with the operator: its
address verified, and let in where `signup.mode` asks for that. A key stands as its maker does. How many of them one person may
have says `signup.instances_per_person` and `signup.organisations_per_person`, over all organisations together.

";

#[test]
#[expect(clippy::disallowed_methods, reason = "a test has no configuration but its environment")]
fn the_committed_page_has_not_drifted() {
    let page = page();
    if std::env::var_os("UPDATE_DOCUMENT").is_some() {
        std::fs::write(Path::new(COMMITTED), &page).unwrap();
    }
    let committed = std::fs::read_to_string(COMMITTED).unwrap_or_default();
    assert!(committed == page, "write it anew: UPDATE_DOCUMENT=1 cargo nextest run -p domain --test permissions");
}

fn page() -> String {
    let mut page = HEAD.to_owned();
    let roles: Vec<&str> = Role::ALL.iter().map(|role| role.as_str()).collect();
    writeln!(page, "| permission | lets one | {} |", roles.join(" | ")).unwrap();
    writeln!(page, "|---|---|{}", "---|".repeat(roles.len())).unwrap();
    for permission in Permission::ALL {
        let may: Vec<&str> = Role::ALL.iter().map(|role| if role.allows(*permission) { "yes" } else { "" }).collect();
        writeln!(page, "| `{permission}` | {} | {} |", permission.meaning(), may.join(" | ")).unwrap();
    }
    page
}
