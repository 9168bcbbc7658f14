//! The document, from the same list as the router.
//!
//! An operation says what is its own; what follows from what it takes is added here.
//!
//! | module | adds |
//! |---|---|
//! | [`idempotency`] | the header that makes a POST one that is done once |
//! | [`answers`] | the answers that operations share |
//! | [`examples`] | bodies, put together from the examples of their fields |

mod answers;
mod examples;
mod idempotency;

pub(crate) use answers::PROBLEM;
use serde_json::{Map, Value};
use utoipa::openapi::OpenApi;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi as _};

use crate::error::Problem;
use crate::routes;

/// The document's head.
#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "fresco-platform",
        description = "Deploys isolated instances of a web application, each on a subdomain of its own. \
            A change is accepted with 202 and a generation; wait for it with `GET /api/v1/tenants/{id}/wait`. \
            Failures are problem details (RFC 9457) with a stable `code`. Lists are keyset pages. Times are RFC 3339, UTC.",
    ),
    components(schemas(Problem)),
    security(("operator_key" = []), ("api_key" = []), ("access_token" = [])),
    tags(
        (name = "tenants", description = "Instances: what should be, and what is"),
        (name = "logs", description = "What instances log: kept, and as it comes"),
        (name = "metrics", description = "What instances use: a history, and as it is sampled"),
        (name = "live", description = "WebSockets"),
        (name = "organisations", description = "What people share: members, invitations, keys"),
        (name = "audit", description = "Who did what to what"),
        (name = "auth", description = "Getting in and out: registration, log-in, forgotten passwords"),
        (name = "me", description = "Your own account"),
        (name = "wizard", description = "Signing up, a decision a step"),
        (name = "help", description = "Whoever runs the installation"),
        (name = "apps", description = "What can be deployed"),
        (name = "health", description = "For load balancers and supervisors"),
        (name = "document", description = "About this API"),
    ),
    modifiers(&Keys),
)]
pub(crate) struct Head;

struct Keys;

impl Modify for Keys {
    fn modify(&self, document: &mut OpenApi) {
        let key = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("fr_<id>_<64 hex digits>")
            .description(Some("An operator key; `frescod operator-key create` makes one"))
            .build();
        let api_key = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("frk_<id>_<64 hex digits>")
            .description(Some(
                "A person's key or an organisation's; `POST /api/v1/organisations/{id}/api-keys` makes one",
            ))
            .build();
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("operator_key", SecurityScheme::Http(key));
        components.add_security_scheme("api_key", SecurityScheme::Http(api_key));
        let access_token = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("JWT")
            .description(Some(
                "An access token; `POST /api/v1/auth/login` gives one, `POST /api/v1/auth/refresh` the next",
            ))
            .build();
        components.add_security_scheme("access_token", SecurityScheme::Http(access_token));
        let cookie = ApiKeyValue::with_description(
            "__Host-fresco_refresh",
            "Set by log-in and refresh. Such requests must come from the platform's own pages (`Sec-Fetch-Site`, `Origin`)",
        );
        components.add_security_scheme("refresh_cookie", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
        let wizard_token = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("<64 hex digits>")
            .description(Some("A draft's token; `POST /api/v1/wizard/sessions` answers with it"))
            .build();
        components.add_security_scheme("wizard_token", SecurityScheme::Http(wizard_token));
    }
}

/// The document as it is served, printed and committed: pretty JSON with a newline at its end.
///
/// # Panics
/// Never: the document is JSON.
#[must_use]
pub fn document() -> String {
    let mut text = serde_json::to_string_pretty(&value()).expect("the document is JSON");
    text.push('\n');
    text
}

/// The OpenAPI 3.1 document of all operations.
pub(crate) fn value() -> Value {
    let document = routes::operations().into_openapi();
    let mut document = serde_json::to_value(document).expect("the document is JSON");
    plain_numbers(&mut document);
    idempotency::add(&mut document);
    answers::add(&mut document);
    examples::add(&mut document);
    document
}

/// Takes `"format": "int64"` away: generators of clients make big integers of it, and no number of ours comes near what
/// a double can't hold.
fn plain_numbers(value: &mut Value) {
    match value {
        Value::Object(object) => {
            if object.get("format").and_then(Value::as_str) == Some("int64") {
                object.remove("format");
            }
            object.values_mut().for_each(plain_numbers);
        }
        Value::Array(items) => items.iter_mut().for_each(plain_numbers),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// All operations, each with its method and its path.
fn operations(document: &mut Value) -> impl Iterator<Item = (&str, &str, &mut Value)> {
    let paths = document["paths"].as_object_mut().into_iter().flatten();
    paths.flat_map(|(path, item)| {
        let operations = item.as_object_mut().into_iter().flatten();
        operations.map(move |(method, operation)| (method.as_str(), path.as_str(), operation))
    })
}

/// Sets `to[key]`, where `to` may be nothing yet.
fn put(to: &mut Value, key: &str, value: Value) {
    if to.is_null() {
        *to = Value::Object(Map::new());
    }
    to[key] = value;
}

pub(crate) fn head() -> OpenApi {
    Head::openapi()
}
