//! The stable codes of problems: what a program may rely on. `docs/api/problems.md` explains each; a test compares.

use axum::http::StatusCode;
use domain::tenant::Refusal;
use serde::Serialize;
use utoipa::ToSchema;

macro_rules! codes {
    ($($variant:ident = $status:ident, $title:literal;)+) => {
        /// A stable word for what went wrong.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        #[schema(as = ProblemCode)]
        pub enum Code {
            $($variant,)+
        }

        impl Code {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The status it is sent with.
            #[must_use]
            pub const fn status(self) -> StatusCode {
                match self {
                    $(Self::$variant => StatusCode::$status,)+
                }
            }

            /// The same in a few words, for people.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self {
                    $(Self::$variant => $title,)+
                }
            }
        }
    };
}

codes! {
    MalformedRequest = BAD_REQUEST, "The request can't be read";
    Unauthenticated = UNAUTHORIZED, "Who is asking is not known";
    Forbidden = FORBIDDEN, "You may not do this";
    WrongCredentials = UNAUTHORIZED, "Address, password or code is wrong";
    SecondFactorRequired = UNAUTHORIZED, "The second factor is missing";
    SessionEnded = UNAUTHORIZED, "The session has ended";
    RouteNotFound = NOT_FOUND, "There is nothing at this address";
    TenantNotFound = NOT_FOUND, "There is no such tenant";
    OrganisationNotFound = NOT_FOUND, "There is no such organisation";
    MemberNotFound = NOT_FOUND, "There is no such member";
    InvitationNotFound = NOT_FOUND, "There is no such invitation";
    ApiKeyNotFound = NOT_FOUND, "There is no such key";
    NoHelpAddress = NOT_FOUND, "There is nobody to write to";
    SessionNotFound = NOT_FOUND, "There is no such session";
    LogCursorGone = GONE, "The line is not kept any more";
    MethodNotAllowed = METHOD_NOT_ALLOWED, "This address doesn't take this method";
    WrongPassword = FORBIDDEN, "The password is wrong";
    PasswordRequired = FORBIDDEN, "Show that the account is yours";
    WrongCode = FORBIDDEN, "The code is wrong";
    LinkRefused = FORBIDDEN, "The link is not good";
    EmailNotVerified = FORBIDDEN, "The address is not verified";
    AwaitingApproval = FORBIDDEN, "The account waits for the operator";
    SignupClosed = FORBIDDEN, "Nobody makes an account here";
    AuthorizationPending = BAD_REQUEST, "Nobody has answered yet";
    DeviceRefused = FORBIDDEN, "The code is not good";
    CrossSite = FORBIDDEN, "Another site has made this request";
    ClaimRefused = FORBIDDEN, "The claim link is not good";
    InvitationRefused = FORBIDDEN, "The invitation is not good";
    SubdomainTaken = CONFLICT, "The subdomain is taken";
    SubdomainInQuarantine = CONFLICT, "The subdomain is not given out again yet";
    SecondFactorInUse = CONFLICT, "There is a second factor already";
    NoSecondFactor = CONFLICT, "There is no second factor";
    DraftNotFound = NOT_FOUND, "There is no such draft";
    DraftDeployed = CONFLICT, "The draft was deployed";
    StepTooEarly = CONFLICT, "Another step comes first";
    TermsNotInForce = CONFLICT, "These terms are not in force";
    TooManyTenants = CONFLICT, "There are too many instances";
    TooManyOrganisations = CONFLICT, "There are too many organisations";
    SubdomainHeld = CONFLICT, "The subdomain is held for somebody else";
    AlreadyDestroyed = CONFLICT, "The tenant is destroyed, or being destroyed";
    AlreadySetUp = CONFLICT, "The instance is set up already";
    NoFirstRun = CONFLICT, "The app has no first-run set-up";
    BeingDestroyed = CONFLICT, "The tenant is being destroyed";
    BeingRemoved = CONFLICT, "The tenant's removal has begun";
    NotBeingDestroyed = CONFLICT, "The tenant is not being destroyed";
    AlreadyRunning = CONFLICT, "The tenant runs, or is about to";
    AlreadyStopped = CONFLICT, "The tenant is stopped, or about to be";
    NotRunning = CONFLICT, "The tenant is stopped";
    NothingToChange = CONFLICT, "That is how the tenant is";
    NothingToRollBackTo = CONFLICT, "There is nothing to go back to";
    NothingToRestore = CONFLICT, "No release came after what it goes back to";
    NothingInProgress = CONFLICT, "Nothing is in progress";
    AlreadyAMember = CONFLICT, "Who has this address is a member";
    LastOwner = CONFLICT, "An organisation keeps an owner";
    PersonalOrganisation = CONFLICT, "A personal organisation stays with its owner";
    OrganisationNotEmpty = CONFLICT, "The organisation has tenants";
    IdempotencyInProgress = CONFLICT, "The same request is under way";
    IdempotencyAnswerLost = CONFLICT, "It was done, and its answer is lost";
    GenerationConflict = PRECONDITION_FAILED, "Somebody else has changed the tenant";
    BodyTooLarge = PAYLOAD_TOO_LARGE, "The body is too large";
    UnsupportedMediaType = UNSUPPORTED_MEDIA_TYPE, "The body is not JSON";
    InvalidRequest = UNPROCESSABLE_ENTITY, "Something in the request is not right";
    ConfirmationMismatch = UNPROCESSABLE_ENTITY, "The confirmation is not the tenant's subdomain";
    IdempotencyMismatch = UNPROCESSABLE_ENTITY, "The key was used for another request";
    RateLimited = TOO_MANY_REQUESTS, "That was too often";
    Internal = INTERNAL_SERVER_ERROR, "The platform failed";
    DatabaseUnavailable = SERVICE_UNAVAILABLE, "The platform's database doesn't answer";
    Busy = SERVICE_UNAVAILABLE, "Too many people are logging in at once";
    LogsUnavailable = SERVICE_UNAVAILABLE, "The logs can't be read now";
    TooManyViewers = SERVICE_UNAVAILABLE, "Too many watch at once";
    NotReady = SERVICE_UNAVAILABLE, "The platform can't work yet";
    TimedOut = SERVICE_UNAVAILABLE, "The request took too long";
}

/// The code of a refusal.
pub(super) const fn of(refusal: &Refusal) -> Code {
    match refusal {
        Refusal::Destroyed | Refusal::AlreadyBeingDestroyed(_) => Code::AlreadyDestroyed,
        Refusal::BeingRemoved => Code::BeingRemoved,
        Refusal::BeingDestroyed(_) => Code::BeingDestroyed,
        Refusal::Running | Refusal::Starting => Code::AlreadyRunning,
        Refusal::Stopped | Refusal::Stopping => Code::AlreadyStopped,
        Refusal::NotRunning => Code::NotRunning,
        Refusal::NothingChanges => Code::NothingToChange,
        Refusal::NothingToGoBackTo => Code::NothingToRollBackTo,
        Refusal::NothingToRestore => Code::NothingToRestore,
        Refusal::NothingInProgress => Code::NothingInProgress,
        Refusal::NotBeingDestroyed => Code::NotBeingDestroyed,
    }
}

impl Code {
    /// As it is sent.
    ///
    /// # Panics
    /// Never: a unit variant is a word.
    #[must_use]
    pub fn word(self) -> String {
        match serde_json::to_value(self) {
            Ok(serde_json::Value::String(word)) => word,
            other => panic!("a unit variant is a word, not {other:?}"),
        }
    }
}
