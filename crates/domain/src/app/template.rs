//! Values of environment variables with holes that the platform fills: `{database_url}`, `{public_url}`, ….

use serde::{Deserialize, Serialize};

/// What a hole may ask for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Variable {
    /// The URL to serve with; a pooler's, where one is configured.
    DatabaseUrl,
    /// The URL straight to PostgreSQL, for releases.
    DatabaseUrlDirect,
    /// `https://subdomain.domain`, with the port if it is not the scheme's own.
    PublicUrl,
    /// The host of the public URL, with the port if it is not the scheme's own.
    PublicHost,
    /// The tenant's id, `tnt_…`.
    TenantId,
    /// `{secret:NAME}`: 64 random hex digits made once a tenant and name, and kept sealed.
    Secret(String),
}

/// Text with holes in braces; `{{` and `}}` stand for the braces themselves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Template {
    source: String,
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Hole(Variable),
}

/// Why a text is no template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTemplate {
    #[error(
        "`{{{0}}}` is no variable; there are database_url, database_url_direct, public_url, public_host, tenant_id and secret:NAME"
    )]
    Unknown(String),
    #[error("a brace is not closed in `{0}`; write {{{{ or }}}} for the brace itself")]
    Unbalanced(String),
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// [`InvalidTemplate`] for an unknown variable or a stray brace.
    pub fn parse(source: &str) -> Result<Self, InvalidTemplate> {
        let unbalanced = || InvalidTemplate::Unbalanced(source.to_owned());
        let mut parts = Vec::new();
        let mut text = String::new();
        let mut rest = source;
        while let Some(position) = rest.find(['{', '}']) {
            let (before, at) = rest.split_at(position);
            text.push_str(before);
            if let Some(after) = at.strip_prefix("{{").or_else(|| at.strip_prefix("}}")) {
                text.push_str(&at[..1]);
                rest = after;
                continue;
            }
            let (name, after) = at.strip_prefix('{').and_then(|at| at.split_once('}')).ok_or_else(unbalanced)?;
            parts.push(Part::Text(std::mem::take(&mut text)));
            parts.push(Part::Hole(Variable::parse(name)?));
            rest = after;
        }
        text.push_str(rest);
        parts.push(Part::Text(text));
        Ok(Self { source: source.to_owned(), parts })
    }

    /// The variables it asks for, in order.
    pub fn variables(&self) -> impl Iterator<Item = &Variable> {
        self.parts.iter().filter_map(|part| match part {
            Part::Hole(variable) => Some(variable),
            Part::Text(_) => None,
        })
    }

    /// Fills the holes.
    ///
    /// # Errors
    /// Whatever `value` answers for a variable it can't give.
    pub fn fill<E>(&self, mut value: impl FnMut(&Variable) -> Result<String, E>) -> Result<String, E> {
        self.parts.iter().try_fold(String::new(), |mut filled, part| {
            match part {
                Part::Text(text) => filled.push_str(text),
                Part::Hole(variable) => filled.push_str(&value(variable)?),
            }
            Ok(filled)
        })
    }
}

impl Variable {
    fn parse(name: &str) -> Result<Self, InvalidTemplate> {
        let is_name = |name: &str| {
            (1..=32).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
        };
        match name {
            "database_url" => Ok(Self::DatabaseUrl),
            "database_url_direct" => Ok(Self::DatabaseUrlDirect),
            "public_url" => Ok(Self::PublicUrl),
            "public_host" => Ok(Self::PublicHost),
            "tenant_id" => Ok(Self::TenantId),
            other => match other.strip_prefix("secret:") {
                Some(secret) if is_name(secret) => Ok(Self::Secret(secret.to_owned())),
                _ => Err(InvalidTemplate::Unknown(other.to_owned())),
            },
        }
    }
}

impl From<Template> for String {
    fn from(template: Template) -> Self {
        template.source
    }
}

impl TryFrom<String> for Template {
    type Error = InvalidTemplate;

    fn try_from(source: String) -> Result<Self, InvalidTemplate> {
        Self::parse(&source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holes_are_filled_and_braces_kept() {
        let template = Template::parse("{{x}} {public_url}/a?{secret:totp}").unwrap();
        let filled = template.fill(|variable| Ok::<_, InvalidTemplate>(format!("<{variable:?}>"))).unwrap();
        assert_eq!(filled, "{x} <PublicUrl>/a?<Secret(\"totp\")>");
    }

    #[test]
    fn what_is_wrong_is_named() {
        assert_eq!(Template::parse("{databse_url}"), Err(InvalidTemplate::Unknown("databse_url".into())));
        for wrong in ["{", "a}", "{public_url", "{secret:}", "{secret:A B}", "{}"] {
            assert!(Template::parse(wrong).is_err(), "{wrong}");
        }
    }
}
