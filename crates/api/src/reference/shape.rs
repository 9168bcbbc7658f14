//! A schema in words: `string (date-time) or null`, `list of Tenant`.

use serde::Serialize;
use serde_json::Value;

/// Some words, and the schema that they name, if they do.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Part {
    text: String,
    schema: Option<String>,
}

/// A schema in words.
pub(super) fn shape(schema: &Value) -> Vec<Part> {
    let mut parts = Vec::new();
    write(schema, &mut parts);
    parts
}

/// What a value must keep to, beside its type.
pub(super) fn bounds(schema: &Value) -> String {
    let bound = |key: &str, words: &str| schema.get(key).map(|value| format!("{words} {value}"));
    let all = [
        bound("minimum", "at least"),
        bound("maximum", "at most"),
        bound("minLength", "length at least"),
        bound("maxLength", "length at most"),
        bound("default", "by default"),
    ];
    all.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// The only values that a schema takes.
pub(super) fn words(schema: &Value) -> Vec<String> {
    let words = schema["enum"].as_array().into_iter().flatten();
    words.map(|word| word.as_str().map_or_else(|| word.to_string(), str::to_owned)).collect()
}

/// The schema that a reference leads to.
pub(super) fn name(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.rsplit('/').next()
}

fn write(schema: &Value, parts: &mut Vec<Part>) {
    if let Some(name) = name(schema) {
        parts.push(Part { text: name.to_owned(), schema: Some(name.to_owned()) });
        return;
    }
    if let Some(choices) = ["oneOf", "anyOf"].iter().find_map(|key| schema[key].as_array()) {
        separated(choices, " or ", parts);
        return;
    }
    if let Some(all) = schema["allOf"].as_array() {
        separated(all, " and ", parts);
        return;
    }
    let kind = &schema["type"];
    let kinds = kind.as_array().map_or(std::slice::from_ref(kind), Vec::as_slice);
    let kinds: Vec<&str> = kinds.iter().filter_map(Value::as_str).collect();
    if kinds.is_empty() {
        say("anything", parts);
    }
    for (number, kind) in kinds.iter().enumerate() {
        if number > 0 {
            say(" or ", parts);
        }
        one(kind, schema, parts);
    }
}

fn separated(schemas: &[Value], by: &str, parts: &mut Vec<Part>) {
    for (number, schema) in schemas.iter().enumerate() {
        if number > 0 {
            say(by, parts);
        }
        write(schema, parts);
    }
}

fn one(kind: &str, schema: &Value, parts: &mut Vec<Part>) {
    match (kind, &schema["items"], &schema["additionalProperties"]) {
        ("array", items @ Value::Object(_), _) => {
            say("list of ", parts);
            write(items, parts);
        }
        ("object", _, values @ Value::Object(_)) => {
            say("object of ", parts);
            write(values, parts);
        }
        ("string", ..) if schema["format"].is_string() => {
            say(&format!("string ({})", schema["format"].as_str().unwrap_or_default()), parts);
        }
        _ => say(kind, parts),
    }
}

fn say(text: &str, parts: &mut Vec<Part>) {
    parts.push(Part { text: text.to_owned(), schema: None });
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn schemas_are_told_in_words() {
        let tenant = json!({ "$ref": "#/components/schemas/Tenant" });
        for (schema, told) in [
            (json!({ "type": "array", "items": tenant }), "list of Tenant"),
            (json!({ "oneOf": [tenant, { "type": "null" }] }), "Tenant or null"),
            (json!({ "type": ["string", "null"], "format": "date-time" }), "string (date-time) or null"),
            (json!({ "type": "object", "additionalProperties": { "type": "string" } }), "object of string"),
            (json!({}), "anything"),
        ] {
            let parts: String = shape(&schema).iter().map(|part| part.text.as_str()).collect();
            assert_eq!(parts, told);
        }
        assert_eq!(shape(&tenant)[0].schema.as_deref(), Some("Tenant"));
        assert_eq!(bounds(&json!({ "minimum": 1, "maximum": 9 })), "at least 1, at most 9");
    }
}
