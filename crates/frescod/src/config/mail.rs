//! Letters to people.

use std::path::PathBuf;

use domain::Email;
use domain::quantity::Span;
use mail::Sender;

use super::secret::SecretFile;
use super::section::section;
use super::value::SmtpUrl;

section! {
    /// Letters to people: confirmations, invitations, new passwords. Their links lead to `server.public_url`.
    pub(crate) struct Mail as "mail" {
        /// The mail server: `smtp://HOST` speaks STARTTLS or not at all (port 587 if none is given), `smtps://HOST` speaks TLS
        /// from the first byte (465), `smtp+plain://127.0.0.1` speaks none, to this machine only (25). Without one letters are
        /// put into `folder`, and reach nobody.
        smtp_url: Option<SmtpUrl> = unset("smtp://mail.example.org"),
        /// File with what the server knows us by: `USER:PASSWORD`.
        login_file: Option<SecretFile> = unset("/etc/frescod/secrets/smtp-login"),
        /// Certificate (PEM) of an authority that is trusted beside the machine's own.
        authority_file: Option<PathBuf> = unset("/etc/frescod/smtp-authority.pem"),
        /// In whose name letters are written. Needed with `smtp_url`.
        from: Option<Sender> = unset("Fresco <no-reply@example.org>"),
        /// Whom the help page's form writes to; without one there is no form.
        help_address: Option<Email> = unset("help@example.org"),
        /// Where letters are put without a mail server, one `.eml` each.
        folder: PathBuf = default("/var/lib/frescod-mail"),
        /// How long the server may take to let us in, and for each letter.
        timeout: Span = default("30s") in Span::seconds(1)..=Span::seconds(300),
        /// A letter that was not sent is tried again after so long, then after twice that, and so on.
        backoff_first: Span = default("15s") in Span::seconds(1)..=Span::seconds(3600),
        /// The longest of these waits.
        backoff_most: Span = default("1h") in Span::seconds(1)..=Span::seconds(86_400),
        /// When a letter is given up that nobody took; `frescod mail retry` tries it again.
        give_up_after: Span = default("48h") in Span::seconds(60)..=Span::seconds(2_592_000),
        /// How long `frescod mail list` shows what was sent or given up.
        keep: Span = default("30days") in Span::seconds(60)..=Span::seconds(31_536_000),
    }
}
