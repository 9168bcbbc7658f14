//! What handlers take: a JSON body and query parameters whose mistakes are told with their place.

mod body;
mod parameters;

pub(crate) use body::Body;
pub(crate) use parameters::Parameters;
