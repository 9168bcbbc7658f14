//! How people sign up.

use domain::Domain;
use domain::quantity::Span;
use domain::signup::SignupMode;

use super::section::section;
use super::value::{HttpUrl, List, TermsVersion};

section! {
    /// Signing up: who may, how long a draft lives, which terms are accepted, how many instances one person gets by themselves.
    pub(crate) struct Signup as "signup" {
        /// Who makes an account: `open`, everybody; `invitation`, who was invited to an organisation or by
        /// `frescod user invite`; `approval`, everybody, who then waits for `frescod user approve` before they can deploy;
        /// `closed`, nobody. No answer says who has an account or is invited: a letter to the address does.
        mode: SignupMode = default("open"),
        /// Domains whose addresses need no approval once they are verified. Not those below them.
        allowed_domains: List<Domain> = default("[]"),
        /// From a draft's last answer to its end; so long it holds its name.
        draft_lifetime: Span = default("1h") in Span::seconds(300)..=Span::seconds(604_800),
        /// Of the terms of use in force. Who has accepted another, in a draft or with their account, is asked again by the pages.
        terms_version: TermsVersion = default("1"),
        /// Where people who only want to test or to learn are pointed to.
        sandbox_url: Option<HttpUrl> = unset("https://fresco-sandbox.networkcanvas.com"),
        /// Instances that one person may have: those that they have had made, and all of organisations that they own. One that
        /// is to be destroyed doesn't count. The operator's keys are not bound.
        instances_per_person: u32 = default("3") in 1..=10_000,
        /// Organisations that one person may have made or own, beside their personal one.
        organisations_per_person: u32 = default("5") in 0..=10_000,
    }
}
