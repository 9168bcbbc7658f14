//! Words that several nouns share, as the API shows them: the domain's, written down for the document.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

macro_rules! words {
    ($(#[$meta:meta])* $name:ident as $original:path { $($(#[$word_meta:meta])* $variant:ident,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        pub(crate) enum $name {
            $($(#[$word_meta])* $variant,)+
        }

        impl From<$original> for $name {
            fn from(original: $original) -> Self {
                match original {
                    $(<$original>::$variant => Self::$variant,)+
                }
            }
        }

        impl From<$name> for $original {
            fn from(word: $name) -> Self {
                match word {
                    $($name::$variant => Self::$variant,)+
                }
            }
        }
    };
}
pub(crate) use words;

words! {
    /// What a member is to an organisation; each may do whatever the one before may.
    Role as domain::access::Role { Viewer, Member, Manager, Admin, Owner, }
}
