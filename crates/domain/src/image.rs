//! Container images: how one is asked for, and how one is known once the engine holds it.

use serde::{Deserialize, Serialize};

/// What a person asks for: `[host[:port]/]path[:tag][@sha256:digest]`, at most 255 characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct ImageReference(String);

/// Why a text is no image reference.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no image reference: {reason}; expected something like \"registry.example.org/team/app:1.2.3\"")]
pub struct InvalidImage {
    text: String,
    reason: &'static str,
}

const LONGEST: usize = 255;

impl ImageReference {
    /// Reads a reference.
    ///
    /// # Errors
    /// [`InvalidImage`] says which part is wrong. Nothing passes that could mean a path or a query to the engine's API.
    pub fn parse(text: &str) -> Result<Self, InvalidImage> {
        check(text)
            .map(|()| Self(text.to_owned()))
            .map_err(|reason| InvalidImage { text: text.chars().take(LONGEST).collect(), reason })
    }

    /// The part before tag and digest.
    #[must_use]
    pub fn repository(&self) -> &str {
        split(&self.0).0
    }

    /// The tag; `latest` if neither a tag nor a digest is given.
    #[must_use]
    pub fn tag(&self) -> Option<&str> {
        let (_, tag, digest) = split(&self.0);
        tag.or(if digest.is_some() { None } else { Some("latest") })
    }

    #[must_use]
    pub fn digest(&self) -> Option<&str> {
        split(&self.0).2
    }

    /// The registry's host, if one is named: the first part of the path when it has a dot or a port, or is `localhost`.
    #[must_use]
    pub fn registry(&self) -> Option<&str> {
        let (first, _) = self.repository().split_once('/')?;
        (first.contains(['.', ':']) || first == "localhost").then_some(first)
    }
}

crate::text_newtype!(ImageReference, InvalidImage);

fn split(text: &str) -> (&str, Option<&str>, Option<&str>) {
    let (name, digest) = text.split_once('@').map_or((text, None), |(name, digest)| (name, Some(digest)));
    match name.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => (repository, Some(tag), digest),
        _ => (name, None, digest),
    }
}

fn check(text: &str) -> Result<(), &'static str> {
    if text.is_empty() || text.len() > LONGEST {
        return Err("it must have 1 to 255 characters");
    }
    let (repository, tag, digest) = split(text);
    let parts: Vec<&str> = repository.split('/').collect();
    for (position, part) in parts.iter().enumerate() {
        let host = position == 0 && parts.len() > 1;
        check_part(part, host)?;
    }
    if tag.is_some_and(|tag| !is_tag(tag)) {
        return Err("the tag must have 1 to 128 letters, digits, `_`, `.` or `-`, and start with none of the last two");
    }
    if digest.is_some_and(|digest| !is_sha256(digest)) {
        return Err("the digest must be `sha256:` and 64 hex digits");
    }
    Ok(())
}

fn check_part(part: &str, host: bool) -> Result<(), &'static str> {
    let allowed = |byte: u8| {
        byte.is_ascii_lowercase()
            || byte.is_ascii_digit()
            || b"._-".contains(&byte)
            || (host && (byte == b':' || byte.is_ascii_uppercase()))
    };
    let ends = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = part.as_bytes();
    if !bytes.iter().all(|byte| allowed(*byte)) {
        return Err("the name may hold lower-case letters, digits, `.`, `_`, `-` and `/`");
    }
    if !ends(bytes.first()) || !ends(bytes.last()) || part.contains("..") {
        return Err("each part of the name must start and end with a letter or digit and hold no `..`");
    }
    Ok(())
}

fn is_tag(tag: &str) -> bool {
    (1..=128).contains(&tag.len())
        && !tag.starts_with(['.', '-'])
        && tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
}

/// Whether `text` is `sha256:` and 64 lower-case hex digits.
#[must_use]
pub fn is_sha256(text: &str) -> bool {
    text.strip_prefix("sha256:").is_some_and(|hex| {
        hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    })
}

/// The engine's own name of an image's content: `sha256:` and 64 hex digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct ImageId(String);

impl ImageId {
    /// Reads an id.
    ///
    /// # Errors
    /// [`InvalidImage`] if it is not `sha256:` and 64 hex digits.
    pub fn parse(text: &str) -> Result<Self, InvalidImage> {
        if is_sha256(text) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidImage {
                text: text.chars().take(LONGEST).collect(),
                reason: "an image id is `sha256:` and 64 hex digits",
            })
        }
    }
}

crate::text_newtype!(ImageId, InvalidImage);

/// A reference settled on one content: whatever the tag points to later, the tenant keeps this one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImagePin {
    /// What was asked for.
    pub reference: ImageReference,
    pub id: ImageId,
    /// The repository's digest (`name@sha256:…`), if it was pulled from one.
    pub digest: Option<String>,
    /// The app's version read out of the image; `None` if the image does not tell.
    pub version: Option<semver::Version>,
    /// How often people had asked for newer content when it was settled; it counts only until they ask again.
    #[serde(default)]
    pub refreshes: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_come_apart() {
        let digest = format!("sha256:{}", "a".repeat(64));
        let reference = ImageReference::parse(&format!("registry.example.org:5000/team/app:1.2@{digest}")).unwrap();
        assert_eq!(reference.repository(), "registry.example.org:5000/team/app");
        assert_eq!(reference.registry(), Some("registry.example.org:5000"));
        assert_eq!((reference.tag(), reference.digest()), (Some("1.2"), Some(digest.as_str())));
        let short = ImageReference::parse("fresco-sample").unwrap();
        assert_eq!((short.registry(), short.tag()), (None, Some("latest")));
        assert_eq!(ImageReference::parse("localhost:5000/app").unwrap().registry(), Some("localhost:5000"));
    }

    #[test]
    fn nothing_passes_that_is_a_path_to_the_engine() {
        for wrong in [
            "",
            "../images/x",
            "a//b",
            "/a",
            "a/",
            "App",
            "a b",
            "a?x=1",
            "a:..",
            "a@sha256:12",
            "a/../b",
            "-a",
            "a:",
            "a%2fb",
        ] {
            assert!(ImageReference::parse(wrong).is_err(), "{wrong}");
        }
    }
}
