use std::process::Command;

use storage::{MigrateError, Password, bootstrap, bootstrap_sql};

use test_cluster::{Cluster, names};

use crate::support::{Platform, connect};

#[tokio::test]
async fn a_database_that_nobody_prepared_says_who_has_to() {
    let server = Cluster::start().await;
    let mut superuser = connect(&server.superuser_url("postgres")).await;
    let sql = "CREATE ROLE platform_owner LOGIN PASSWORD 'platform_owner-password'; ";
    sqlx::raw_sql(sql).execute(&mut superuser).await.unwrap();
    sqlx::raw_sql("CREATE DATABASE platform OWNER platform_owner").execute(&mut superuser).await.unwrap();
    let owner = server.store("platform_owner", 2).await;
    for error in [owner.migrate().await.unwrap_err(), owner.check().await.unwrap_err()] {
        assert!(matches!(error, MigrateError::NotBootstrapped(_)), "{error}");
        assert!(error.to_string().contains("frescod bootstrap-sql"), "{error}");
    }
}

#[tokio::test]
async fn bootstrap_and_migrations_may_run_again_and_at_once() {
    let server = Cluster::start().await;
    for _ in 0..2 {
        bootstrap(&server.superuser_url("postgres"), &names()).await.unwrap();
    }
    let owner = server.store("platform_owner", 4).await;
    assert!(matches!(owner.check().await, Err(MigrateError::Behind { found: 0, .. })));
    let (one, other) = tokio::join!(owner.migrate(), owner.migrate());
    let (one, other) = (one.unwrap(), other.unwrap());
    let known = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations")).unwrap().count();
    assert_eq!(one.applied.len() + other.applied.len(), known, "{one:?} {other:?}");
    assert!(owner.migrate().await.unwrap().applied.is_empty());
    for role in ["platform_owner", "platform_api", "platform_worker"] {
        server.store(role, 1).await.check().await.unwrap();
    }
}

#[tokio::test]
async fn no_role_of_the_platform_is_a_superuser_or_ends_its_quotes() {
    let server = Cluster::start().await;
    let superuser = server.superuser_url("postgres");
    let mut wrong = names();
    wrong.api.name = "postgres".into();
    assert!(bootstrap(&superuser, &wrong).await.is_err());
    let mut odd = names();
    odd.api.name = r#"it's "odd" \ $do$"#.into();
    odd.database = "o'dd \"name\"".into();
    for _ in 0..2 {
        bootstrap(&superuser, &odd).await.unwrap();
    }
}

#[tokio::test]
async fn a_schema_of_a_newer_program_is_left_alone() {
    let platform = Platform::start().await;
    platform
        .sql(
            "INSERT INTO fresco._sqlx_migrations (version, description, success, checksum, execution_time)
              VALUES (9999, 'later', true, '', 0)",
        )
        .await;
    assert!(matches!(platform.api.check().await, Err(MigrateError::Ahead { found: 9999, .. })));
    assert!(matches!(platform.owner.migrate().await, Err(MigrateError::Failed(_))));
}

#[tokio::test]
async fn the_printed_script_does_the_same_by_psql_with_no_password_on_its_command_line() {
    let server = Cluster::start().await;
    let (mut names, mut passwords) = (names(), String::new());
    for login in [&mut names.owner, &mut names.api, &mut names.worker] {
        passwords += &format!("\\set {name}_password '{name}-password'\n", name = login.name);
        login.password = Password::PsqlVariable(format!("{}_password", login.name));
    }
    let folder = tempfile::TempDir::new().unwrap();
    let [passwords_file, script] = ["passwords.sql", "bootstrap.sql"].map(|name| folder.path().join(name));
    std::fs::write(&passwords_file, passwords).unwrap();
    std::fs::write(&script, bootstrap_sql(&names)).unwrap();
    for _ in 0..2 {
        let psql = Command::new(test_cluster::program("psql"))
            .args(["--no-psqlrc", "--quiet", "--dbname"])
            .arg(secrecy::ExposeSecret::expose_secret(&server.superuser_url("postgres")))
            .arg("--file")
            .arg(&passwords_file)
            .arg("--file")
            .arg(&script)
            .output()
            .unwrap();
        assert!(psql.status.success(), "{}", String::from_utf8_lossy(&psql.stderr));
    }
    server.store("platform_owner", 2).await.migrate().await.unwrap();
    server.store("platform_worker", 1).await.check().await.unwrap();
}
