//! Accounts: passwords, sessions, and the key that seals what proves who somebody is.

use domain::quantity::{Bytes, Span};

use super::secret::SecretFile;
use super::section::section;

section! {
    /// Accounts: how passwords are kept, how long people stay logged in.
    pub(crate) struct Auth as "auth" {
        /// File with the keys that seal what the API alone opens (the signing keys of sessions, people's second factors,
        /// letters that wait to be sent), one a line: `ID:HEX`, as
        /// `frescod sealing-key create` makes it; the first seals, all open. Not the key of tenants' secrets: this one is
        /// the API's. Without it everybody logs in anew, and second factors must be reset. The worker does without.
        key_file: Option<SecretFile> = required("/etc/frescod/secrets/auth-key"),
        /// Memory that hashing one password takes (argon2id). Kept hashes are made anew at their owner's next log-in.
        password_memory: Bytes = default("19MiB") in Bytes::mib(7)..=Bytes::mib(1024),
        /// How often that memory is passed over.
        password_passes: u32 = default("2") in 1..=100,
        /// Passwords hashed at once, each on a core of its own; log-ins take no more of the machine than that.
        password_threads: usize = default("1") in 1..=64,
        /// Log-ins that wait for their turn; more are asked to come again.
        password_queue: usize = default("64") in 0..=10_000,
        /// How long an access token is good. It is renewed without its owner's doing.
        access_lifetime: Span = default("10m") in Span::seconds(60)..=Span::seconds(3600),
        /// How long somebody stays logged in who does nothing, and has not asked to be remembered.
        session_lifetime: Span = default("12h") in Span::seconds(3600)..=Span::seconds(2_592_000),
        /// The same for who has.
        remembered_lifetime: Span = default("30days") in Span::seconds(3600)..=Span::seconds(31_536_000),
        /// How long a key signs access tokens until a new one takes its place.
        signing_key_period: Span = default("30days") in Span::seconds(3600)..=Span::seconds(31_536_000),
        /// How long the link is good that shows that somebody reads the mail sent to their address.
        verification_lifetime: Span = default("1day") in Span::seconds(300)..=Span::seconds(2_592_000),
        /// How long the link is good with which somebody chooses a new password.
        reset_lifetime: Span = default("1h") in Span::seconds(300)..=Span::seconds(86_400),
        /// How long sessions that have ended, and refresh tokens that were used, are kept: so long a sign-in from a browser is known
        /// as one of before, and a stolen token that comes a second time as stolen.
        keep_ended: Span = default("30days") in Span::seconds(86_400)..=Span::seconds(31_536_000),
        /// How long the codes of `frescod login` are good.
        device_code_lifetime: Span = default("10m") in Span::seconds(60)..=Span::seconds(3600),
        /// How long the key is good that it gets.
        device_key_lifetime: Span = default("90days") in Span::seconds(3600)..=Span::seconds(31_536_000),
    }
}
