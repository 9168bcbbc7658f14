//! JSON of people's own, kept as it came and given back.

use serde_json::{Map, Value};

/// The longest, in bytes of JSON.
const LONGEST: usize = 8 << 10;

/// The same, if PostgreSQL can keep it and we can read it again.
///
/// # Errors
/// What is wrong with it, in words.
pub(super) fn keepable(object: Map<String, Value>) -> Result<Map<String, Value>, String> {
    let json = serde_json::to_string(&object).map_err(|error| error.to_string())?;
    if json.len() > LONGEST {
        return Err(format!("it has {} bytes, {LONGEST} are the most", json.len()));
    }
    // Escaped in JSON by the same six characters wherever it stands, unless a backslash is meant before `u0000`.
    if json.replace(r"\\", "").contains(r"\u0000") {
        return Err("it has a character NUL, which can't be kept".to_owned());
    }
    match object.values().find_map(unreadable) {
        Some(number) => Err(format!("{number:e} is too large a number to be kept")),
        None => Ok(object),
    }
}

/// A number that PostgreSQL keeps, and gives back with all its digits as one that is past the largest.
fn unreadable(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => {
            let float = number.as_f64().filter(|_| number.is_f64())?;
            serde_json::from_str::<f64>(&float.to_string()).err().map(|_| float)
        }
        Value::Array(items) => items.iter().find_map(unreadable),
        Value::Object(members) => members.values().find_map(unreadable),
        Value::Null | Value::Bool(_) | Value::String(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn is_keepable(value: Value) -> bool {
        keepable(Map::from_iter([("a".to_owned(), value)])).is_ok()
    }

    #[test]
    fn what_would_not_come_back_is_not_kept() {
        for kept in
            [json!(1e300), json!(5e-324), json!([{ "b": -1.5 }]), json!(u64::MAX), json!(r"\u0000"), json!(null)]
        {
            assert!(is_keepable(kept.clone()), "{kept}");
        }
        for lost in [json!("\0"), json!({ "a\0b": 1 }), json!([[f64::MAX]]), json!("x".repeat(LONGEST))] {
            assert!(!is_keepable(lost.clone()), "{lost}");
        }
    }
}
