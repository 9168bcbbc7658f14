//! What each value may be by itself, but not beside another.

use super::Config;
use super::problem::Problem;
use super::source::Reader;

/// The key that is wrong, and why.
type Finding = (&'static str, &'static str, String);

const RULES: [fn(&Config) -> Option<Finding>; 12] = [
    sender,
    mail_backoff,
    background_slots,
    backoff,
    calm,
    disk_calm,
    statement_timeout,
    staging,
    listeners,
    monitors,
    subnet,
    waiting_connections,
];

pub(super) fn check(config: &Config, reader: &mut Reader<'_>) {
    for (section, key, why) in RULES.iter().filter_map(|rule| rule(config)) {
        let place = reader.place(section, key);
        reader.problems.push(Problem { place, text: format!("`{section}.{key}` {why}") });
    }
}

fn sender(config: &Config) -> Option<Finding> {
    let missing = config.mail.smtp_url.is_some() && config.mail.from.is_none();
    let why = "is missing: with `smtp_url`, say in whose name letters are written, as in \
               `from = \"Fresco <no-reply@example.org>\"`";
    missing.then(|| ("mail", "from", why.to_owned()))
}

fn mail_backoff(config: &Config) -> Option<Finding> {
    let (first, most) = (config.mail.backoff_first, config.mail.backoff_most);
    let why = || format!("is {first}, expected at most `backoff_most` ({most})");
    (first > most).then(|| ("mail", "backoff_first", why()))
}

fn background_slots(config: &Config) -> Option<Finding> {
    let (background, slots) = (config.reconciler.background_slots, config.reconciler.slots);
    let why = || format!("is {background}, expected less than `slots` ({slots}), so that people's actions find one");
    (background >= slots).then(|| ("reconciler", "background_slots", why()))
}

fn backoff(config: &Config) -> Option<Finding> {
    let (first, most) = (config.reconciler.backoff_first, config.reconciler.backoff_most);
    let why = || format!("is {first}, expected at most `backoff_most` ({most})");
    (first > most).then(|| ("reconciler", "backoff_first", why()))
}

fn calm(config: &Config) -> Option<Finding> {
    let (calm, high) = (config.metrics.calm, config.metrics.high);
    let why = || format!("is {calm}, expected less than `high` ({high}), so that a value that wavers is one trouble");
    (calm >= high).then(|| ("metrics", "calm", why()))
}

fn disk_calm(config: &Config) -> Option<Finding> {
    let (calm, high) = (config.metrics.disk_calm, config.metrics.disk_high);
    let why =
        || format!("is {calm}, expected less than `disk_high` ({high}), so that a disk that wavers is one trouble");
    (calm >= high).then(|| ("metrics", "disk_calm", why()))
}

fn statement_timeout(config: &Config) -> Option<Finding> {
    let (statement, call) = (config.tenants.statement_timeout, config.tenants.call_timeout);
    let why =
        || format!("is {statement}, expected less than `call_timeout` ({call}), so that PostgreSQL gives up first");
    (statement >= call).then(|| ("tenants", "statement_timeout", why()))
}

fn waiting_connections(config: &Config) -> Option<Finding> {
    let (waiting, all) = (config.database.waiting_connections, config.database.connections);
    let why = || format!("is {waiting}, expected less than `connections` ({all}), so that others find one");
    (waiting >= all as usize).then(|| ("database", "waiting_connections", why()))
}

fn staging(config: &Config) -> Option<Finding> {
    let inside = config.routing.staging.starts_with(&config.routing.directory);
    let why = "is inside `directory`, where Traefik would read half-written files: put it beside that folder";
    inside.then(|| ("routing", "staging", why.to_owned()))
}

fn listeners(config: &Config) -> Option<Finding> {
    let (server, gate) = (config.server.listen, config.gate.listen);
    let why = || format!("is {gate}, as `server.listen` is: give each a port of its own");
    (server == gate).then(|| ("gate", "listen", why()))
}

fn monitors(config: &Config) -> Option<Finding> {
    let (one, other) = (config.monitoring.listen.0?, config.monitoring.worker_listen.0?);
    let why = || format!("is {other}, as `monitoring.listen` is: the worker is a process of its own then");
    (one == other).then(|| ("monitoring", "worker_listen", why()))
}

fn subnet(config: &Config) -> Option<Finding> {
    let network = config.engine.network_subnet;
    let why = || format!("is {network}, which has room for fewer than 5 containers: use a /29 or a larger one");
    (network.prefix_len() > 29).then(|| ("engine", "network_subnet", why()))
}
