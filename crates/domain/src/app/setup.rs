//! How an app shows whether its first visitor has set it up.
//!
//! Whoever comes first to such an app becomes its administrator, so only its owner may come until it says that it is set
//! up. It is believed only where it says so itself: an answer that no mark fits tells nothing, and changes nothing.

use serde::{Deserialize, Serialize};

use crate::quantity::Span;

/// What an app with a first-run set-up tells of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Setup {
    /// The page that tells.
    pub path: String,
    /// How that page answers once the window is over; looked for first.
    pub expired: Option<Mark>,
    /// How it answers while it awaits its first visitor.
    pub open: Mark,
    /// How it answers once it is set up.
    pub done: Mark,
    /// The page the first visitor starts from.
    pub start: String,
    /// How long after the release the app accepts its first visitor.
    pub window: Span,
    /// A statement, run as the tenant, after which a restart lets the window begin anew; `None`: it can't.
    pub reopen: Option<String>,
}

/// What an answer is told by: everything that is given must fit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mark {
    pub status: Option<u16>,
    /// The path a redirect leads to.
    pub location: Option<String>,
    /// A text in the body.
    pub body: Option<String>,
}

/// What the page answered.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    pub status: u16,
    pub location: Option<&'a str>,
    pub body: &'a str,
}

/// What the app says of its set-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetupState {
    /// The next visitor may set it up.
    Open,
    /// Nobody came in time.
    Expired,
    Done,
}

impl Setup {
    /// What an answer of [`Setup::path`] says; `None` if that can't be told.
    #[must_use]
    pub fn read(&self, shown: Shown<'_>) -> Option<SetupState> {
        let expired = self.expired.as_ref().map(|mark| (mark, SetupState::Expired));
        let marks = expired.into_iter().chain([(&self.open, SetupState::Open), (&self.done, SetupState::Done)]);
        marks.into_iter().find(|(mark, _)| mark.fits(shown)).map(|(_, state)| state)
    }
}

impl Mark {
    fn fits(&self, shown: Shown<'_>) -> bool {
        let leads_to = |path: &String| shown.location.is_some_and(|location| path_of(location) == path);
        self.status.is_none_or(|status| status == shown.status)
            && self.location.as_ref().is_none_or(leads_to)
            && self.body.as_ref().is_none_or(|text| shown.body.contains(text))
    }

    pub(super) const fn fits_all(&self) -> bool {
        self.status.is_none() && self.location.is_none() && self.body.is_none()
    }
}

/// The path of a `Location`, which may be absolute.
fn path_of(location: &str) -> &str {
    let rest = location.split_once("://").map_or(location, |(_, rest)| rest.find('/').map_or("/", |at| &rest[at..]));
    rest.split(['?', '#']).next().unwrap_or(rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::{AppName, Catalogue};

    fn says(version: &str, status: u16, location: Option<&str>, body: &str) -> Option<SetupState> {
        let fresco = Catalogue::shipped().get(&AppName::parse("fresco").unwrap()).unwrap().clone();
        let version: semver::Version = version.parse().unwrap();
        let profiles = fresco.profiles.iter();
        let fits = |range: &Option<semver::VersionReq>| range.as_ref().is_none_or(|range| range.matches(&version));
        let profile = profiles.clone().find(|profile| fits(&profile.versions)).unwrap();
        profile.setup.as_ref().unwrap().read(Shown { status, location, body })
    }

    #[test]
    fn line_3_tells_by_status_and_an_expired_one_is_not_taken_for_set_up() {
        let says = |status, location| says("3.1.2", status, location, "");
        assert_eq!(says(200, None), Some(SetupState::Open));
        assert_eq!(says(307, Some("/signin")), Some(SetupState::Done));
        assert_eq!(says(307, Some("/")), Some(SetupState::Done));
        assert_eq!(says(307, Some("/expired")), Some(SetupState::Expired));
        assert_eq!(says(307, Some("https://owls.example.org/expired?x")), Some(SetupState::Expired));
        assert_eq!(says(500, None), None);
        assert_eq!(says(404, None), None);
    }

    #[test]
    fn line_4_tells_by_body_and_an_unknown_version_must_say_the_same() {
        let page = |target: &str| format!(r#"<meta http-equiv="refresh" content="1;url={target}"/>"#);
        for version in ["4.0.0", "9.0.0"] {
            assert_eq!(says(version, 200, None, &page("/setup")), Some(SetupState::Open));
            assert_eq!(says(version, 200, None, &page("/signin")), Some(SetupState::Done));
            assert_eq!(says(version, 200, None, &page("/expired")), Some(SetupState::Expired));
            assert_eq!(says(version, 200, None, "<h1>Something went wrong</h1>"), None);
            assert_eq!(says(version, 307, Some("/signin"), ""), None);
        }
    }
}
