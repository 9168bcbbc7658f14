//! Tickets: a browser can't send `Authorization` with a WebSocket, so it shows one of these as a second subprotocol.
//!
//! They live in the memory of the process that gave them, which is where the socket is opened a moment later.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use axum::http::HeaderValue;
use chrono::{DateTime, TimeDelta, Utc};
use domain::Entropy;
use secrecy::SecretString;

use crate::token;

/// From its making to its use.
pub(crate) const TICKET_LIFETIME: TimeDelta = TimeDelta::seconds(30);
/// That nobody has used; more are not given.
const MOST: usize = 10_000;

/// Those that nobody has used yet.
#[derive(Debug, Default)]
pub(crate) struct Tickets(Mutex<HashMap<[u8; 32], Ticket>>);

#[derive(Debug)]
struct Ticket {
    /// What whoever asked for it has shown.
    authorization: HeaderValue,
    expires_at: DateTime<Utc>,
}

impl Tickets {
    /// One for whoever shows that; `None` if too many wait.
    pub(crate) fn issue(
        &self,
        mut authorization: HeaderValue,
        now: DateTime<Utc>,
        entropy: &dyn Entropy,
    ) -> Option<SecretString> {
        authorization.set_sensitive(true);
        let mut tickets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if tickets.len() >= MOST {
            tickets.retain(|_, ticket| ticket.expires_at > now);
        }
        if tickets.len() >= MOST {
            return None;
        }
        let made = token::generate(entropy);
        tickets.insert(made.hash, Ticket { authorization, expires_at: now + TICKET_LIFETIME });
        Some(made.token)
    }

    /// What its holder has shown; once.
    pub(crate) fn redeem(&self, ticket: token::Key, now: DateTime<Utc>) -> Option<HeaderValue> {
        let mut tickets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let ticket = tickets.remove(&ticket.hash())?;
        (ticket.expires_at > now).then_some(ticket.authorization)
    }
}

#[cfg(test)]
mod tests {
    use domain::SystemEntropy;
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn a_ticket_is_good_once_and_soon() {
        let (tickets, now) = (Tickets::default(), DateTime::UNIX_EPOCH);
        let issue = || {
            let ticket = tickets.issue(HeaderValue::from_static("Bearer x"), now, &SystemEntropy).unwrap();
            token::Key::parse(ticket.expose_secret()).unwrap()
        };
        let ticket = issue();
        assert_eq!(tickets.redeem(ticket, now).unwrap(), "Bearer x");
        assert_eq!(tickets.redeem(ticket, now), None);
        assert_eq!(tickets.redeem(issue(), now + TICKET_LIFETIME), None);
        for _ in 0..MOST {
            issue();
        }
        assert!(tickets.issue(HeaderValue::from_static("Bearer x"), now, &SystemEntropy).is_none());
        let later = now + TICKET_LIFETIME;
        assert!(tickets.issue(HeaderValue::from_static("Bearer x"), later, &SystemEntropy).is_some());
    }
}
