//! Bodies, put together from the examples of their fields.

use serde_json::{Map, Value, json};

use super::{operations, put};

/// How far schemas may nest before one is taken for endless.
const DEEPEST: u8 = 12;

/// Gives an example to every JSON body whose schema has a name.
pub(super) fn add(document: &mut Value) {
    let schemas = document["components"]["schemas"].take();
    let mut examples = Map::new();
    for (_, _, operation) in operations(document) {
        let answers = operation["responses"].as_object().map(|answers| answers.keys().cloned().collect::<Vec<_>>());
        for status in answers.unwrap_or_default() {
            exemplify(&mut operation["responses"][&status], &schemas, &mut examples);
        }
        if operation.get("requestBody").is_some() {
            exemplify(&mut operation["requestBody"], &schemas, &mut examples);
        }
    }
    let components = &mut document["components"];
    components["schemas"] = schemas;
    for (name, example) in examples {
        put(&mut components["examples"], &name, example);
    }
}

fn exemplify(body: &mut Value, schemas: &Value, examples: &mut Map<String, Value>) {
    let Some(content) = body.get_mut("content").and_then(|content| content.get_mut("application/json")) else { return };
    let Some(name) = content["schema"]["$ref"].as_str().and_then(|path| path.rsplit('/').next()) else { return };
    let value = of(&schemas[name], schemas, DEEPEST);
    examples.insert(name.to_owned(), json!({ "value": value }));
    let reference = json!({ "example": { "$ref": format!("#/components/examples/{name}") } });
    put(content, "examples", reference);
}

/// A value of this schema.
fn of(schema: &Value, schemas: &Value, depth: u8) -> Value {
    if let Some(given) = schema.get("example").or_else(|| schema.get("const")).or_else(|| schema.get("default")) {
        return given.clone();
    }
    let Some(depth) = depth.checked_sub(1) else { return Value::Null };
    if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
        return of(&schemas[name], schemas, depth);
    }
    if let Some(word) = schema["enum"].as_array().and_then(|words| words.first()) {
        return word.clone();
    }
    if let Some(choice) =
        schema["oneOf"].as_array().and_then(|choices| choices.iter().find(|one| one["type"] != "null"))
    {
        return of(choice, schemas, depth);
    }
    if let Some(all) = schema["allOf"].as_array() {
        let parts = all.iter().map(|part| of(part, schemas, depth));
        return parts.filter_map(|part| part.as_object().cloned()).flatten().collect();
    }
    let kind = schema["type"].as_array().map_or(&schema["type"], |_| &Value::Null);
    match kind.as_str().unwrap_or_default() {
        "object" => object(schema, schemas, depth),
        "array" => json!([of(&schema["items"], schemas, depth)]),
        "string" if schema["format"] == "date-time" => "2026-11-21T09:30:00Z".into(),
        "string" => "…".into(),
        "integer" | "number" => schema.get("minimum").filter(|least| **least != 0).cloned().unwrap_or(json!(1)),
        "boolean" => true.into(),
        // Null where that is one of several kinds, and where nothing is said.
        _ => Value::Null,
    }
}

/// Without what is optional and would only be null: in a body that changes something, null is a wish.
fn object(schema: &Value, schemas: &Value, depth: u8) -> Value {
    let properties = schema["properties"].as_object().into_iter().flatten();
    let is_required = |name: &str| schema["required"].as_array().is_some_and(|all| all.iter().any(|one| one == name));
    let members = properties.map(|(name, property)| (name.clone(), of(property, schemas, depth)));
    members.filter(|(name, value)| !value.is_null() || is_required(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_body_of_every_operation_is_a_value_that_its_schema_allows() {
        let document = crate::openapi::value();
        let examples = document["components"]["examples"].as_object().unwrap();
        for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
            let Some(example) = examples.get(name) else { continue };
            for required in schema["required"].as_array().into_iter().flatten() {
                assert!(example["value"].get(required.as_str().unwrap()).is_some(), "{name} lacks {required}");
            }
        }
        assert_eq!(examples["CreateOrganisation"]["value"], json!({ "name": "Social Networks Lab" }));
        assert!(examples["Tenant"]["value"]["subdomain"].is_string());
    }
}
