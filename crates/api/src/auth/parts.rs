//! What proves who somebody is, put together.

use std::sync::Arc;
use std::time::Duration;

use super::cookie::RefreshCookie;
use super::password::{InvalidPasswordSettings, PasswordSettings, Passwords};
use super::session::{AccessTokens, SessionSettings, SigningParts};

/// What the operator has settled about accounts.
#[derive(Clone, Debug)]
pub struct AuthSettings {
    /// Where people reach the API, as browsers name it in `Origin`: no path, no slash at its end.
    pub public_url: String,
    pub passwords: PasswordSettings,
    pub sessions: SessionSettings,
    /// From a mail that asks whether an address is somebody's to the last use of its link.
    pub verification_lifetime: Duration,
    /// The same of one that lets somebody choose a new password.
    pub reset_lifetime: Duration,
    /// From a program's wish for a key to its owner's answer, and to the fetching.
    pub device_code_lifetime: Duration,
    /// Of the key that it gets.
    pub device_key_lifetime: Duration,
    /// What may not tell whether an address has an account is answered after a whole number of these; zero: at once.
    pub pulse: Duration,
}

impl AuthSettings {
    /// Bounds that suit most.
    #[must_use]
    pub fn new(public_url: String) -> Self {
        Self {
            sessions: SessionSettings::new(public_url.clone()),
            public_url,
            passwords: PasswordSettings::default(),
            verification_lifetime: Duration::from_secs(86_400),
            reset_lifetime: Duration::from_secs(3600),
            device_code_lifetime: Duration::from_secs(600),
            device_key_lifetime: Duration::from_secs(90 * 86_400),
            pulse: Duration::from_millis(250),
        }
    }
}

/// Passwords, tokens and cookies.
#[derive(Debug)]
pub struct Auth {
    pub(crate) passwords: Passwords,
    pub(crate) tokens: AccessTokens,
    pub(crate) cookie: RefreshCookie,
    pub(crate) settings: AuthSettings,
}

impl Auth {
    /// # Errors
    /// [`InvalidPasswordSettings`].
    pub fn new(parts: SigningParts, settings: AuthSettings) -> Result<Self, InvalidPasswordSettings> {
        Ok(Self {
            passwords: Passwords::new(settings.passwords, Arc::clone(&parts.entropy))?,
            tokens: AccessTokens::new(parts, settings.sessions.clone()),
            cookie: RefreshCookie::at(&settings.public_url),
            settings,
        })
    }

    /// What browsers say of requests that our own page makes.
    pub(crate) fn origin(&self) -> &str {
        &self.settings.public_url
    }
}
