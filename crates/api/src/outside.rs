//! What reads what strangers send, each by itself: for those who try it with anything (`tests/outside`, `fuzz/`), and nobody else.

use logs::LogQuery;
use storage::Cursor;

use crate::auth;
use crate::extract::parameters;
use crate::routes::{ListLogs, PageOf};
use crate::token::Key;

/// What a text behind `Bearer` is taken for, before anything is asked of the database.
#[must_use]
pub fn bearer(text: &str) -> Option<&'static str> {
    auth::taken_for(text)
}

/// Whether an access token would be believed, by a key of which nobody here has the private half.
#[must_use]
pub fn is_believed(token: &str) -> bool {
    auth::is_believed(token)
}

/// Whether a text may be the token of a link.
#[must_use]
pub fn is_link_token(text: &str) -> bool {
    Key::parse(text).is_some()
}

/// Which part of a list the query of a path asks for: its cursor, and how many.
///
/// # Errors
/// What whoever asks is told.
pub fn page(query: &str) -> Result<(Option<Cursor>, Option<u16>), String> {
    let page: PageOf = parameters(query).map_err(|error| error.to_string())?;
    page.read().map_err(|error| error.to_string())
}

/// Which part of a log the query of a path asks for.
///
/// # Errors
/// What whoever asks is told.
pub fn log_page(query: &str) -> Result<LogQuery, String> {
    let page: ListLogs = parameters(query).map_err(|error| error.to_string())?;
    page.read().map_err(|error| error.to_string())
}
