//! Parts of lists: keyset pages, the same everywhere.

use serde::Deserialize;
use storage::{Cursor, Part};
use utoipa::IntoParams;

use crate::error::{ApiError, FieldError};
use crate::state::ApiState;

/// Which part of a list that has nothing else to be asked for by.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageOf {
    /// `next` of the page before.
    cursor: Option<String>,
    /// How many; 50 if left out.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
}

impl PageOf {
    pub(crate) fn part(&self, state: &ApiState) -> Result<Part, ApiError> {
        part(state, self.cursor.as_deref(), self.limit)
    }

    /// As it stands there.
    pub(crate) fn read(&self) -> Result<(Option<Cursor>, Option<u16>), ApiError> {
        Ok((cursor(self.cursor.as_deref())?, self.limit))
    }
}

/// The part that a cursor and a length ask for.
pub(crate) fn part(state: &ApiState, cursor: Option<&str>, limit: Option<u16>) -> Result<Part, ApiError> {
    let limit = page_limit(state, limit)?;
    Ok(Part { after: self::cursor(cursor)?, limit })
}

fn cursor(text: Option<&str>) -> Result<Option<Cursor>, ApiError> {
    text.map(Cursor::parse).transpose().map_err(|error| ApiError::invalid(FieldError::parameter("cursor", error)))
}

/// The event at which a part of a history begins or ends, of the parameter of that name.
pub(crate) fn event_place(name: &'static str, event: Option<i64>) -> Result<Option<i64>, ApiError> {
    match event {
        Some(event) if event < 0 => {
            let detail = format!("`{event}` is no event: give an id or what the answer before has, or leave it out");
            Err(ApiError::invalid(FieldError::parameter(name, detail)))
        }
        place => Ok(place),
    }
}

/// How many items a page has.
pub(crate) fn page_limit(state: &ApiState, asked: Option<u16>) -> Result<u16, ApiError> {
    let most = state.settings.longest_page;
    match asked {
        None => Ok(state.settings.page),
        Some(limit) if (1..=most).contains(&limit) => Ok(limit),
        Some(limit) => {
            let detail = format!("`{limit}` is no length of a page here: between 1 and {most}");
            Err(ApiError::invalid(FieldError::parameter("limit", detail)))
        }
    }
}
