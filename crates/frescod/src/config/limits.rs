//! How often somebody may ask.

use domain::Quota;

use super::section::section;

section! {
    /// How often somebody may ask, each as `TIMES/TIME`: so often at once, and as much again in that time. Who asks more is
    /// told when to come again. Operators are not limited.
    pub(crate) struct Limits as "limits" {
        /// Requests of one user or API key.
        user: Quota = default("600/1m"),
        /// Requests of one organisation, its members and keys together.
        organisation: Quota = default("3000/1m"),
        /// Requests from one address that don't say who asks. Behind a proxy that is none of `server.trusted_proxies`,
        /// everybody has its address.
        address: Quota = default("120/1m"),
        /// Attempts to log in to one account, from wherever.
        login: Quota = default("10/15m"),
        /// Attempts to log in from one address, to whatever account.
        login_address: Quota = default("60/15m"),
        /// Mails that strangers can have sent to one address.
        mail: Quota = default("5/1h"),
        /// Mails that can be had sent from one address, to whomever.
        mail_address: Quota = default("20/1h"),
        /// New instances of one organisation.
        deploy: Quota = default("20/1h"),
        /// Sign-ups that are begun from one address, each with a mail.
        draft: Quota = default("30/1h"),
    }
}
