//! What handlers take: a JSON body and query parameters whose mistakes are told with their place, and preconditions.

mod body;
mod if_match;
mod member;
mod parameters;

pub(crate) use body::{Body, OptionalBody};
pub(crate) use if_match::IfMatch;
pub(crate) use member::Member;
pub(crate) use parameters::{Parameters, parameters};
