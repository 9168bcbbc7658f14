//! What the operator is told of an instance, and the script that prepares one.

use std::net::{Ipv4Addr, SocketAddr};

use domain::app::Isolation;
use provisioner::database::{
    AdminNames, PlainName, PostgresOptions, PostgresTenants, TenantDatabase, bootstrap, bootstrap_sql, database_name,
    role_name,
};
use secrecy::ExposeSecret;

use crate::support::{ADMIN_PASSWORD, SHARED, Server, names, new_tenant, on_every_version, options_of, spec};

async fn the_doctor_names_what_is_wrong(server: &Server) {
    let reachable = Some(server.address());
    let wrong = async |network| -> Vec<&str> {
        let findings = server.tenants.check(network).await;
        assert!(findings.iter().all(|finding| finding.ok == finding.mend.is_empty()), "{findings:?}");
        findings.iter().filter(|finding| !finding.ok).map(|finding| finding.name).collect()
    };
    let tenant = server.deploy(Isolation::Database).await;
    assert_eq!(wrong(reachable).await, [""; 0]);
    let closed = SocketAddr::from((Ipv4Addr::LOCALHOST, 1));
    assert_eq!(wrong(Some(closed)).await, ["PostgreSQL on the tenants' network"]);
    let superuser = server.superuser(SHARED).await;
    let faults = [
        ("ALTER ROLE fresco_admin NOCREATEDB", "rights of the admin role"),
        ("REVOKE CONNECT ON DATABASE fresco_shared FROM fresco_shared_tenants", "group of tenants with a schema"),
        ("GRANT CONNECT ON DATABASE template1 TO PUBLIC", "other databases"),
        ("GRANT USAGE ON SCHEMA public TO PUBLIC", "shared database"),
        ("GRANT EXECUTE ON FUNCTION lo_create(oid) TO PUBLIC", "shared database"),
    ];
    for (sql, name) in faults {
        superuser.run(sql).await;
        assert_eq!(wrong(reachable).await, [name], "{sql}");
        bootstrap(&server.postgres.superuser_url("postgres"), &names(), &ADMIN_PASSWORD.into()).await.unwrap();
        assert_eq!(wrong(reachable).await, [""; 0], "bootstrapped again");
    }
    superuser.run(&format!("GRANT CONNECT ON DATABASE {} TO PUBLIC", database_name(tenant))).await;
    assert_eq!(wrong(reachable).await, ["tenants' databases"]);
    server.mend(tenant, Isolation::Database).await.unwrap();
    superuser.run(&format!("ALTER ROLE {} CONNECTION LIMIT 1000", role_name(tenant))).await;
    assert_eq!(wrong(reachable).await, ["max_connections"]);
}
on_every_version!(the_doctor_names_what_is_wrong);

/// The printed script, by psql itself, for a second pair of names; run twice, as its text promises.
async fn the_printed_script_prepares_an_instance(server: &Server) {
    let name = |text| PlainName::parse(text).unwrap();
    let names = AdminNames { admin: name("second_admin"), shared_database: name("second_shared") };
    let script = server.folder.path().join("bootstrap.sql");
    std::fs::write(&script, bootstrap_sql(&names)).unwrap();
    for _ in 0..2 {
        let mut psql = tokio::process::Command::new(server.programs.join("psql"));
        psql.arg("--no-psqlrc").args(["-v", "admin_password=it's a secret", "-f"]).arg(&script);
        let output = psql.arg(server.postgres.superuser_url("postgres").expose_secret()).output().await.unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let url = format!("postgresql://second_admin:it's%20a%20secret@{}/second_shared", server.postgres.address());
    let options = PostgresOptions { admin_url: url.into(), ..options_of(&server.postgres) };
    let tenants = PostgresTenants::new(&options).unwrap();
    let findings = tenants.check(None).await;
    assert!(findings.iter().all(|finding| finding.ok), "{findings:?}");
    let tenant = new_tenant();
    tenants.ensure_role(tenant, &spec()).await.unwrap();
    assert!(tenants.ensure_database(tenant, Isolation::Schema).await.unwrap().conforms);
}
on_every_version!(the_printed_script_prepares_an_instance);
