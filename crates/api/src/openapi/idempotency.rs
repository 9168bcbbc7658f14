//! The header that makes a POST one that is done once.

use serde_json::{Value, json};

use super::{operations, put};

pub(super) const HEADER: &str = "Idempotency-Key";

/// Every POST takes a key, but those of `/auth` and what anybody may ask.
pub(super) fn add(document: &mut Value) {
    for (method, path, operation) in operations(document) {
        let is_anybodys = operation["security"] == json!([{}]);
        if method == "post" && path.starts_with("/api/v1/") && !path.starts_with("/api/v1/auth/") && !is_anybodys {
            let mut parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
            parameters.push(parameter());
            put(operation, "parameters", parameters.into());
        }
    }
}

fn parameter() -> Value {
    json!({
        "name": HEADER,
        "in": "header",
        "required": false,
        "description": "1 to 128 visible characters of your choice. The same request with the same key is answered the same for a \
            day, with `Idempotency-Replayed: true`, and done once; another request with it is `idempotency_mismatch`.",
        "schema": { "type": "string", "minLength": 1, "maxLength": 128, "pattern": "^[!-~]+$" },
    })
}
