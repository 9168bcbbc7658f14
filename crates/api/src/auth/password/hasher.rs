//! argon2id, off the threads that serve requests.
//!
//! A hash costs tens of milliseconds of a core and megabytes of memory on purpose, so whoever logs in could take all of
//! both. [`PasswordSettings::at_once`] hashes are made at a time; [`PasswordSettings::waiting`] more wait for their turn,
//! in order; who comes then is told to come again. A caller who goes away gives up their place in the queue, but a hash
//! that has begun keeps its place until it is done: it can't be stopped.

use std::sync::Arc;

use argon2::password_hash::phc;
use argon2::{Algorithm, Argon2, Params, Version, password_hash};
use domain::Entropy;
use domain::entropy::random;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Password;
use super::memory::{Memory, Spare};
use super::strength::judge;

const HASH_LENGTH: usize = 32;
const SALT_LENGTH: usize = 16;

/// What a hash costs, and how many may be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordSettings {
    /// In KiB.
    pub memory: u32,
    pub passes: u32,
    pub lanes: u32,
    /// Hashes made at once, each on a thread of its own.
    pub at_once: usize,
    /// Further ones that wait for their turn; more are refused.
    pub waiting: usize,
}

impl Default for PasswordSettings {
    fn default() -> Self {
        Self { memory: 19 << 10, passes: 2, lanes: 1, at_once: 1, waiting: 64 }
    }
}

/// Settings that argon2 can't work with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("argon2id can't be used with {0:?}: {1}")]
pub struct InvalidPasswordSettings(PasswordSettings, argon2::Error);

/// Why there is no hash.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HashError {
    /// As many wait as may.
    #[error("too many people are logging in at once")]
    Busy,
    /// It is too easy to guess; in words for who chose it.
    #[error("{0}")]
    Weak(String),
    #[error("a password could not be hashed")]
    Failed(#[from] argon2::Error),
    #[error("the thread that made a hash died")]
    Died(#[from] tokio::task::JoinError),
    #[error("a kept hash is none of argon2id's: restore the row from a backup, or let its owner reset the password")]
    Corrupt(#[from] password_hash::Error),
}

/// A hash fit for a column: argon2id in the PHC format, parameters and salt in it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct PasswordHash(String);

impl PasswordHash {
    /// As a column holds it.
    pub(crate) const fn from_column(text: String) -> Self {
        Self(text)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordHash")
    }
}

/// What a comparison has found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Wrong,
    /// The same password hashed anew, if the kept hash was made with other parameters than those in force.
    Right {
        fresh: Option<PasswordHash>,
    },
}

/// Makes and compares hashes. Clones share the bounds.
#[derive(Clone, Debug)]
pub(crate) struct Passwords {
    argon2: Argon2<'static>,
    /// Places in front of and in [`Self::threads`].
    queue: Arc<Semaphore>,
    threads: Arc<Semaphore>,
    settings: PasswordSettings,
    spare: Spare,
    /// No password has this hash. Whoever has none is compared with it.
    nobody: PasswordHash,
    entropy: Arc<dyn Entropy>,
}

impl Passwords {
    /// # Errors
    /// [`InvalidPasswordSettings`].
    pub(crate) fn new(settings: PasswordSettings, entropy: Arc<dyn Entropy>) -> Result<Self, InvalidPasswordSettings> {
        let PasswordSettings { memory, passes, lanes, at_once, waiting } = settings;
        let invalid = |error| InvalidPasswordSettings(settings, error);
        let params = Params::new(memory, passes, lanes, Some(HASH_LENGTH)).map_err(invalid)?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        Ok(Self {
            nobody: nobody(argon2.params(), &*entropy),
            argon2,
            queue: Arc::new(Semaphore::new(at_once + waiting)),
            threads: Arc::new(Semaphore::new(at_once)),
            settings,
            spare: Spare::default(),
            entropy,
        })
    }

    /// A hash to keep of a password that somebody chooses, of whom this is known: their address, their name. To judge
    /// one may take as long as to hash it.
    pub(crate) async fn choose(&self, password: Password, known: Vec<String>) -> Result<PasswordHash, HashError> {
        let this = self.clone();
        self.in_turn(move |memory| {
            judge(&password, &known).check().map_err(HashError::Weak)?;
            this.make(&password, memory)
        })
        .await
    }

    /// Whether it is the password with this hash. Without one the answer is no, and takes as long.
    pub(crate) async fn verify(&self, password: Password, kept: Option<PasswordHash>) -> Result<Verdict, HashError> {
        let this = self.clone();
        self.in_turn(move |memory| this.compare(&password, kept.as_ref(), memory)).await
    }

    /// Runs it on a thread for what blocks, once it is its turn.
    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Memory) -> Result<T, HashError> + Send + 'static,
    ) -> Result<T, HashError> {
        let place = Arc::clone(&self.queue).try_acquire_owned().map_err(|_| HashError::Busy)?;
        let thread = Arc::clone(&self.threads).acquire_owned().await.expect("the semaphore is never closed");
        let held: [OwnedSemaphorePermit; 2] = [place, thread];
        let this = self.clone();
        tokio::task::spawn_blocking(move || {
            let mut memory = this.spare.take();
            let done = work(&mut memory);
            if this.somebody_waits() {
                this.spare.leave(memory);
            } else {
                drop(memory);
                this.spare.give_back();
            }
            drop(held);
            done
        })
        .await?
    }

    /// Whether more places are taken than those of hashes being made.
    fn somebody_waits(&self) -> bool {
        let PasswordSettings { at_once, waiting, .. } = self.settings;
        let taken = (at_once + waiting).saturating_sub(self.queue.available_permits());
        taken > at_once.saturating_sub(self.threads.available_permits())
    }

    fn make(&self, password: &Password, memory: &mut Memory) -> Result<PasswordHash, HashError> {
        let salt: [u8; SALT_LENGTH] = random(&*self.entropy);
        let output = output(&self.argon2, (password, &salt), memory)?;
        Ok(written(self.argon2.params(), &salt, output))
    }

    fn compare(
        &self,
        password: &Password,
        kept: Option<&PasswordHash>,
        memory: &mut Memory,
    ) -> Result<Verdict, HashError> {
        let parsed =
            phc::PasswordHash::new(kept.unwrap_or(&self.nobody).as_str()).map_err(password_hash::Error::from)?;
        let as_kept = Argon2::new(
            Algorithm::try_from(parsed.algorithm.as_str())?,
            parsed.version.map_or(Ok(Version::V0x13), Version::try_from)?,
            Params::try_from(&parsed)?,
        );
        let salt = parsed.salt.as_deref().ok_or(password_hash::Error::SaltInvalid)?;
        // Compared in constant time.
        let same = Some(output(&as_kept, (password, salt), memory)?) == parsed.hash;
        match (kept, same) {
            (None, _) | (Some(_), false) => Ok(Verdict::Wrong),
            (Some(_), true) if self.is_current(&parsed) => Ok(Verdict::Right { fresh: None }),
            (Some(_), true) => Ok(Verdict::Right { fresh: Some(self.make(password, memory)?) }),
        }
    }

    /// Whether it was made with the parameters in force.
    fn is_current(&self, hash: &phc::PasswordHash) -> bool {
        let same_kind = hash.algorithm.as_str() == Algorithm::Argon2id.as_str() && hash.version == Some(0x13);
        same_kind && Params::try_from(hash).is_ok_and(|params| params == *self.argon2.params())
    }
}

/// What a password and a salt come to.
fn output(
    argon2: &Argon2<'_>,
    (password, salt): (&Password, &[u8]),
    memory: &mut Memory,
) -> Result<phc::Output, argon2::Error> {
    let mut output = [0; HASH_LENGTH];
    let blocks = memory.blocks(argon2.params().block_count());
    argon2.hash_password_into_with_memory(password.text().as_bytes(), salt, &mut output, blocks)?;
    Ok(phc::Output::new(&output).expect("32 bytes are within the format's bounds"))
}

/// Of random bytes, so that making it costs nothing and no password has it.
fn nobody(params: &Params, entropy: &dyn Entropy) -> PasswordHash {
    let output = phc::Output::new(&random::<HASH_LENGTH>(entropy)).expect("32 bytes are within the format's bounds");
    written(params, &random(entropy), output)
}

fn written(params: &Params, salt: &[u8; SALT_LENGTH], output: phc::Output) -> PasswordHash {
    let salt = phc::Salt::new(salt).expect("a salt of 16 bytes is within the format's bounds");
    let params = phc::ParamsString::try_from(params).expect("parameters argon2 takes can be written down");
    let hash = phc::PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params,
        salt: Some(salt),
        hash: Some(output),
    };
    PasswordHash(hash.to_string())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use domain::SystemEntropy;

    use super::*;

    const CHEAP: PasswordSettings = PasswordSettings { memory: 64, passes: 1, lanes: 1, at_once: 1, waiting: 1 };

    fn passwords(settings: PasswordSettings) -> Passwords {
        Passwords::new(settings, Arc::new(SystemEntropy)).unwrap()
    }

    fn password(text: &str) -> Password {
        Password::parse(&text.into()).unwrap()
    }

    impl Passwords {
        /// As of somebody who may take any.
        async fn hash(&self, password: Password) -> Result<PasswordHash, HashError> {
            let this = self.clone();
            self.in_turn(move |memory| this.make(&password, memory)).await
        }
    }

    #[tokio::test]
    async fn a_password_is_known_by_its_hash_and_no_other_is() {
        let passwords = passwords(CHEAP);
        let hash = passwords.hash(password("right")).await.unwrap();
        assert!(hash.as_str().starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{}", hash.as_str());
        assert_ne!(hash, passwords.hash(password("right")).await.unwrap(), "each has a salt of its own");
        let verdict = async |text| passwords.verify(password(text), Some(hash.clone())).await.unwrap();
        assert_eq!(verdict("right").await, Verdict::Right { fresh: None });
        assert_eq!(verdict("wrong").await, Verdict::Wrong);
        assert!(!format!("{hash:?}").contains("argon2id$"));
    }

    #[tokio::test]
    async fn a_hash_of_other_parameters_is_right_and_made_anew() {
        let (before, now) = (passwords(CHEAP), passwords(PasswordSettings { passes: 2, ..CHEAP }));
        let old = before.hash(password("right")).await.unwrap();
        assert_eq!(now.verify(password("wrong"), Some(old.clone())).await.unwrap(), Verdict::Wrong);
        let Verdict::Right { fresh: Some(fresh) } = now.verify(password("right"), Some(old)).await.unwrap() else {
            panic!("it was made with other parameters")
        };
        assert!(fresh.as_str().contains("t=2"));
        assert_eq!(now.verify(password("right"), Some(fresh)).await.unwrap(), Verdict::Right { fresh: None });
    }

    #[tokio::test]
    async fn a_kept_text_that_is_no_hash_is_told_apart_from_a_wrong_password() {
        let kept = Some(PasswordHash::from_column("plain".to_owned()));
        assert!(matches!(passwords(CHEAP).verify(password("plain"), kept).await, Err(HashError::Corrupt(_))));
    }

    /// What a hash costs stands in it, so the work is compared and not the time.
    #[tokio::test]
    async fn nobody_is_refused_after_the_work_of_somebody() {
        let passwords = passwords(CHEAP);
        let somebody = passwords.hash(password("right")).await.unwrap();
        let work = |hash: &PasswordHash| {
            let parsed = phc::PasswordHash::new(hash.as_str()).unwrap();
            (Params::try_from(&parsed).unwrap(), parsed.salt.unwrap().len())
        };
        assert_eq!(work(&passwords.nobody), work(&somebody));
        assert_eq!(passwords.verify(password("right"), None).await.unwrap(), Verdict::Wrong);
        let broken = Passwords { nobody: PasswordHash("plain".to_owned()), ..passwords };
        let compared = broken.verify(password("right"), None).await;
        assert!(matches!(compared, Err(HashError::Corrupt(_))), "nobody is compared with: {compared:?}");
    }

    #[tokio::test]
    async fn who_comes_when_the_queue_is_full_is_refused_at_once_and_the_others_get_their_turn() {
        let passwords = passwords(PasswordSettings { at_once: 1, waiting: 2, ..PasswordSettings::default() });
        let all = (0..10).map(|_| passwords.hash(password("anything")));
        let done = futures_util::future::join_all(all).await;
        let made = done.iter().filter(|result| result.is_ok()).count();
        let refused = done.iter().filter(|result| matches!(result, Err(HashError::Busy))).count();
        assert_eq!((made, refused), (3, 7));
        assert!(passwords.hash(password("later")).await.is_ok());
    }

    #[tokio::test]
    async fn a_hash_whose_caller_has_gone_keeps_its_place_until_it_is_done() {
        let passwords = passwords(PasswordSettings { at_once: 1, waiting: 0, ..PasswordSettings::default() });
        let gone = tokio::time::timeout(Duration::from_millis(1), passwords.hash(password("gone"))).await;
        assert!(gone.is_err(), "a hash takes longer than a millisecond");
        assert!(matches!(passwords.hash(password("next")).await, Err(HashError::Busy)));
        let free = async {
            while passwords.queue.available_permits() == 0 {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), free).await.unwrap();
    }

    /// What is not given back is missing to tenants: as much as a hash takes, for ever after the first log-in.
    #[tokio::test]
    async fn a_hash_leaves_no_memory_behind() {
        let resident = || {
            let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
            (pages.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096) >> 20
        };
        let passwords = passwords(PasswordSettings::default());
        let kept = passwords.hash(password("right")).await.unwrap();
        let before = resident();
        for text in ["right", "wrong", "right"] {
            passwords.verify(password(text), Some(kept.clone())).await.unwrap();
            assert!(resident() < before + 4, "{} MiB, and {before} before", resident());
        }
        let crowd = (0..20).map(|_| passwords.verify(password("wrong"), Some(kept.clone())));
        futures_util::future::join_all(crowd).await;
        assert!(resident() < before + 4, "{} MiB after many, and {before} before", resident());
    }

    #[tokio::test]
    async fn a_weak_one_is_not_taken() {
        let known = || vec!["ada@example.org".to_owned(), "Ada Lovelace".to_owned()];
        let weak = passwords(CHEAP).choose(password("AdaLovelace"), known()).await;
        assert!(matches!(weak, Err(HashError::Weak(_))), "{weak:?}");
        assert!(passwords(CHEAP).choose(password("purple monkey dishwasher"), known()).await.is_ok());
    }

    #[test]
    fn settings_that_argon2_refuses_are_told() {
        let settings = PasswordSettings { memory: 1, ..CHEAP };
        let error = Passwords::new(settings, Arc::new(SystemEntropy)).unwrap_err();
        assert!(error.to_string().contains("memory: 1"), "{error}");
    }
}
