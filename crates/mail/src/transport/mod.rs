//! How letters leave: by a mail server, or into a folder.

mod folder;
mod smtp;

pub use folder::Folder;
pub use smtp::{Encryption, Login, Smtp, SmtpOptions};

use crate::letter::Letter;

/// One of both ways.
#[derive(Debug)]
pub enum Transport {
    Smtp(Smtp),
    /// For `frescod dev`, and for installations without a mail server.
    Folder(Folder),
}

/// Why a letter has not left.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// Trying the same again later may help.
    #[error("{0}")]
    Transient(String),
    /// The server refuses this letter, and will again.
    #[error("{0}")]
    Permanent(String),
}

impl Transport {
    /// Sends a letter once.
    ///
    /// # Errors
    /// [`SendError`]. After a time-out it may have left all the same.
    pub async fn send(&self, letter: &Letter) -> Result<(), SendError> {
        match self {
            Self::Smtp(smtp) => smtp.send(letter).await,
            Self::Folder(folder) => folder.send(letter).await,
        }
    }

    /// Whether letters could leave now: the server answers, speaks TLS and lets us in, or the folder can be written.
    /// Says what was found.
    ///
    /// # Errors
    /// [`SendError`] in words.
    pub async fn check(&self) -> Result<String, SendError> {
        match self {
            Self::Smtp(smtp) => smtp.check().await,
            Self::Folder(folder) => folder.check().await,
        }
    }

    /// Says good-bye to the server.
    pub async fn close(&self) {
        match self {
            Self::Smtp(smtp) => smtp.close().await,
            Self::Folder(_) => {}
        }
    }
}
