//! WebSockets: who may open one, how many there are, and how they end.
//!
//! | module | what it is |
//! |---|---|
//! | [`ticket`] | what a browser shows, which can't send a header of its own |
//! | [`access`] | the extractor: as the one it is made of, by a ticket too, and asked again as long as it lasts |
//! | [`seats`] | how many may be open |
//! | [`alive`] | words of life, where nothing else comes |
//! | [`pump`] | frames on their way to one client |
//!
//! Invariants: a ticket opens one socket, soon; who may no longer watch is sent away; a stop ends all sockets; nothing that a
//! client sends is believed or kept.

mod access;
mod alive;
mod pump;
mod seats;
mod ticket;

pub(crate) use access::SocketAccess;
pub(crate) use alive::{HEARTBEAT, alive};
pub(crate) use pump::pump;
pub(crate) use seats::{Seats, Watched};
pub(crate) use ticket::{TICKET_LIFETIME, Tickets};

/// The subprotocol: its number says what frames look like.
pub(crate) const PROTOCOL: &str = "fresco.v1";
/// The most that a client may send, in bytes: nothing of it is used.
pub(crate) const LARGEST_MESSAGE: usize = 4 << 10;
