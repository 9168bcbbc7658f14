//! Who asks, as far as their connection and their browser tell.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::Extensions;
use axum::http::header::USER_AGENT;
use axum::http::request::Parts;
use domain::Email;
use mail::Origin;
use storage::accounts::SignInFailure;
use storage::sessions::Seen;

use super::{Caller, Me};
use crate::error::ApiError;
use crate::middleware::{Class, ClientAddress, Subject};
use crate::state::ApiState;

/// Somebody who is not known yet, or from where somebody asks who is.
#[derive(Clone, Debug)]
pub(crate) struct Asker {
    address: ClientAddress,
    user_agent: String,
    told: Extensions,
}

impl Asker {
    /// As a session keeps it.
    pub(crate) fn seen(&self) -> Seen {
        Seen::new(self.address.0, &self.user_agent)
    }

    /// As a letter tells it.
    pub(crate) fn origin(&self) -> Origin {
        Origin { device: device(&self.user_agent), address: self.address.0.to_string() }
    }

    /// Counts an attempt to log in to the account with this address, whether there is one or not.
    pub(crate) async fn counts_as_login(&self, state: &ApiState, email: &Email) -> Result<(), ApiError> {
        self.counts(state, (Class::LoginAddress, Subject::address(self.address))).await?;
        let counted = self.counts(state, (Class::Login, Subject::account(email.as_str()))).await;
        if matches!(counted, Err(ApiError::RateLimited { .. })) {
            // No more lines than one address may make attempts.
            let to = state.store.find_login(email).await?.map(|user| user.id);
            state.store.note_failed_sign_in(to, SignInFailure::TooOften).await?;
        }
        counted
    }

    /// Counts a program that asks for a key, as an attempt to log in from where it is.
    pub(crate) async fn counts_as_device(&self, state: &ApiState) -> Result<(), ApiError> {
        self.counts(state, (Class::LoginAddress, Subject::address(self.address))).await
    }

    /// Counts a code that somebody types, as an attempt to log in: codes are short.
    pub(crate) async fn counts_as_code(&self, state: &ApiState, me: Me) -> Result<(), ApiError> {
        self.counts_as_device(state).await?;
        self.counts(state, (Class::Login, Subject::user(me.user))).await
    }

    /// Counts a letter to this address.
    pub(crate) async fn counts_as_letter(&self, state: &ApiState, email: &str) -> Result<(), ApiError> {
        self.counts(state, (Class::MailAddress, Subject::address(self.address))).await?;
        self.counts(state, (Class::Mail, Subject::account(email))).await
    }

    /// Counts a sign-up that is begun, and the letter that goes with it to this address.
    pub(crate) async fn counts_as_draft(&self, state: &ApiState, email: &Email) -> Result<(), ApiError> {
        self.counts(state, (Class::Draft, Subject::address(self.address))).await?;
        self.counts(state, (Class::Mail, Subject::account(email.as_str()))).await
    }

    /// Counts a new instance of the caller's organisation; the operator's are not counted.
    pub(crate) async fn counts_as_deploy(&self, state: &ApiState, caller: &Caller) -> Result<(), ApiError> {
        match caller.organisation {
            Some(organisation) => self.counts(state, (Class::Deploy, Subject::organisation(organisation))).await,
            None => Ok(()),
        }
    }

    /// Counts a request that needs no log-in.
    pub(crate) fn counts_as_request(&self, state: &ApiState) -> Result<(), ApiError> {
        let spent = (Class::Address, Subject::address(self.address));
        state.limits.spend(&self.told, spent, state.clock.now())
    }

    async fn counts(&self, state: &ApiState, spent: (Class, Subject)) -> Result<(), ApiError> {
        state.limits.spend_strictly(&state.store, &self.told, spent, state.clock.now()).await
    }
}

impl FromRequestParts<ApiState> for Asker {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, Infallible> {
        let address = ClientAddress::of(&parts.extensions, &parts.headers, &state.settings.trusted_proxies);
        let user_agent = parts.headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        Ok(Self { address, user_agent: user_agent.to_owned(), told: parts.extensions.clone() })
    }
}

/// What a browser says it is, in words: `Firefox on Linux`. The first that fits; most say they are others too.
fn device(user_agent: &str) -> String {
    const BROWSERS: [(&str, &str); 7] = [
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("FxiOS/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
        ("curl/", "curl"),
    ];
    const SYSTEMS: [(&str, &str); 6] = [
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ];
    let first =
        |list: &[(&str, &'static str)]| list.iter().find(|(sign, _)| user_agent.contains(sign)).map(|(_, name)| *name);
    let browser = first(&BROWSERS).unwrap_or("an unknown browser");
    first(&SYSTEMS).map_or_else(|| browser.to_owned(), |system| format!("{browser} on {system}"))
}

#[cfg(test)]
mod tests {
    use super::device;

    #[test]
    fn browsers_are_named_as_people_name_them() {
        for (said, named) in [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
            (
                "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0",
                "Edge on Windows",
            ),
            ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1", "Safari on iPhone"),
            ("Mozilla/5.0 (Linux; Android 15) Chrome/140.0 Mobile Safari/537.36", "Chrome on Android"),
            ("curl/8.5.0", "curl"),
            ("", "an unknown browser"),
        ] {
            assert_eq!(device(said), named);
        }
    }
}
