//! The document, from the same list as the router.

use serde_json::Value;
use utoipa::openapi::path::{ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Content, OpenApi, Ref, RefOr, Required, Response};
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
        (name = "organisations", description = "What people share: members, invitations, keys"),
        (name = "audit", description = "Who did what to what"),
        (name = "auth", description = "Getting in and out: registration, log-in, forgotten passwords"),
        (name = "me", description = "Your own account"),
        (name = "wizard", description = "Signing up, a decision a step"),
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

/// Every operation may answer with a problem.
fn add_problems(document: &mut OpenApi) {
    for item in document.paths.paths.values_mut() {
        let operations = [&mut item.get, &mut item.post, &mut item.put, &mut item.patch, &mut item.delete];
        for operation in operations.into_iter().flatten() {
            let mut problem = Response::new("A problem; `code` says which");
            let content = Content::new(Some(Ref::from_schema_name("Problem")));
            problem.content.insert("application/problem+json".to_owned(), RefOr::T(content));
            operation.responses.responses.insert("default".to_owned(), problem.into());
        }
    }
}

/// Every POST takes a key, but those of `/auth`.
fn add_idempotency(document: &mut OpenApi) {
    let of_auth = |path: &str| path.starts_with("/api/v1/auth/");
    let paths = document.paths.paths.iter_mut().filter(|(path, _)| path.starts_with("/api/v1/") && !of_auth(path));
    for operation in paths.filter_map(|(_, item)| item.post.as_mut()) {
        let key = ParameterBuilder::new()
            .name("Idempotency-Key")
            .parameter_in(ParameterIn::Header)
            .required(Required::False)
            .description(Some(
                "1 to 128 visible characters of your choice. The same request with the same key is answered the same for a \
                 day, with `Idempotency-Replayed: true`, and done once; another request with it is `idempotency_mismatch`.",
            ))
            .schema(Some(ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some(128))));
        operation.parameters.get_or_insert_default().push(key.build().into());
    }
}

/// The OpenAPI 3.1 document of all operations.
#[must_use]
pub fn openapi() -> OpenApi {
    let mut document = routes::operations().into_openapi();
    add_problems(&mut document);
    add_idempotency(&mut document);
    document
}

/// The document as it is served, printed and committed: pretty JSON with a newline at its end.
///
/// # Panics
/// Never: the document is JSON.
#[must_use]
pub fn document() -> String {
    let mut document = serde_json::to_value(openapi()).expect("the document is JSON");
    plain_numbers(&mut document);
    let mut text = serde_json::to_string_pretty(&document).expect("the document is JSON");
    text.push('\n');
    text
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

pub(crate) fn head() -> OpenApi {
    Head::openapi()
}
