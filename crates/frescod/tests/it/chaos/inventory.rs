//! All that there is of anybody, behind the platform's back.

use serde_json::Value;

use crate::support::{Dev, output_of};
use crate::tenant::{PLATFORM, SHARED, Tenant, sql};

/// Names of all that a tenant may have, on this platform's parts.
pub(super) fn everything(dev: &Dev) -> Vec<String> {
    let mut all = Vec::new();
    let label = format!("label=fresco.platform={}", dev.platform());
    let ours = ["--filter", &label, "--format"];
    let containers = output_of("docker", &[&["ps", "--all"], &ours[..], &["{{.Names}}"]].concat());
    all.extend(containers.lines().map(|name| format!("container {name}")));
    for (what, format) in [("network", "{{.Name}}"), ("volume", "{{.Name}}")] {
        let found = output_of("docker", &[&[what, "ls"], &ours[..], &[format]].concat());
        all.extend(found.lines().filter(|name| *name != dev.network()).map(|name| format!("{what} {name}")));
    }
    all.extend(disks(&containers));
    all.extend(dev.files("routes").into_iter().filter(|name| name.starts_with("fresco-") && name.len() > 32));
    all.extend(dev.files("routes-staging"));
    all.extend(dev.files("dumps"));
    for (database, query) in [
        (PLATFORM, "SELECT rolname FROM pg_roles WHERE rolname LIKE 'tenant\\_user\\_%'"),
        (PLATFORM, "SELECT datname FROM pg_database WHERE datname LIKE 'tenant\\_%'"),
        (SHARED, "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'tenant\\_%'"),
    ] {
        all.extend(sql(dev, database, query));
    }
    all
}

/// Volumes of these containers: none has any.
fn disks(containers: &str) -> Vec<String> {
    let names: Vec<&str> = containers.lines().collect();
    if names.is_empty() {
        return vec![];
    }
    let all: Value = serde_json::from_str(&output_of("docker", &[&["inspect"], &names[..]].concat())).unwrap();
    let mounts = all.as_array().unwrap().iter().flat_map(|container| container["Mounts"].as_array().unwrap());
    mounts.filter(|mount| mount["Type"] == "volume").map(|mount| format!("volume {}", mount["Name"])).collect()
}

/// How a tenant's role, database or schema is not closed, or not open to its owner.
pub(super) fn altered(dev: &Dev, tenant: &Tenant) -> Vec<String> {
    let (role, place) = (tenant.role(), tenant.database());
    let own = "coalesce(bool_or(a.grantee <> {owner}), false)";
    let role_query = format!(
        "SELECT r::text FROM pg_roles r WHERE rolname = '{role}'
         AND NOT (rolcanlogin AND rolconnlimit = 20 AND NOT rolcreatedb)"
    );
    let (database, query) = if tenant.shares {
        let open = own.replace("{owner}", "n.nspowner");
        (
            SHARED,
            format!(
                "SELECT nspname, nspacl FROM pg_namespace n LEFT JOIN LATERAL aclexplode(nspacl) a ON true
                          WHERE nspname = '{place}' GROUP BY n.oid, nspname, nspacl, nspowner HAVING {open}"
            ),
        )
    } else {
        let open = own.replace("{owner}", "d.datdba");
        (
            PLATFORM,
            format!(
                "SELECT datname, datconnlimit, datacl FROM pg_database d LEFT JOIN LATERAL aclexplode(datacl) a ON true
                            WHERE datname = '{place}' GROUP BY d.oid, datname, datacl, datdba, datconnlimit
                            HAVING {open} OR datconnlimit <> -1"
            ),
        )
    };
    [sql(dev, PLATFORM, &role_query), sql(dev, database, &query)].concat()
}
