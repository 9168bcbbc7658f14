//! Which letters there are, and which of them their readers may do without.
//!
//! What is about somebody's way into their account, or has happened to it, is always sent: a letter that can be switched off is one
//! that a thief switches off first.

macro_rules! kinds {
    ($($variant:ident = $word:literal, $need:ident, $about:literal;)+) => {
        /// What a letter is about.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Kind {
            $(#[doc = $about] $variant,)+
        }

        impl Kind {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// A stable word: part of the templates' names, of preferences, and what the operator's list shows.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }

            /// For whoever chooses, in a few words.
            #[must_use]
            pub const fn about(self) -> &'static str {
                match self {
                    $(Self::$variant => $about,)+
                }
            }

            /// For whom it is, and whether they must have it.
            const fn need(self) -> Need {
                match self {
                    $(Self::$variant => Need::$need,)+
                }
            }
        }
    };
}

#[derive(Clone, Copy)]
enum Need {
    Security,
    Optional,
    /// For whoever runs the installation.
    Operator,
}

kinds! {
    VerifyEmail = "verify_email", Security, "Asks whether an address is yours";
    AlreadyRegistered = "already_registered", Security, "Somebody signed up with your address";
    ResetPassword = "reset_password", Security, "Lets you choose a new password";
    NoAccount = "no_account", Security, "Somebody asked for a new password where there is no account";
    PasswordChanged = "password_changed", Security, "Your password was changed";
    TwoFactorChanged = "two_factor_changed", Security, "Your second factor was begun or ended";
    TwoFactorReset = "two_factor_reset", Security, "The operator took your second factor off";
    NewSignIn = "new_sign_in", Security, "Somebody signed in from a browser that was not seen before";
    Invitation = "invitation", Optional, "Invites you to an organisation";
    ContinueSignUp = "continue_sign_up", Optional, "Leads back to a sign-up that was begun with your address";
    InstanceReady = "instance_ready", Optional, "An instance that you had made runs for the first time";
    AccountDeleted = "account_deleted", Security, "Your account has ended";
    NotInvited = "not_invited", Security, "Somebody signed up with your address where that takes an invitation";
    SignUpInvitation = "sign_up_invitation", Security, "Lets you make an account";
    AccountApproved = "account_approved", Optional, "The operator has let you in";
    HelpWanted = "help_wanted", Operator, "Somebody has written on the help page";
}

impl Kind {
    /// Whether its reader may do without it.
    #[must_use]
    pub const fn is_optional(self) -> bool {
        match self.need() {
            Need::Optional => true,
            Need::Security | Need::Operator => false,
        }
    }

    /// Whether it goes to accounts, or to somebody who may come to have one.
    #[must_use]
    pub const fn is_for_people(self) -> bool {
        !matches!(self.need(), Need::Operator)
    }
}
