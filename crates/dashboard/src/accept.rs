//! What whoever asks can read.

use http::HeaderMap;
use http::header::{ACCEPT, ACCEPT_ENCODING, HeaderName};

/// How a file can be compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    Brotli,
    Gzip,
}

impl Encoding {
    /// The smallest first.
    pub(crate) const ALL: [Self; 2] = [Self::Brotli, Self::Gzip];

    /// As HTTP calls it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gzip",
        }
    }

    /// Of the file beside the plain one.
    pub(crate) const fn ending(self) -> &'static str {
        match self {
            Self::Brotli => ".br",
            Self::Gzip => ".gz",
        }
    }

    pub(crate) fn is_read_by(self, headers: &HeaderMap) -> bool {
        listed(headers, &ACCEPT_ENCODING).any(|name| name == self.name())
    }
}

/// Whether it can be shown a page: whoever says nothing can, and who wants something else is told that there is none.
pub(crate) fn takes_pages(headers: &HeaderMap) -> bool {
    !headers.contains_key(ACCEPT) || listed(headers, &ACCEPT).any(|kind| ["text/html", "text/*", "*/*"].contains(&kind))
}

/// What a header lists, without what it refuses by a weight of nothing.
fn listed<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    let lines = headers.get_all(name).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).filter_map(|item| {
        let mut parts = item.split(';').map(str::trim);
        let word = parts.next()?;
        let weight = parts.find_map(|part| part.strip_prefix("q=")).and_then(|weight| weight.parse::<f32>().ok());
        weight.is_none_or(|weight| weight > 0.0).then_some(word)
    })
}
