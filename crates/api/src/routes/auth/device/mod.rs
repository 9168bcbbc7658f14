//! A key for a program on somebody's machine, without a password in it (after RFC 8628): the program asks for a pair of codes
//! ([`begin`]) and shows one of them; its owner, signed in at a browser, types it ([`look`]) and says yes or no ([`answer`]); the
//! program, which asks meanwhile ([`redeem`]), is given a key of theirs, once.
//!
//! Invariants: only hashes of the codes are kept, for minutes; whether a code is wrong, has expired, was refused or used is
//! one answer; the key is its approver's and is let no further than who tends instances is: what administers an organisation
//! is left to people.

pub(super) mod answer;
pub(super) mod begin;
mod code;
pub(super) mod look;
pub(super) mod redeem;
