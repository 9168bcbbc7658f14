//! The document as a page for people, made by ourselves out of what is served to programs.
//!
//! No ready-made viewer fits: each is half a megabyte of script or more, loads from elsewhere or wants styles that a policy
//! can't name. This one is plain HTML, readable without any script; a few lines of one narrow the list of operations.
//!
//! | module | what it is |
//! |---|---|
//! | [`view`] | what the page says, out of the document |
//! | [`shape`] | a schema in words |

mod shape;
mod view;

use std::sync::LazyLock;

use axum::http::HeaderValue;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, HtmlEscape, UndefinedBehavior, Value, context};

use crate::look;

const STYLE: &str = look::style!("reference/assets/page.css");
const SCRIPT: &str = include_str!("assets/page.js");
const TEMPLATE: &str = include_str!("assets/page.html");

/// What the page may do: nothing but its own style and script.
pub(crate) static POLICY: LazyLock<HeaderValue> =
    LazyLock::new(|| look::policy(STYLE, &format!("; script-src {}", look::hash(SCRIPT))));

/// The page.
///
/// # Panics
/// Never: a test renders it, and it depends on nothing.
pub(crate) fn page() -> String {
    let mut templates = Environment::new();
    templates.set_undefined_behavior(UndefinedBehavior::Strict);
    templates.set_auto_escape_callback(|_| AutoEscape::Html);
    templates.add_filter("prose", prose);
    let document = crate::openapi::value();
    let values = context! { api => Serde(view::Api::of(&document)), style => STYLE, script => SCRIPT };
    templates.render_str(TEMPLATE, values).expect("the template names what the view has")
}

/// Words of the document, in which backticks stand around what is code.
fn prose(text: &str) -> Value {
    let mut html = String::new();
    for (number, part) in text.split('`').enumerate() {
        let escaped = HtmlEscape(part);
        html += &if number % 2 == 1 { format!("<code>{escaped}</code>") } else { escaped.to_string() };
    }
    Value::from_safe_string(html)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_document_says_can_be_no_markup() {
        assert_eq!(prose("a `<b>` & c").to_string(), "a <code>&lt;b&gt;</code> &amp; c");
    }

    #[test]
    fn every_operation_and_every_schema_is_on_the_page_and_every_link_leads_somewhere() {
        let (page, document) = (page(), crate::openapi::value());
        let items = document["paths"].as_object().unwrap().values();
        for operation in items.flat_map(|item| item.as_object().unwrap().values()) {
            let id = operation["operationId"].as_str().unwrap();
            assert!(page.contains(&format!(r#"id="{id}""#)), "{id}");
        }
        for name in document["components"]["schemas"].as_object().unwrap().keys() {
            assert!(page.contains(&format!(r#"id="schema-{name}""#)), "{name}");
        }
        for link in page.split(r##"href="#"##).skip(1) {
            let target = link.split('"').next().unwrap();
            assert!(page.contains(&format!(r#"id="{target}""#)), "{target}");
        }
    }

    #[test]
    fn nothing_comes_from_elsewhere() {
        let page = page();
        assert!(!page.contains("src=") && !page.contains("@import") && !page.contains("url("));
        assert!(!page.contains("style=\"") && !page.contains("onclick"), "the policy would refuse it");
    }
}
