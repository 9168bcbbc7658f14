//! A mail server.
//!
//! One connection, kept while it is used: whoever sends takes it out, and puts it back only after the server has taken the
//! letter. One that was left in the middle of something (a time-out, a refusal, a caller who went away) is dropped, so
//! nobody ever reads an answer meant for somebody else.

use std::fmt;
use std::time::Duration;

use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::ClientId;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

use super::SendError;
use crate::letter::Letter;

/// How what is said is kept from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encryption {
    /// From the first byte on; usually port 465.
    Implicit,
    /// After a greeting in the clear, and not without; usually port 587.
    StartTls,
    /// Not at all: for a server on this machine.
    None,
}

/// What the server knows us by.
#[derive(Clone)]
pub struct Login {
    pub user: String,
    pub password: SecretString,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").field("user", &self.user).finish_non_exhaustive()
    }
}

/// Which server, and how long it may take.
#[derive(Clone, Debug)]
pub struct SmtpOptions {
    pub host: String,
    pub port: u16,
    pub encryption: Encryption,
    pub login: Option<Login>,
    /// How we introduce ourselves: a host's name.
    pub hello: String,
    /// For connecting, TLS and login together, and for each letter.
    pub timeout: Duration,
    /// A connection that rested longer is not used again.
    pub idle: Duration,
    /// PEM of an authority that is trusted beside the machine's own.
    pub authority: Option<Vec<u8>>,
}

/// A way to one server.
pub struct Smtp {
    options: SmtpOptions,
    resting: Mutex<Option<Box<Resting>>>,
}

struct Resting {
    connection: AsyncSmtpConnection,
    since: Instant,
}

impl fmt::Debug for Smtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Smtp").field("options", &self.options).finish_non_exhaustive()
    }
}

impl Smtp {
    /// Connects to nobody yet.
    #[must_use]
    pub fn new(options: SmtpOptions) -> Self {
        Self { options, resting: Mutex::default() }
    }

    pub(super) async fn send(&self, letter: &Letter) -> Result<(), SendError> {
        let mut connection = match self.rested().await {
            Some(connection) => connection,
            None => self.connect().await?,
        };
        let handed_over = timeout(self.options.timeout, self.hand_over(&mut connection, letter)).await;
        handed_over.unwrap_or_else(|_| Err(self.late("has not taken the letter")))?;
        *self.resting.lock().await = Some(Box::new(Resting { connection, since: Instant::now() }));
        Ok(())
    }

    /// The commands one by one: a refusal means something else at each of them.
    async fn hand_over(&self, connection: &mut AsyncSmtpConnection, letter: &Letter) -> Result<(), SendError> {
        let sender = connection.command(Mail::new(letter.envelope.from().cloned(), vec![])).await;
        // Our login, our address or our host is not right: no fault of the letter's.
        sender.map_err(|error| SendError::Transient(self.words("refuses our sender", &error)))?;
        for to in letter.envelope.to() {
            let recipient = connection.command(Rcpt::new(to.clone(), vec![])).await;
            recipient.map_err(|error| self.told("refuses the recipient", &error))?;
        }
        let data = connection.command(Data).await;
        data.map_err(|error| self.told("refuses the letter", &error))?;
        let taken = connection.message(letter.bytes()).await;
        taken.map_err(|error| self.told("refuses the letter", &error))?;
        Ok(())
    }

    pub(super) async fn check(&self) -> Result<String, SendError> {
        let mut connection = self.connect().await?;
        let encrypted = if connection.is_encrypted() { "over TLS" } else { "unencrypted" };
        let login =
            self.options.login.as_ref().map_or("without a login".to_owned(), |login| format!("as {}", login.user));
        self.leave(&mut connection).await;
        Ok(format!("{}:{} takes letters {encrypted}, {login}", self.options.host, self.options.port))
    }

    pub(super) async fn close(&self) {
        let resting = self.resting.lock().await.take();
        if let Some(mut resting) = resting {
            self.leave(&mut resting.connection).await;
        }
    }

    /// Politely, if the server listens.
    async fn leave(&self, connection: &mut AsyncSmtpConnection) {
        drop(timeout(self.options.timeout.min(Duration::from_secs(2)), connection.quit()).await);
    }

    /// The connection of the last letter, if the server has not ended it since.
    async fn rested(&self) -> Option<AsyncSmtpConnection> {
        let Resting { mut connection, since } = *self.resting.lock().await.take()?;
        if since.elapsed() > self.options.idle {
            self.leave(&mut connection).await;
            return None;
        }
        let answers = timeout(self.options.timeout, connection.test_connected()).await;
        answers.unwrap_or_default().then_some(connection)
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, SendError> {
        timeout(self.options.timeout, self.introduce()).await.unwrap_or_else(|_| Err(self.late("has not let us in")))
    }

    /// Connects, encrypts, logs in.
    async fn introduce(&self) -> Result<AsyncSmtpConnection, SendError> {
        let options = &self.options;
        let hello = ClientId::Domain(options.hello.clone());
        let server = (options.host.as_str(), options.port);
        let implicit = if options.encryption == Encryption::Implicit { Some(self.tls()?) } else { None };
        let connected = AsyncSmtpConnection::connect_tokio1(server, None, &hello, implicit, None).await;
        let mut connection = connected.map_err(|error| self.told("can't be reached", &error))?;
        if options.encryption == Encryption::StartTls {
            if !connection.can_starttls() {
                return Err(SendError::Transient(format!("{} offers no STARTTLS: nothing is said to it", self.name())));
            }
            let encrypted = connection.starttls(self.tls()?, &hello).await;
            encrypted.map_err(|error| self.told("can't be spoken to over TLS", &error))?;
        }
        if let Some(login) = &options.login {
            let credentials = Credentials::new(login.user.clone(), login.password.expose_secret().to_owned());
            let let_in = connection.auth(&[Mechanism::Plain, Mechanism::Login], &credentials).await;
            // Whoever mends the password wants the waiting letters sent.
            let_in.map_err(|error| SendError::Transient(self.words("does not let us in", &error)))?;
        }
        Ok(connection)
    }

    fn tls(&self) -> Result<TlsParameters, SendError> {
        let unusable = |error| SendError::Transient(self.words("can't be spoken to over TLS", &error));
        let mut parameters = TlsParameters::builder(self.options.host.clone());
        if let Some(pem) = &self.options.authority {
            parameters = parameters.add_root_certificate(Certificate::from_pem(pem).map_err(unusable)?);
        }
        parameters.build().map_err(unusable)
    }

    fn name(&self) -> String {
        format!("the mail server {}:{}", self.options.host, self.options.port)
    }

    fn late(&self, what: &str) -> SendError {
        SendError::Transient(format!("{} {what} within {:?}", self.name(), self.options.timeout))
    }

    /// 5xx is for good. Whatever else went wrong may be better another time.
    fn told(&self, what: &str, error: &lettre::transport::smtp::Error) -> SendError {
        let words = self.words(what, error);
        if error.is_permanent() { SendError::Permanent(words) } else { SendError::Transient(words) }
    }

    fn words(&self, what: &str, error: &lettre::transport::smtp::Error) -> String {
        let mut words = format!("{} {what}: {error}", self.name());
        let mut source = std::error::Error::source(error);
        while let Some(cause) = source {
            let cause_words = cause.to_string();
            if !words.contains(&cause_words) {
                words += &format!(": {cause_words}");
            }
            source = cause.source();
        }
        words.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).take(500).collect()
    }
}
