//! What is done behind the platform's back, by people who have no business there.

use std::fs::OpenOptions;
use std::process::{Command, Stdio};

use crate::dice::Dice;
use crate::support::Dev;
use crate::tenant::{PLATFORM, SHARED, Tenant, try_sql};

/// How what hit nothing is told of.
pub(super) const IN_VAIN: &str = " in vain";

/// To a container, which may not be there (yet).
const TO_CONTAINERS: [&[&str]; 9] = [
    &["rm", "--force", "{container}"],
    &["stop", "--time", "0", "{container}"],
    &["kill", "{container}"],
    &["pause", "{container}"],
    &["restart", "--time", "0", "{container}"],
    &["rename", "{container}", "somebody_has_renamed_{number}"],
    &["update", "--memory", "1g", "--memory-swap", "1g", "--pids-limit", "-1", "--restart", "always", "{container}"],
    &["network", "connect", "bridge", "{container}"],
    &["network", "disconnect", "--force", "{network}", "{container}"],
];

/// To a role, whoever's.
const TO_ROLES: [&str; 3] =
    ["ALTER ROLE {role} NOLOGIN", "ALTER ROLE {role} CONNECTION LIMIT 1", "ALTER ROLE {role} CREATEDB"];
/// To a database of one's own, and to a schema.
const TO_DATABASES: [&str; 2] =
    ["ALTER DATABASE {place} CONNECTION LIMIT 0", "GRANT CONNECT ON DATABASE {place} TO PUBLIC"];
const TO_SCHEMAS: [&str; 2] = [
    "GRANT USAGE ON SCHEMA {place} TO PUBLIC",
    "ALTER ROLE {role} IN DATABASE fresco_tenants SET search_path = public",
];

const fn outcome(done: bool) -> &'static str {
    if done { "" } else { IN_VAIN }
}

/// Tells what it was.
pub(super) fn to_a_container(dev: &Dev, dice: &mut Dice, tenants: &[Tenant]) -> String {
    let (Some(tenant), Some(deed)) = (dice.pick(tenants), dice.pick(&TO_CONTAINERS)) else { return IN_VAIN.to_owned() };
    // The one that is to take over is there for a moment only.
    let name = if dice.below(4) == 0 { format!("{}_next", tenant.container()) } else { tenant.container() };
    let number = dice.next().to_string();
    let words = [("{container}", &name), ("{number}", &number), ("{network}", &dev.network())];
    let arguments =
        deed.iter().map(|word| words.iter().fold((*word).to_owned(), |word, (key, it)| word.replace(key, it)));
    let mut docker = Command::new("docker");
    docker.args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
    let done = docker.status().unwrap().success();
    format!("container {}{}", deed[0], outcome(done))
}

/// Tells what it was.
pub(super) fn to_a_route(dev: &Dev, dice: &mut Dice, tenants: &[Tenant]) -> String {
    let Some(tenant) = dice.pick(tenants) else { return IN_VAIN.to_owned() };
    let file = dev.state().join(format!("routes/fresco-{}.yml", tenant.id));
    let (what, done) = match dice.below(2) {
        0 => ("removed", std::fs::remove_file(file)),
        _ => ("emptied", OpenOptions::new().write(true).truncate(true).open(file).map(drop)),
    };
    format!("route {what}{}", outcome(done.is_ok()))
}

/// Tells what it was.
pub(super) fn to_a_database(dev: &Dev, dice: &mut Dice, tenants: &[Tenant]) -> String {
    let Some(tenant) = dice.pick(tenants) else { return IN_VAIN.to_owned() };
    let deeds = [&TO_ROLES[..], if tenant.shares { &TO_SCHEMAS } else { &TO_DATABASES }].concat();
    let Some(deed) = dice.pick(&deeds) else { return IN_VAIN.to_owned() };
    let statement = deed.replace("{role}", &tenant.role()).replace("{place}", &tenant.database());
    let database = if tenant.shares { SHARED } else { PLATFORM };
    let done = try_sql(dev, database, &statement).is_ok();
    let what = deed.replace(" {role}", "").replace(" {place}", "");
    format!("{what}{}", outcome(done))
}
