//! The one error of the API, and how it becomes a problem details document.
//!
//! A handler answers with [`ApiError`]. It leaves the handler as an empty response that carries the error; [`render`],
//! which knows the request's id and path, writes the body, and logs what is our fault once, with its causes. So no
//! internal can reach `detail`: only this file's texts, and those of errors written for people, do.

mod code;
mod problem;

use std::error::Error as StdError;
use std::sync::Arc;

use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::header::{self, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, TimeDelta, Utc};
use domain::access::Denied;
use domain::clock::moment;
use domain::tenant::{Refusal, Subdomain};
use domain::wizard::TooEarly;
use storage::accounts::DeleteUserError;
use storage::sessions::totp::SecondFactorError;
use storage::{
    ChangeError, CreateOrganisationError, CreateTenantError, DeleteOrganisationError, InviteError, MembershipError,
    StorageError,
};

pub use code::Code;
pub use problem::{FieldError, Problem};

use crate::auth::{HashError, Unauthenticated};
use crate::middleware::{RequestId, whole_seconds};

/// Why a request was refused, or failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiError {
    #[error(transparent)]
    Unauthenticated(#[from] Unauthenticated),
    #[error("{0}")]
    Forbidden(String),
    #[error("use the link in the letter, or have it sent again with `POST /api/v1/auth/verify-email/resend`")]
    EmailNotVerified,
    #[error("you can look around meanwhile; a letter tells when the operator has let you in")]
    AwaitingApproval,
    #[error("its owner has not answered yet; ask again in a while")]
    AuthorizationPending,
    #[error("it has expired, was used or refused, or is mistyped; let the program show a new one")]
    DeviceRefused,
    #[error("nobody makes an account here by themselves; whoever has one signs in")]
    SignupClosed,
    #[error("this installation names no address for help (`mail.help_address`); ask whoever gave you its own")]
    NoHelpAddress,
    #[error("no operation has this path; /api/openapi.json lists them all")]
    RouteNotFound,
    #[error("see the header `Allow` for the methods it takes")]
    MethodNotAllowed,
    #[error("{0}")]
    TenantNotFound(String),
    #[error("{0}")]
    OrganisationNotFound(String),
    #[error("{0}")]
    MemberNotFound(String),
    #[error("{0}")]
    InvitationNotFound(String),
    #[error("{0}")]
    ApiKeyNotFound(String),
    #[error("it was used or revoked, has expired, or was sent to another address than your verified one")]
    InvitationRefused,
    #[error("change their role instead")]
    AlreadyAMember,
    #[error("make another member an owner first")]
    LastOwner,
    #[error("it has one owner, and goes with their account")]
    PersonalOrganisation,
    #[error("{0} of its tenants are not destroyed; destroy them first, and wait for it")]
    OrganisationNotEmpty(i64),
    #[error("it has expired, or was begun with another address than your verified one; begin a new one")]
    DraftNotFound,
    #[error("it was deployed already; look at its instance instead")]
    DraftDeployed,
    #[error(transparent)]
    StepTooEarly(#[from] TooEarly),
    #[error("the terms in force are those of version `{current}`; read those, and accept that version")]
    TermsNotInForce { current: String },
    #[error(
        "nobody has more than {most} instances here, in all organisations together; destroy one, or ask the operator for more"
    )]
    TooManyTenants { most: u32 },
    #[error(
        "nobody has more than {most} organisations here beside their own; delete one, or ask the operator for more"
    )]
    TooManyOrganisations { most: u32 },
    #[error("it is older than what is kept; read from the oldest on, without a cursor")]
    LogCursorGone,
    #[error("{0}; try again in a moment")]
    LogsUnavailable(String),
    #[error("as many watch as may; try again in a while")]
    TooManyViewers,
    #[error("{0}")]
    Malformed(String),
    #[error("say `Content-Type: application/json`, and send JSON")]
    UnsupportedMediaType,
    #[error("a body may have {0} bytes at most")]
    BodyTooLarge(usize),
    #[error("{}", summary(.0))]
    Invalid(Vec<FieldError>),
    #[error("`{0}` is taken by another tenant; choose another name")]
    SubdomainTaken(Subdomain),
    #[error("`{subdomain}` belonged to a tenant that is destroyed, and is given to nobody before {}", moment(.until))]
    SubdomainInQuarantine { subdomain: Subdomain, until: DateTime<Utc> },
    #[error("`{subdomain}` is held for somebody who is signing up, until {}", moment(.until))]
    SubdomainHeld { subdomain: Subdomain, until: DateTime<Utc> },
    #[error("it was used already, has expired, or belongs to another instance; ask for a new one")]
    ClaimRefused,
    #[error("try again; who has forgotten the password can ask for a new one")]
    WrongCredentials,
    #[error("send `code` too: six digits of your app, or a recovery code")]
    SecondFactorRequired,
    #[error("it was ended, has expired, or its cookie was used by somebody else: log in again")]
    SessionEnded,
    #[error("send the present password of the account to do this")]
    WrongPassword,
    #[error(
        "the link is good: sign in with this address first, or send the account's `password` too; if somebody else has made the \
         account, ask for a new password, and it is yours alone"
    )]
    PasswordRequired,
    #[error("it is not the one your app shows now, or was used already; does the clock of your device go right?")]
    WrongCode,
    #[error("it was used already, has expired, or a newer one was sent; ask for a new one")]
    LinkRefused,
    #[error("{0}")]
    SessionNotFound(String),
    #[error("do without it first: `POST /api/v1/me/totp/disable`")]
    SecondFactorInUse,
    #[error("instances of your personal organisation are not destroyed: destroy them first")]
    AccountNotEmpty,
    #[error("begin with `POST /api/v1/me/totp`, and confirm it")]
    NoSecondFactor,
    #[error("requests that a cookie alone makes must come from the platform's own pages; programs send a key instead")]
    CrossSite,
    #[error("try again in {} s, or less often; `RateLimit` says what is left", whole_seconds(*.retry_after))]
    RateLimited { retry_after: TimeDelta },
    #[error("try again in a moment")]
    Busy,
    #[error("it is open to everybody, and needs no claim link")]
    AlreadySetUp,
    #[error("{0}")]
    NoFirstRun(&'static str),
    #[error(transparent)]
    Refused(Refusal),
    #[error("the tenant is at generation {0} now; look at it again, then decide")]
    GenerationConflict(i64),
    #[error("to do this to the tenant, `confirmation` must be `{0}`")]
    ConfirmationMismatch(Subdomain),
    #[error("the first request with this key has not been answered; ask again in a moment")]
    IdempotencyInProgress,
    #[error(
        "the first request with this key was done, but the platform ended before its answer was kept; look at what you asked for"
    )]
    IdempotencyAnswerLost,
    #[error("this key came with another request before; take a new key for each thing you want done")]
    IdempotencyMismatch,
    #[error("{0}")]
    NotReady(String),
    #[error("it was given up; what it had begun to change is either wholly done or not at all. Try again")]
    TimedOut,
    #[error("try again in a moment")]
    DatabaseUnavailable(#[source] StorageError),
    #[error("it is not your fault; tell the operator the request's id")]
    Internal(#[source] Box<dyn StdError + Send + Sync>),
}

fn summary(errors: &[FieldError]) -> String {
    match errors {
        [only] => only.detail.clone(),
        _ => format!("{} things are not right; `errors` lists them", errors.len()),
    }
}

impl ApiError {
    /// One thing wrong with the request.
    pub(crate) fn invalid(error: FieldError) -> Self {
        Self::Invalid(vec![error])
    }

    /// The organisation went while it was asked for.
    pub(crate) fn gone() -> Self {
        Self::OrganisationNotFound("it is gone since the request began".to_owned())
    }

    /// The stable code.
    pub(crate) const fn code(&self) -> Code {
        match self {
            Self::Unauthenticated(_) => Code::Unauthenticated,
            Self::Forbidden(_) => Code::Forbidden,
            Self::EmailNotVerified => Code::EmailNotVerified,
            Self::AwaitingApproval => Code::AwaitingApproval,
            Self::SignupClosed => Code::SignupClosed,
            Self::AuthorizationPending => Code::AuthorizationPending,
            Self::DeviceRefused => Code::DeviceRefused,
            Self::NoHelpAddress => Code::NoHelpAddress,
            Self::RouteNotFound => Code::RouteNotFound,
            Self::MethodNotAllowed => Code::MethodNotAllowed,
            Self::TenantNotFound(_) => Code::TenantNotFound,
            Self::OrganisationNotFound(_) => Code::OrganisationNotFound,
            Self::MemberNotFound(_) => Code::MemberNotFound,
            Self::InvitationNotFound(_) => Code::InvitationNotFound,
            Self::ApiKeyNotFound(_) => Code::ApiKeyNotFound,
            Self::InvitationRefused => Code::InvitationRefused,
            Self::AlreadyAMember => Code::AlreadyAMember,
            Self::LastOwner => Code::LastOwner,
            Self::PersonalOrganisation => Code::PersonalOrganisation,
            Self::OrganisationNotEmpty(_) => Code::OrganisationNotEmpty,
            Self::DraftNotFound => Code::DraftNotFound,
            Self::DraftDeployed => Code::DraftDeployed,
            Self::StepTooEarly(_) => Code::StepTooEarly,
            Self::TermsNotInForce { .. } => Code::TermsNotInForce,
            Self::TooManyTenants { .. } => Code::TooManyTenants,
            Self::TooManyOrganisations { .. } => Code::TooManyOrganisations,
            Self::LogCursorGone => Code::LogCursorGone,
            Self::LogsUnavailable(_) => Code::LogsUnavailable,
            Self::TooManyViewers => Code::TooManyViewers,
            Self::Malformed(_) => Code::MalformedRequest,
            Self::UnsupportedMediaType => Code::UnsupportedMediaType,
            Self::BodyTooLarge(_) => Code::BodyTooLarge,
            Self::Invalid(_) => Code::InvalidRequest,
            Self::SubdomainTaken(_) => Code::SubdomainTaken,
            Self::SubdomainInQuarantine { .. } => Code::SubdomainInQuarantine,
            Self::SubdomainHeld { .. } => Code::SubdomainHeld,
            Self::ClaimRefused => Code::ClaimRefused,
            Self::CrossSite => Code::CrossSite,
            Self::WrongCredentials => Code::WrongCredentials,
            Self::SecondFactorRequired => Code::SecondFactorRequired,
            Self::SessionEnded => Code::SessionEnded,
            Self::WrongPassword => Code::WrongPassword,
            Self::PasswordRequired => Code::PasswordRequired,
            Self::WrongCode => Code::WrongCode,
            Self::LinkRefused => Code::LinkRefused,
            Self::SessionNotFound(_) => Code::SessionNotFound,
            Self::SecondFactorInUse => Code::SecondFactorInUse,
            Self::AccountNotEmpty => Code::OrganisationNotEmpty,
            Self::NoSecondFactor => Code::NoSecondFactor,
            Self::RateLimited { .. } => Code::RateLimited,
            Self::Busy => Code::Busy,
            Self::AlreadySetUp => Code::AlreadySetUp,
            Self::NoFirstRun(_) => Code::NoFirstRun,
            Self::Refused(refusal) => code::of(refusal),
            Self::GenerationConflict(_) => Code::GenerationConflict,
            Self::ConfirmationMismatch(_) => Code::ConfirmationMismatch,
            Self::IdempotencyInProgress => Code::IdempotencyInProgress,
            Self::IdempotencyAnswerLost => Code::IdempotencyAnswerLost,
            Self::IdempotencyMismatch => Code::IdempotencyMismatch,
            Self::NotReady(_) => Code::NotReady,
            Self::TimedOut => Code::TimedOut,
            Self::DatabaseUnavailable(_) => Code::DatabaseUnavailable,
            Self::Internal(_) => Code::Internal,
        }
    }

    fn problem(&self, instance: String, request_id: String) -> Problem {
        let code = self.code();
        Problem {
            kind: format!("/api/problems#{}", code.word()),
            title: code.title(),
            status: code.status().as_u16(),
            detail: self.to_string(),
            instance,
            code,
            request_id,
            errors: self.fields(),
        }
    }

    /// What is wrong with which part of the request.
    fn fields(&self) -> Vec<FieldError> {
        if let Self::Invalid(errors) = self {
            return errors.clone();
        }
        let confirmation = matches!(self, Self::ConfirmationMismatch(_));
        confirmation.then(|| FieldError::body(["confirmation"], self)).into_iter().collect()
    }

    fn log(&self) {
        if !self.code().status().is_server_error() {
            return;
        }
        let mut causes = String::new();
        let mut source = self.source();
        while let Some(cause) = source {
            causes += &format!("{}{cause}", if causes.is_empty() { "" } else { ": " });
            source = cause.source();
        }
        tracing::error!(code = self.code().word(), causes, "request failed: {self}");
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = self.code().status().into_response();
        let headers = response.headers_mut();
        if let Self::Unauthenticated(why) = &self {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(why.challenge()));
        }
        if self.code().status() == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
        }
        if let Self::RateLimited { retry_after } = &self {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(whole_seconds(*retry_after)));
        }
        response.extensions_mut().insert(Arc::new(self));
        response
    }
}

/// Writes the body of a response that carries an error.
pub(crate) async fn render(request: Request, next: Next) -> Response {
    let instance = request.uri().path().to_owned();
    let id = request.extensions().get::<RequestId>().map(ToString::to_string).unwrap_or_default();
    let mut response = next.run(request).await;
    let Some(error) = response.extensions_mut().remove::<Arc<ApiError>>() else { return response };
    error.log();
    let headers = std::mem::take(response.headers_mut());
    let problem = axum::Json(error.problem(instance, id));
    let mut rendered = (error.code().status(), problem).into_response();
    for (name, value) in &headers {
        if !matches!(*name, header::CONTENT_LENGTH | header::CONTENT_TYPE) {
            rendered.headers_mut().append(name, value.clone());
        }
    }
    rendered.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    rendered
}

impl From<StorageError> for ApiError {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::Unavailable { .. } => Self::DatabaseUnavailable(error),
            StorageError::Conflict { .. } | StorageError::Corrupt { .. } | StorageError::Other { .. } => {
                Self::Internal(error.into())
            }
        }
    }
}

impl From<Denied> for ApiError {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Unverified => Self::EmailNotVerified,
            Denied::Waiting => Self::AwaitingApproval,
            Denied::Role { .. } | Denied::Scope(_) | Denied::NoOrganisation => Self::Forbidden(denied.to_string()),
        }
    }
}

impl From<MembershipError> for ApiError {
    fn from(error: MembershipError) -> Self {
        let told = error.to_string();
        match error {
            MembershipError::NoOrganisation => Self::gone(),
            MembershipError::NotAMember => Self::MemberNotFound(told),
            MembershipError::LastOwner => Self::LastOwner,
            MembershipError::AboveYou { .. } => Self::Forbidden(told),
            MembershipError::Personal => Self::PersonalOrganisation,
            MembershipError::Storage(error) => error.into(),
        }
    }
}

impl From<InviteError> for ApiError {
    fn from(error: InviteError) -> Self {
        match error {
            InviteError::AlreadyAMember => Self::AlreadyAMember,
            InviteError::Membership(error) => error.into(),
        }
    }
}

impl From<CreateOrganisationError> for ApiError {
    fn from(error: CreateOrganisationError) -> Self {
        match error {
            CreateOrganisationError::TooMany { most } => Self::TooManyOrganisations { most },
            CreateOrganisationError::Storage(error) => error.into(),
        }
    }
}

impl From<DeleteOrganisationError> for ApiError {
    fn from(error: DeleteOrganisationError) -> Self {
        match error {
            DeleteOrganisationError::NotFound => Self::gone(),
            DeleteOrganisationError::Personal => Self::PersonalOrganisation,
            DeleteOrganisationError::NotEmpty(tenants) => Self::OrganisationNotEmpty(tenants),
            DeleteOrganisationError::Storage(error) => error.into(),
        }
    }
}

impl From<HashError> for ApiError {
    fn from(error: HashError) -> Self {
        match error {
            HashError::Busy => Self::Busy,
            HashError::Weak(words) => Self::invalid(FieldError::body(["password"], words)),
            HashError::Failed(_) | HashError::Died(_) | HashError::Corrupt(_) => Self::Internal(error.into()),
        }
    }
}

impl From<SecondFactorError> for ApiError {
    fn from(error: SecondFactorError) -> Self {
        match error {
            SecondFactorError::Storage(error) => error.into(),
            SecondFactorError::Sealed { .. } => Self::Internal(error.into()),
        }
    }
}

impl From<DeleteUserError> for ApiError {
    fn from(error: DeleteUserError) -> Self {
        match error {
            DeleteUserError::LastOwner => MembershipError::LastOwner.into(),
            DeleteUserError::NotEmpty => Self::AccountNotEmpty,
            DeleteUserError::Storage(error) => error.into(),
        }
    }
}

impl From<CreateTenantError> for ApiError {
    fn from(error: CreateTenantError) -> Self {
        match error {
            CreateTenantError::NoOrganisation => Self::gone(),
            CreateTenantError::TooMany { most } => Self::TooManyTenants { most },
            CreateTenantError::SubdomainTaken(subdomain) => Self::SubdomainTaken(subdomain),
            CreateTenantError::SubdomainInQuarantine { subdomain, until } => {
                Self::SubdomainInQuarantine { subdomain, until }
            }
            CreateTenantError::SubdomainHeld { subdomain, until } => Self::SubdomainHeld { subdomain, until },
            CreateTenantError::Storage(error) => error.into(),
        }
    }
}

impl From<ChangeError> for ApiError {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::NotFound => Self::TenantNotFound("it is gone since the request began".to_owned()),
            ChangeError::GenerationMismatch { current } => Self::GenerationConflict(current),
            ChangeError::Refused(refusal) => Self::Refused(refusal),
            ChangeError::TooMany { most } => Self::TooManyTenants { most },
            ChangeError::Storage(error) => error.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Both are read together, as `title: detail`.
    #[test]
    fn no_detail_says_its_title_again() {
        let at = DateTime::UNIX_EPOCH;
        let refusals = [
            Refusal::Destroyed,
            Refusal::BeingRemoved,
            Refusal::BeingDestroyed(at),
            Refusal::AlreadyBeingDestroyed(at),
            Refusal::Running,
            Refusal::Starting,
            Refusal::Stopped,
            Refusal::Stopping,
            Refusal::NotRunning,
            Refusal::NothingChanges,
            Refusal::NothingToGoBackTo,
            Refusal::NothingToRestore,
            Refusal::NothingInProgress,
            Refusal::NotBeingDestroyed,
        ];
        let others = [ApiError::WrongCredentials, ApiError::AlreadyAMember, MembershipError::NotAMember.into()];
        for error in refusals.into_iter().map(ApiError::Refused).chain(others) {
            let (title, detail) = (error.code().title().to_lowercase().replace("the tenant", "it"), error.to_string());
            assert!(!detail.to_lowercase().contains(&title), "{title}: {detail}");
        }
    }
}
