//! Sends what waits, one letter after the other.

use std::sync::Arc;
use std::time::Duration;

use domain::entropy::random;
use domain::{Clock, Entropy};
use mail::{Address, Envelope, Letter, Letters, Message, Rendered, SendError, Sender, Transport};
use secrecy::ExposeSecret;
use storage::{Bell, Doorbell, DueMail, Keyring, KeyringError, LeaseOwner, MailOutcome, StorageError, Store};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::MailPace;

/// How long a letter under way is waited for when the process is asked to end.
const GRACE: Duration = Duration::from_secs(5);
const PRUNE: Duration = Duration::from_secs(3600);

/// Told of each letter that has left: `frescod dev` shows it. Whoever else does so puts links into a log.
pub type Announce = fn(recipient: &str, letter: &Rendered);

/// Everything it works with.
#[derive(Debug)]
pub struct PostmanParts {
    /// As the API's role.
    pub store: Store,
    /// The API's own.
    pub keyring: Keyring,
    pub letters: Letters,
    pub sender: Sender,
    pub transport: Transport,
    pub pace: MailPace,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    pub announce: Option<Announce>,
}

/// Sends what waits.
#[derive(Debug)]
pub struct Postman {
    parts: PostmanParts,
    owner: LeaseOwner,
}

/// Why a letter was not sent this time.
enum Unsent {
    Later(String),
    Never(String),
}

impl Postman {
    #[must_use]
    pub fn new(parts: PostmanParts) -> Self {
        let owner = LeaseOwner(uuid::Builder::from_random_bytes(random(&*parts.entropy)).into_uuid());
        Self { parts, owner }
    }

    /// Until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        let mut bell = Doorbell::listen(&self.parts.store, Bell::Mail);
        let mut prune_at = Instant::now();
        while !stop.is_cancelled() {
            if Instant::now() >= prune_at {
                self.prune().await;
                prune_at = Instant::now() + PRUNE;
            }
            let rest = match self.deliver(&stop).await {
                Ok(rest) => rest,
                Err(error) => {
                    tracing::warn!(%error, "letters wait, because the database doesn't answer");
                    self.parts.pace.backoff_first.min(self.parts.pace.period)
                }
            };
            tokio::select! {
                () = stop.cancelled() => {}
                _ = bell.rung() => {}
                () = sleep(rest) => {}
            }
        }
        self.parts.transport.close().await;
    }

    /// Everything that is due; how long there is nothing to do then.
    async fn deliver(&self, stop: &CancellationToken) -> Result<Duration, StorageError> {
        let PostmanParts { store, pace, .. } = &self.parts;
        while !stop.is_cancelled() {
            let Some(due) = store.claim_mail(self.owner, pace.lease).await? else { break };
            tokio::select! {
                sent = self.send(&due) => self.note(&due, sent).await?,
                () = ended(stop) => store.release_mail(&due).await?,
            }
        }
        let next = store.next_mail_in().await?.unwrap_or(pace.period);
        // Somebody else may hold what is due.
        Ok(next.clamp(Duration::from_millis(100).min(pace.period), pace.period))
    }

    /// One attempt.
    async fn send(&self, due: &DueMail) -> Result<(), Unsent> {
        let now = self.parts.clock.now();
        if due.expires_at.is_some_and(|at| at <= now) {
            return Err(Unsent::Never("its link has expired, so nobody needs it any more".to_owned()));
        }
        let content = due.open(&self.parts.keyring).map_err(|error| {
            let mendable = matches!(error, KeyringError::UnknownKey(_));
            if mendable { Unsent::Later(error.to_string()) } else { Unsent::Never(error.to_string()) }
        })?;
        // Nothing of the content is repeated. A newer program may have written it.
        let message = Message::from_json(content.expose_secret())
            .map_err(|_| Unsent::Later("this version of the program can't read it".to_owned()))?;
        let to = Address::parse(&due.recipient).map_err(|error| Unsent::Never(error.to_string()))?;
        let rendered = self.parts.letters.render(&message);
        let envelope = Envelope { id: format!("mail_{}", due.id.simple()), to, at: due.created_at };
        let letter = Letter::compose(&self.parts.sender, &envelope, &rendered);
        self.parts.transport.send(&letter).await.map_err(|error| match error {
            SendError::Transient(why) => Unsent::Later(why),
            SendError::Permanent(why) => Unsent::Never(why),
        })?;
        if let Some(announce) = self.parts.announce {
            announce(&due.recipient, &rendered);
        }
        Ok(())
    }

    /// Writes down what came of it.
    async fn note(&self, due: &DueMail, sent: Result<(), Unsent>) -> Result<(), StorageError> {
        let PostmanParts { store, pace, clock, entropy, .. } = &self.parts;
        let now = clock.now();
        let again = pace.again(due.attempts, (due.created_at, now), &**entropy);
        let outcome = match (&sent, again) {
            (Ok(()), _) => MailOutcome::Sent,
            (Err(Unsent::Later(why)), Some(after)) => MailOutcome::Later(why, after),
            (Err(Unsent::Later(why) | Unsent::Never(why)), _) => MailOutcome::GivenUp(why),
        };
        let (id, kind, attempts) = (due.id, &due.kind, due.attempts);
        match outcome {
            MailOutcome::Sent => tracing::info!(mail.id = %id, kind, attempts, "letter sent"),
            MailOutcome::Later(why, after) => {
                tracing::warn!(mail.id = %id, kind, attempts, why, ?after, "letter not sent yet");
            }
            MailOutcome::GivenUp(why) => {
                tracing::error!(mail.id = %id, kind, attempts, why, "letter given up; `frescod mail retry` tries it again");
            }
        }
        if !store.finish_mail(due, outcome, now).await? {
            tracing::warn!(mail.id = %id, "the letter took longer than its lease; somebody else may have sent it too");
        }
        Ok(())
    }

    async fn prune(&self) {
        let PostmanParts { store, pace, clock, .. } = &self.parts;
        let keep = chrono::TimeDelta::from_std(pace.keep).unwrap_or(chrono::TimeDelta::MAX);
        let Some(before) = clock.now().checked_sub_signed(keep) else { return };
        match store.prune_mails(before).await {
            Ok(0) => {}
            Ok(count) => tracing::debug!(count, "old letters are forgotten"),
            Err(error) => tracing::warn!(%error, "old letters can't be forgotten"),
        }
    }
}

/// A while after the process was asked to end.
async fn ended(stop: &CancellationToken) {
    stop.cancelled().await;
    sleep(GRACE).await;
}
