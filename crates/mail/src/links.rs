//! Where the links in letters lead.
//!
//! A token stands in the fragment: a browser sends that to nobody, so it is in no server's log and in no `Referer`. The page
//! takes it out of the address bar and exchanges it by POST.

use crate::token::Token;

/// The pages of one installation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Links {
    /// Without a slash at its end.
    public_url: String,
}

/// Not where people could reach anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected an http or https URL with nothing behind its path, as in `https://platform.example.net`")]
pub struct InvalidPublicUrl;

impl Links {
    /// # Errors
    /// [`InvalidPublicUrl`].
    pub fn new(public_url: &str) -> Result<Self, InvalidPublicUrl> {
        let rest = ["https://", "http://"].iter().find_map(|scheme| public_url.strip_prefix(scheme));
        let plain = |rest: &&str| {
            let odd = |letter: char| letter.is_control() || letter.is_whitespace() || "?#\"<>\\".contains(letter);
            !rest.is_empty() && !rest.starts_with('/') && !rest.contains(odd)
        };
        rest.filter(plain).ok_or(InvalidPublicUrl)?;
        Ok(Self { public_url: public_url.trim_end_matches('/').to_owned() })
    }

    /// The front page.
    pub(crate) fn home(&self) -> &str {
        &self.public_url
    }

    pub(crate) fn page(&self, page: Page) -> String {
        format!("{}{}", self.public_url, page.path())
    }

    /// Where a sign-up goes on.
    pub(crate) fn draft(&self, id: &str, token: &Token) -> String {
        format!("{}#draft={id}&token={}", self.page(Page::SignUp), token.expose())
    }

    pub(crate) fn with_token(&self, page: Page, token: &Token) -> String {
        format!("{}#token={}", self.page(page), token.expose())
    }
}

/// The dashboard's pages that letters lead to.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Page {
    VerifyEmail,
    ResetPassword,
    ForgotPassword,
    SignIn,
    Sessions,
    Security,
    Invitation,
    SignUp,
    Instances,
}

impl Page {
    const fn path(self) -> &'static str {
        match self {
            Self::VerifyEmail => "/verify-email",
            Self::ResetPassword => "/reset-password",
            Self::ForgotPassword => "/forgot-password",
            Self::SignIn => "/sign-in",
            Self::Sessions => "/account/sessions",
            Self::Security => "/account/security",
            Self::Invitation => "/invitation",
            Self::SignUp => "/sign-up",
            Self::Instances => "/instances",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_stands_in_the_fragment_and_nowhere_else() {
        let links = Links::new("https://platform.example.net/").unwrap();
        let token = Token::parse("abc").unwrap();
        assert_eq!(links.with_token(Page::VerifyEmail, &token), "https://platform.example.net/verify-email#token=abc");
        assert_eq!(links.draft("sgn_1", &token), "https://platform.example.net/sign-up#draft=sgn_1&token=abc");
    }

    #[test]
    fn only_a_place_people_can_reach_is_one() {
        for wrong in [
            "",
            "platform",
            "https://",
            "https:///x",
            "ftp://x",
            "javascript:alert(1)",
            "https://x/?a",
            "https://x#y",
            "https://x y",
        ] {
            assert!(Links::new(wrong).is_err(), "{wrong}");
        }
    }
}
