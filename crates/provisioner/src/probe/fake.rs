//! Answers as told.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::{Answer, NotReady, Page, Probe, Target};

/// An app that is ready unless it was told otherwise.
#[derive(Debug, Default)]
pub struct FakeProbe(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    script: VecDeque<Result<(), NotReady>>,
    asked: u32,
}

impl FakeProbe {
    /// The next answers, in order; then it is ready.
    pub fn answer(&self, script: impl IntoIterator<Item = Result<(), NotReady>>) {
        self.inner().script.extend(script);
    }

    /// How often it was asked.
    #[must_use]
    pub fn asked(&self) -> u32 {
        self.inner().asked
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Probe for FakeProbe {
    async fn ask(&self, _target: Target<'_>) -> Result<(), NotReady> {
        let mut inner = self.inner();
        inner.asked += 1;
        inner.script.pop_front().unwrap_or(Ok(()))
    }

    async fn read(&self, _page: Page<'_>) -> Result<Answer, NotReady> {
        Ok(Answer::default())
    }
}
