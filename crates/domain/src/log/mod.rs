//! What tenants say: lines, where each stands, and what is understood of them.
//!
//! | module | what it answers |
//! |---|---|
//! | [`cursor`] | which line is meant: container, stream, nanosecond, ordinal |
//! | [`joining`] | lines out of the pieces an engine hands out, each with its cursor, and which of them are new |
//! | [`understanding`] | the text of a line, its level, and whether it continues the one before |
//! | [`entry`] | what a log consists of: lines, gaps, and what happened to containers |
//! | [`frame`] | the same, as it goes over a WebSocket |
//! | [`filter`] | which entries somebody wants to see |
//!
//! Invariants: an engine hands out a container's log in one order, whenever it is asked, so a log that was kept is a beginning
//! of it and a cursor for each stream says where to go on; a line's cursor is the same whoever reads it; nothing here
//! holds more of a line than its limit, whatever an app writes.

pub mod cursor;
pub mod entry;
pub mod filter;
pub mod frame;
pub mod joining;
mod text;
pub mod understanding;

pub use cursor::{InvalidCursor, LogCursor, LogSource, LogStream};
pub use entry::{ContainerChange, ContainerNote, GapReason, Level, LogEntry, LogGap, LogLine, LogPhase, UnknownLevel};
pub use filter::{Filter, FilterError, Sieve, Wanted};
pub use frame::{EndReason, LogFrame};
pub use joining::{Harvested, Joiner, Judgement, Piece, RawLine, Resume};
pub use understanding::{Reading, Understanding};
