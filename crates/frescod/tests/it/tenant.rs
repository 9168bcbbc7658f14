//! A tenant as the world outside has it: what visitors get, and what stands for it on the engine, in PostgreSQL and in
//! Traefik's folder.

use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::support::{Dev, output_of, text};

/// The databases that `frescod dev` makes.
pub(crate) const PLATFORM: &str = "fresco_platform";
pub(crate) const SHARED: &str = "fresco_tenants";

/// Asks PostgreSQL behind the platform's back, as its superuser; a line for each row.
pub(crate) fn sql(dev: &Dev, database: &str, statement: &str) -> Vec<String> {
    try_sql(dev, database, statement).unwrap_or_else(|told| panic!("{statement}: {told}"))
}

/// The same while PostgreSQL may be away; else what it said.
pub(crate) fn try_sql(dev: &Dev, database: &str, statement: &str) -> Result<Vec<String>, String> {
    let password = std::fs::read_to_string(dev.state().join("secrets/superuser-password")).unwrap();
    let identity = std::fs::read(dev.state().join("identity.json")).unwrap();
    let identity: Value = serde_json::from_slice(&identity).unwrap();
    let mut command = Command::new(psql(dev));
    command.args(["--host", "127.0.0.1", "--port", &identity["postgres_port"].to_string(), "--username", "postgres"]);
    command.args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set", "ON_ERROR_STOP=1"]);
    command.args(["--dbname", database, "--command", statement]).env("PGPASSWORD", password.trim());
    let output = command.output().unwrap();
    if output.status.success() {
        Ok(text(&output.stdout).lines().map(str::to_owned).collect())
    } else {
        Err(text(&output.stderr))
    }
}

/// The program beside the platform's PostgreSQL.
pub(crate) fn psql(dev: &Dev) -> String {
    let config: toml::Table = std::fs::read_to_string(dev.ready("config")).unwrap().parse().unwrap();
    format!("{}/psql", config["dumps"]["programs"].as_str().unwrap())
}

/// A visitor's request, by a client that trusts this authority; `None` if nobody answers.
pub(crate) fn visit(authority: &str, url: &str, options: &[&str]) -> Option<(u16, String)> {
    let fixed = ["--silent", "--max-time", "10", "--cacert", authority, "--write-out", "\n%{http_code}"];
    let output = Command::new("curl").args(fixed).args(options).arg(url).output().unwrap();
    let answer = text(&output.stdout);
    let (body, status) = answer.rsplit_once('\n').filter(|_| output.status.success())?;
    Some((status.parse().unwrap(), body.to_owned()))
}

/// Apps of an operator: the sample, which asks for a dump before each release but the first.
pub(crate) fn apps_that_save() -> tempfile::TempDir {
    let manifest = include_str!("../../../domain/manifests/sample.toml");
    let asking = manifest.replace("deadline = \"2m\"", "deadline = \"2m\"\ndump_before = true");
    assert_ne!(manifest, asking, "the manifest has no such line any more");
    let apps = tempfile::tempdir().unwrap();
    std::fs::write(apps.path().join("sample.toml"), asking).unwrap();
    apps
}

/// One that was asked for.
#[derive(Clone, Debug)]
pub(crate) struct Tenant {
    pub(crate) subdomain: String,
    /// 32 hex digits.
    pub(crate) id: String,
    pub(crate) url: String,
    /// Whether it shares a database with others.
    pub(crate) shares: bool,
}

/// What stands for a tenant in the world.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Parts {
    /// Names and states.
    containers: Vec<String>,
    roles: Vec<String>,
    databases: Vec<String>,
    schemas: Vec<String>,
    /// Files in Traefik's folder, and certificates.
    routes: Vec<String>,
    certificates: usize,
    pub(crate) dumps: usize,
}

impl Tenant {
    /// Asks for one of this app and waits for nothing.
    pub(crate) fn ask_for(dev: &Dev, subdomain: &str, app: &str, more: &[&str]) -> Self {
        let wish = [&["deploy", subdomain, "--app", app, "--no-wait", "--json"], more].concat();
        let output = dev.tenant(&wish);
        assert!(output.status.success(), "{}\n{}", text(&output.stderr), dev.log());
        Self::of(subdomain, app, &serde_json::from_slice(&output.stdout).unwrap())
    }

    /// As the answer to a deploy has it.
    pub(crate) fn of(subdomain: &str, app: &str, answer: &Value) -> Self {
        Self {
            subdomain: subdomain.to_owned(),
            id: answer["id"].as_str().unwrap().trim_start_matches("tnt_").to_owned(),
            url: answer["url"].as_str().unwrap().to_owned(),
            shares: app.ends_with("-schema"),
        }
    }

    pub(crate) fn deploy(dev: &Dev, subdomain: &str, app: &str, more: &[&str]) -> Self {
        let tenant = Self::ask_for(dev, subdomain, app, more);
        tenant.wait_active(dev);
        tenant
    }

    /// Follows it until it is as it should be, and Traefik, which is told at that moment, leads there.
    pub(crate) fn wait_active(&self, dev: &Dev) {
        let waited = dev.tenant(&["wait", &self.subdomain, "--timeout", "90s", "--json"]);
        assert!(waited.status.success(), "{}{}\n{}", text(&waited.stdout), text(&waited.stderr), dev.log());
        // A look that mends something small may come in between.
        dev.wait_until("it is active", || self.shown(dev)["status"] == "active");
        dev.wait_until(&format!("{} is led to", self.subdomain), || self.is_up(dev));
    }

    /// Waits until it is known to run again, after it was not.
    pub(crate) fn recovers(&self, dev: &Dev) {
        let what = format!("{} is active again", self.subdomain);
        dev.wait_until(&what, || self.shown_if_any(dev)["status"] == "active" && self.is_up(dev));
    }

    /// Whether visitors reach the app itself.
    pub(crate) fn is_up(&self, dev: &Dev) -> bool {
        self.visit(dev, "/favicon.ico", &[]).is_some_and(|(status, _)| status == 200)
    }

    /// Everything the API says of it.
    pub(crate) fn shown(&self, dev: &Dev) -> Value {
        let output = dev.tenant(&["show", &format!("tnt_{}", self.id), "--json"]);
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", text(&output.stderr)))
    }

    /// The same; null if the API does not answer.
    pub(crate) fn shown_if_any(&self, dev: &Dev) -> Value {
        let output = dev.tenant(&["show", &format!("tnt_{}", self.id), "--json"]);
        serde_json::from_slice(&output.stdout).unwrap_or_default()
    }

    /// Starts its end, with no time for second thoughts; the child follows it.
    pub(crate) fn destroy(&self, dev: &Dev) -> Child {
        let mut command = dev.tenant_command(&["destroy", &self.subdomain, "--yes", "--now", "--timeout", "90s"]);
        command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// The container that serves.
    pub(crate) fn container(&self) -> String {
        format!("fresco_tenant_{}", self.id)
    }

    pub(crate) fn role(&self) -> String {
        format!("tenant_user_{}", self.id)
    }

    /// Its database, or its schema in the shared one.
    pub(crate) fn database(&self) -> String {
        format!("tenant_{}", self.id)
    }

    /// A visitor's request through Traefik, with curl's own options; `None` if nobody answers.
    pub(crate) fn visit(&self, dev: &Dev, path: &str, options: &[&str]) -> Option<(u16, String)> {
        visit(&dev.ready("ca_file"), &(self.url.clone() + path), options)
    }

    /// Enters something, as a visitor does.
    pub(crate) fn enter(&self, dev: &Dev, what: &str) {
        assert!(self.try_enter(dev, what), "{} did not take {what}", self.subdomain);
    }

    /// Whether it was acknowledged.
    pub(crate) fn try_enter(&self, dev: &Dev, what: &str) -> bool {
        let origin = format!("Origin: {}", self.url);
        let entered = self.visit(dev, "/entries", &["--header", &origin, "--data-urlencode", &format!("text={what}")]);
        matches!(entered, Some((201, _)))
    }

    /// Asserts that it answers by its own name, out of its own database, with what was entered.
    pub(crate) fn answers_with(&self, dev: &Dev, entry: &str) {
        let (_, who) = self.visit(dev, "/whoami", &[]).unwrap();
        let who: Value = serde_json::from_str(&who).unwrap();
        assert_eq!(who["current_user"], self.role(), "{who}");
        let place = if self.shares { "current_schema" } else { "current_database" };
        assert_eq!(who[place], self.database(), "{who}");
        let (status, entries) = self.visit(dev, "/entries", &[]).unwrap();
        assert!(status == 200 && entries.contains(entry), "{status}: {entries}");
    }

    /// What there is of it, found by its id or its name.
    pub(crate) fn parts(&self, dev: &Dev) -> Parts {
        let by_name = format!("name={}", self.id);
        let containers = output_of("docker", &["ps", "-a", "--filter", &by_name, "--format", "{{.Names}} {{.State}}"]);
        let named = |database, catalogue: &str, column: &str| {
            sql(dev, database, &format!("SELECT {column} FROM {catalogue} WHERE {column} LIKE '%{}%'", self.id))
        };
        let certificates = dev.files("certificates");
        let dumps = std::fs::read_dir(dev.state().join("dumps")).map_or(0, |entries| {
            entries.flatten().filter(|entry| entry.file_name().to_string_lossy().contains(&self.id)).count()
        });
        Parts {
            containers: containers.lines().map(str::to_owned).collect(),
            roles: named(PLATFORM, "pg_roles", "rolname"),
            databases: named(PLATFORM, "pg_database", "datname"),
            schemas: named(SHARED, "pg_namespace", "nspname"),
            routes: dev.files("routes").into_iter().filter(|name| name.contains(&self.id)).collect(),
            certificates: certificates.iter().filter(|name| name.starts_with(&format!("{}.", self.subdomain))).count(),
            dumps,
        }
    }

    /// What there is of one that serves: one of everything.
    pub(crate) fn whole(&self) -> Parts {
        let place = vec![self.database()];
        let (databases, schemas) = if self.shares { (vec![], place) } else { (place, vec![]) };
        Parts {
            containers: vec![format!("{} running", self.container())],
            roles: vec![self.role()],
            databases,
            schemas,
            routes: vec![format!("fresco-{}.yml", self.id)],
            // Certificate, key, and both in one file.
            certificates: 3,
            dumps: 0,
        }
    }

    /// The images whose release is recorded.
    pub(crate) fn releases(&self, dev: &Dev) -> usize {
        sql(dev, PLATFORM, &format!("SELECT number FROM fresco.tenant_releases WHERE tenant_id = '{}'", self.id)).len()
    }
}

/// Waits until nothing of them is left but a row that says so.
pub(crate) fn wait_gone(dev: &Dev, tenants: &[Tenant], ends: Vec<Child>) {
    for end in ends {
        let ended = end.wait_with_output().unwrap();
        assert!(ended.status.success(), "{}\n{}", text(&ended.stderr), dev.log());
    }
    for tenant in tenants {
        assert_eq!(tenant.shown(dev)["status"], "destroyed");
        // Traefik's certificates follow the rows a moment later.
        let mut left = Parts::default();
        dev.wait_until(&format!("nothing of {} is left", tenant.subdomain), || {
            left = tenant.parts(dev);
            left.certificates == 0
        });
        assert_eq!(left, Parts::default());
    }
}
