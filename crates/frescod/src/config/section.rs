//! One declaration a section: its keys, their types, defaults and explanations.
//!
//! ```ignore
//! section! {
//!     /// What the section is about.
//!     pub(crate) struct Server as "server" {
//!         /// What the key does.
//!         listen: SocketAddr = default("127.0.0.1:8080"),
//!         max_connections: u32 = default("1024") in 1..=65_536,
//!         domain: Domain = required("example.org"),
//!         pooler: Option<SocketAddr> = unset("10.77.0.1:6432"),
//!     }
//! }
//! ```
//!
//! Everything else is made of it: the struct, how it is read, `frescod config reference` and its documentation.

use std::fmt::Display;
use std::ops::RangeInclusive;

/// What is known of a section.
#[derive(Clone, Debug)]
pub(crate) struct SectionDoc {
    pub(crate) name: &'static str,
    pub(crate) doc: &'static [&'static str],
    pub(crate) keys: Vec<KeyDoc>,
}

/// What is known of a key.
#[derive(Clone, Debug)]
pub(crate) struct KeyDoc {
    pub(crate) name: &'static str,
    pub(crate) doc: &'static [&'static str],
    pub(crate) given: Given,
    /// Completes "expected …".
    pub(crate) expected: &'static str,
    pub(crate) quoted: bool,
    /// `1 to 65536`.
    pub(crate) range: Option<String>,
}

/// What holds where nothing is said, or an example where nothing holds.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Given {
    Default(&'static str),
    Required(&'static str),
    Unset(&'static str),
}

impl Given {
    pub(crate) const fn default(text: &'static str) -> Self {
        Self::Default(text)
    }

    pub(crate) const fn required(example: &'static str) -> Self {
        Self::Required(example)
    }

    pub(crate) const fn unset(example: &'static str) -> Self {
        Self::Unset(example)
    }

    /// The default or the example.
    pub(crate) const fn text(self) -> &'static str {
        match self {
            Self::Default(text) | Self::Required(text) | Self::Unset(text) => text,
        }
    }
}

impl KeyDoc {
    /// The default or the example as TOML writes it.
    pub(crate) fn literal(&self) -> String {
        let text = self.given.text();
        if self.quoted { toml::Value::from(text).to_string() } else { text.to_owned() }
    }
}

/// A section that [`section`] made.
pub(crate) trait Section: Sized {
    fn doc() -> SectionDoc;
    /// `None` if a problem was noted.
    fn read(reader: &mut super::source::Reader<'_>) -> Option<Self>;
}

pub(crate) fn describe<T: Display>(range: &RangeInclusive<T>) -> String {
    format!("{} to {}", range.start(), range.end())
}

macro_rules! section {
    (
        $(#[doc = $section_doc:literal])*
        pub(crate) struct $section:ident as $section_name:literal {
            $(
                $(#[doc = $doc:literal])*
                $key:ident: $type:ty = $given:ident($text:literal) $(in $range:expr)?,
            )*
        }
    ) => {
        $(#[doc = $section_doc])*
        #[derive(Clone, Debug)]
        pub(crate) struct $section {
            $( $(#[doc = $doc])* pub(crate) $key: $type, )*
        }

        impl $crate::config::section::Section for $section {
            fn doc() -> $crate::config::section::SectionDoc {
                use $crate::config::section::{Given, KeyDoc, SectionDoc};
                use $crate::config::value::Value;
                SectionDoc {
                    name: $section_name,
                    doc: &[$($section_doc),*],
                    keys: vec![$( KeyDoc {
                        name: stringify!($key),
                        doc: &[$($doc),*],
                        given: Given::$given($text),
                        expected: <$type as Value>::EXPECTED,
                        quoted: <$type as Value>::QUOTED,
                        range: None$(.or(Some($crate::config::section::describe(&$range))))?,
                    } ),*],
                }
            }

            fn read(reader: &mut $crate::config::source::Reader<'_>) -> Option<Self> {
                let doc = <Self as $crate::config::section::Section>::doc();
                reader.refuse_unknown_keys(&doc);
                let mut keys = doc.keys.iter().map(|key| (doc.name, key));
                $(
                    let this = keys.next()?;
                    let $key: Option<$type> = reader.get(this);
                    $( let $key = reader.bounded(this, $key, $range); )?
                )*
                Some(Self { $( $key: $key? ),* })
            }
        }
    };
}
pub(crate) use section;
