//! What a destroyed tenant's owner gets to keep: a list of what there was, and that nothing of it is left.

use chrono::{DateTime, Utc};
use domain::tenant::{ContainerId, World};
use provisioner::container::ContainerName;
use provisioner::database::{database_name, role_name};
use serde_json::{Value, json};

use super::pass::Pass;

/// What a last look found, after everything was removed.
pub(super) fn gone(looked_again_at: DateTime<Utc>) -> Value {
    json!({"left": [], "looked_again_at": looked_again_at})
}

/// What is there, before its removal begins.
pub(super) fn inventory(pass: &Pass, world: &World) -> Value {
    let tenant = pass.subject().tenant;
    let container = |name: String, id: &ContainerId| json!({"kind": "container", "name": name, "id": id});
    let host = pass.shared.settings.platform.hostname(pass.subject().subdomain);
    let serve = world.serve.present().map(|held| container(ContainerName::serve(tenant).to_string(), &held.id));
    let successor =
        world.successor.present().map(|held| container(ContainerName::successor(tenant).to_string(), &held.id));
    let release = world.release.present().map(|held| json!({"kind": "release", "id": held.id}));
    let role = world.role.present().map(|_| json!({"kind": "role", "name": role_name(tenant)}));
    let database = world
        .database
        .present()
        .map(|held| json!({"kind": pass.isolation(), "name": database_name(tenant), "oid": held.identity.0}));
    let dumps = world.dumps.present().map(|_| json!({"kind": "dumps"}));
    let route = world.route.present().map(|_| json!({"kind": "route", "host": host}));
    let all = [serve, successor, release, role, database, dumps, route];
    Value::Array(all.into_iter().flatten().collect())
}
