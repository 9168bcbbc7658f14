//! The platform's letters: what they say, and how they leave.
//!
//! A leaf: it knows no table and no route. Whoever wants to tell somebody something makes a [`Message`], keeps it until it is
//! sent (it is JSON, and holds tokens: seal it), and then has it rendered, composed and sent. Nothing is tried twice here;
//! [`SendError`] says whether trying again may help.
//!
//! | module | what it answers |
//! |---|---|
//! | [`message`] | what can be said, and what must be known to say it |
//! | [`kind`] | which letters there are, and which somebody may do without |
//! | [`links`] | where a link leads: tokens stand in the fragment, which no server and no log ever sees |
//! | [`letters`] | subject, text and HTML out of a message |
//! | [`letter`] | the bytes: headers and both bodies |
//! | [`transport`] | a server (SMTP), or a folder |
//!
//! Invariants:
//! - Nothing anybody typed ends a header's line: words lose their control characters before a template sees them, addresses
//!   are parsed, and what remains is encoded.
//! - Values are escaped in every HTML body; a template that names a value there is not fails a test.
//! - A letter has the same `Message-ID` however often it is sent, so that a mailbox may notice a second one.
//!
//! To add a message: a variant of [`Message`] and its [`Kind`], `templates/<kind>.txt` (its first line is the subject) and
//! `templates/<kind>.html`, a line in [`letters`], an example in `tests/it/examples.rs`, and `cargo insta review`.

mod address;
pub mod kind;
pub mod letter;
pub mod letters;
pub mod links;
pub mod message;
mod token;
pub mod transport;

pub use address::{Address, InvalidAddress, Sender};
pub use kind::Kind;
pub use letter::{Envelope, Letter};
pub use letters::{Letters, Rendered};
pub use links::{InvalidPublicUrl, Links};
pub use message::{Message, Origin};
pub use token::{InvalidToken, Token};
pub use transport::{Encryption, Folder, Login, SendError, Smtp, SmtpOptions, Transport};
