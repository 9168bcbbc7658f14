//! What the page says, out of the document.

use serde::Serialize;
use serde_json::{Map, Value};

use super::shape::{self, Part};
use crate::openapi::PROBLEM;

/// All of it.
#[derive(Serialize)]
pub(super) struct Api {
    title: String,
    version: String,
    description: String,
    credentials: Vec<Credential>,
    groups: Vec<Group>,
    schemas: Vec<Schema>,
}

/// What shows who asks.
#[derive(Serialize)]
struct Credential {
    name: String,
    /// Where it is sent, and how it looks.
    sent: String,
    description: String,
}

/// Operations about one thing.
#[derive(Serialize)]
struct Group {
    name: String,
    description: String,
    operations: Vec<Operation>,
}

#[derive(Serialize)]
struct Operation {
    id: String,
    method: String,
    path: String,
    summary: String,
    description: String,
    /// Names of credentials, any of which will do; none: nobody is asked who they are.
    credentials: Vec<String>,
    parameters: Vec<Parameter>,
    body: Option<Body>,
    answers: Vec<Answer>,
}

#[derive(Serialize)]
struct Parameter {
    name: String,
    place: String,
    required: bool,
    field: Field,
}

#[derive(Serialize)]
struct Body {
    required: bool,
    content: Content,
}

#[derive(Serialize)]
struct Content {
    media: String,
    shape: Vec<Part>,
    /// Pretty JSON.
    example: Option<String>,
}

#[derive(Serialize)]
struct Answer {
    status: String,
    description: String,
    /// Of one that is no problem: those are all alike.
    content: Option<Content>,
    headers: Vec<(String, String)>,
}

#[derive(Serialize)]
struct Schema {
    name: String,
    description: String,
    properties: Vec<Property>,
    words: Vec<String>,
    /// Where it is no object of its own.
    shape: Vec<Part>,
}

#[derive(Serialize)]
struct Property {
    name: String,
    required: bool,
    field: Field,
}

/// What one value is.
#[derive(Serialize)]
struct Field {
    shape: Vec<Part>,
    bounds: String,
    words: Vec<String>,
    description: String,
    example: Option<String>,
}

impl Api {
    pub(super) fn of(document: &Value) -> Self {
        let components = &document["components"];
        Self {
            title: text(&document["info"]["title"]),
            version: text(&document["info"]["version"]),
            description: text(&document["info"]["description"]),
            credentials: members(&components["securitySchemes"]).map(credential).collect(),
            groups: items(&document["tags"]).map(|tag| group(tag, document)).collect(),
            schemas: members(&components["schemas"]).map(|(name, schema)| self::schema(name, schema)).collect(),
        }
    }
}

fn credential((name, scheme): (&String, &Value)) -> Credential {
    let cookie = || format!("Cookie: {}=…", text(&scheme["name"]));
    let bearer = |format: &str| format!("Authorization: Bearer {format}");
    Credential {
        name: name.clone(),
        sent: scheme["bearerFormat"].as_str().map_or_else(cookie, bearer),
        description: text(&scheme["description"]),
    }
}

fn group(tag: &Value, document: &Value) -> Group {
    let name = text(&tag["name"]);
    let all = members(&document["paths"]).flat_map(|(path, item)| members(item).map(move |it| (path, it)));
    let ours = all.filter(|(_, (_, operation))| items(&operation["tags"]).any(|tag| *tag == *name));
    let operations = ours.map(|(path, (method, it))| operation((method, path), it, document)).collect();
    Group { description: text(&tag["description"]), operations, name }
}

fn operation((method, path): (&str, &str), operation: &Value, document: &Value) -> Operation {
    let security = operation.get("security").unwrap_or(&document["security"]);
    let credentials = items(security).flat_map(members).map(|(name, _)| name.clone());
    let answers = members(&operation["responses"]).map(|(status, answer)| self::answer(status, answer, document));
    let body = operation.get("requestBody").map(|body| Body {
        required: body["required"] == true,
        content: content(&body["content"], document).unwrap_or_else(|| unreachable!("every body has a content")),
    });
    Operation {
        id: text(&operation["operationId"]),
        method: method.to_uppercase(),
        path: path.to_owned(),
        summary: text(&operation["summary"]),
        description: text(&operation["description"]),
        credentials: credentials.collect(),
        parameters: items(&operation["parameters"]).map(parameter).collect(),
        body,
        answers: answers.collect(),
    }
}

fn parameter(parameter: &Value) -> Parameter {
    let field = Field { description: text(&parameter["description"]), ..field(&parameter["schema"]) };
    Parameter {
        name: text(&parameter["name"]),
        place: text(&parameter["in"]),
        required: parameter["required"] == true,
        field,
    }
}

fn answer(status: &str, answer: &Value, document: &Value) -> Answer {
    let answer = resolved(answer, document);
    let headers = members(&answer["headers"]);
    let headers = headers.map(|(name, header)| (name.clone(), text(&resolved(header, document)["description"])));
    Answer {
        status: status.to_owned(),
        description: text(&answer["description"]),
        content: content(&answer["content"], document).filter(|content| content.media != PROBLEM),
        headers: headers.collect(),
    }
}

fn content(content: &Value, document: &Value) -> Option<Content> {
    let (media, content) = members(content).next()?;
    let example = content["examples"].as_object().and_then(|examples| examples.values().next());
    let example = example.map(|example| resolved(example, document)["value"].clone());
    Some(Content {
        media: media.clone(),
        shape: shape::shape(&content["schema"]),
        example: example.as_ref().map(pretty),
    })
}

fn schema(name: &str, schema: &Value) -> Schema {
    let required = |name: &str| items(&schema["required"]).any(|required| required == name);
    let properties = members(&schema["properties"]).map(|(name, property)| Property {
        name: name.clone(),
        required: required(name),
        field: field(property),
    });
    let properties: Vec<Property> = properties.collect();
    let words = shape::words(schema);
    let plain = properties.is_empty() && words.is_empty();
    Schema {
        name: name.to_owned(),
        description: text(&schema["description"]),
        shape: if plain { shape::shape(schema) } else { Vec::new() },
        properties,
        words,
    }
}

fn field(schema: &Value) -> Field {
    // A choice of something and nothing is described where the something is.
    let choices = items(&schema["oneOf"]).find(|choice| choice["description"].is_string());
    Field {
        shape: shape::shape(schema),
        bounds: shape::bounds(schema),
        words: shape::words(schema),
        description: text(choices.unwrap_or(schema).get("description").unwrap_or(&Value::Null)),
        example: schema.get("example").map(Value::to_string),
    }
}

fn resolved<'a>(value: &'a Value, document: &'a Value) -> &'a Value {
    let pointer = value["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
    pointer.and_then(|pointer| document.pointer(pointer)).unwrap_or(value)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter)
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}
