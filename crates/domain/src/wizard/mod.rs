//! Signing up, a decision a step: what has been answered, what comes next, and which names to offer.
//!
//! | module | what it answers |
//! |---|---|
//! | [`draft`] | what somebody has answered so far, and which step that leads to |
//! | [`use_case`] | what the instance is for |
//! | [`suggest`] | other names where the wished one is not to be had |
//!
//! Invariants: a step can be answered once those before it are; answering an earlier one again forgets nothing; only a draft
//! whose every step is answered can be deployed.
//!
//! To add a step: a variant of [`Step`] at its place, its [`Answer`], and a field of [`Draft`]; the compiler names the rest.

pub mod draft;
pub mod suggest;
pub mod use_case;

pub use draft::{Accepted, Answer, Draft, Step, TooEarly, Wish};
pub use suggest::suggestions;
pub use use_case::{InvalidUseCase, UseCase};
