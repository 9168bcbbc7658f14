//! What every newtype over text has in common, written once.

/// Gives a tuple struct over a `String` with a `parse(&str) -> Result<Self, Error>` its ways in and out: `as_str`,
/// `Display`, `FromStr`, and the conversions that `#[serde(into = "String", try_from = "String")]` goes through, so that
/// nothing gets in past `parse`.
#[macro_export]
macro_rules! text_newtype {
    ($name:ident, $error:ty) => {
        impl $name {
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = $error;

            fn from_str(text: &str) -> Result<Self, $error> {
                Self::parse(text)
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> Self {
                text.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = $error;

            fn try_from(text: String) -> Result<Self, $error> {
                Self::parse(&text)
            }
        }
    };
}
