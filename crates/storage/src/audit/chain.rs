//! How lines are sealed: bytes and hashes, nothing else.
//!
//! A line's hash is the SHA-256 of its columns, each behind its length or marked as missing, in the order of [`line`]. A
//! seal is the SHA-256 of a name of this format, the seal before (32 zero bytes at first), whose chain it is, its number, and
//! its lines' ids and hashes. So a line can't be changed, taken out or put in without another seal, nor a seal without all
//! that follow; who computes all of them anew is told by a seal that was written down elsewhere (`frescod audit verify`
//! prints the newest).

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// A SHA-256.
pub(super) type Hash = [u8; 32];

const FORMAT: &[u8] = b"fresco audit seal 1";
/// Before the first seal.
pub(super) const START: Hash = [0; 32];

/// A line as the table holds it.
#[derive(Clone, Debug)]
pub(super) struct RawLine {
    pub(super) id: i64,
    pub(super) organisation_id: Option<Uuid>,
    pub(super) at: DateTime<Utc>,
    pub(super) actor_kind: String,
    pub(super) actor_id: Option<Uuid>,
    pub(super) actor_label: String,
    pub(super) action: String,
    pub(super) target_kind: String,
    pub(super) target_id: Option<Uuid>,
    pub(super) target_label: String,
    pub(super) result: String,
    pub(super) address: Option<String>,
    pub(super) request_id: Option<String>,
    pub(super) attempt: Option<Uuid>,
    /// As PostgreSQL writes a `jsonb`.
    pub(super) data: String,
}

/// The hash of a line.
pub(super) fn line(line: &RawLine) -> Hash {
    let mut hasher = Sha256::new();
    let mut put = |value: Option<&[u8]>| match value {
        Some(bytes) => {
            hasher.update([1]);
            hasher.update((bytes.len() as u64).to_be_bytes());
            hasher.update(bytes);
        }
        None => hasher.update([0]),
    };
    put(Some(&line.id.to_be_bytes()));
    put(line.organisation_id.as_ref().map(|id| id.as_bytes().as_slice()));
    put(Some(&line.at.timestamp_micros().to_be_bytes()));
    put(Some(line.actor_kind.as_bytes()));
    put(line.actor_id.as_ref().map(|id| id.as_bytes().as_slice()));
    put(Some(line.actor_label.as_bytes()));
    put(Some(line.action.as_bytes()));
    put(Some(line.target_kind.as_bytes()));
    put(line.target_id.as_ref().map(|id| id.as_bytes().as_slice()));
    put(Some(line.target_label.as_bytes()));
    put(Some(line.result.as_bytes()));
    put(line.address.as_deref().map(str::as_bytes));
    put(line.request_id.as_deref().map(str::as_bytes));
    put(line.attempt.as_ref().map(|id| id.as_bytes().as_slice()));
    put(Some(line.data.as_bytes()));
    hasher.finalize().into()
}

/// A seal over lines that are known by their ids and hashes.
pub(super) fn seal(before: &Hash, organisation: Option<Uuid>, number: i64, lines: &[(i64, Hash)]) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update(FORMAT);
    hasher.update(before);
    match organisation {
        Some(id) => {
            hasher.update([1]);
            hasher.update(id.as_bytes());
        }
        None => hasher.update([0]),
    }
    hasher.update(number.to_be_bytes());
    hasher.update((lines.len() as u64).to_be_bytes());
    for (id, hash) in lines {
        hasher.update(id.to_be_bytes());
        hasher.update(hash);
    }
    hasher.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> RawLine {
        RawLine {
            id: 7,
            organisation_id: Some(Uuid::from_u128(1)),
            at: DateTime::from_timestamp_micros(1_800_000_000_123_456).unwrap(),
            actor_kind: "user".into(),
            actor_id: Some(Uuid::from_u128(2)),
            actor_label: "ada".into(),
            action: "tenant.stop".into(),
            target_kind: "tenant".into(),
            target_id: Some(Uuid::from_u128(3)),
            target_label: "study".into(),
            result: "done".into(),
            address: Some("192.0.2.7".into()),
            request_id: Some("abc".into()),
            attempt: None,
            data: r#"{"generation": 2}"#.into(),
        }
    }

    /// What was sealed once must verify for ever: these bytes don't change.
    #[test]
    fn the_format_stays() {
        let hex = |hash: Hash| hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let hash = line(&example());
        assert_eq!(hex(hash), "cb3d3ae99107c2c1589decba1c1e0a3897dca475c582968a0616fa9033d6385f");
        assert_eq!(
            hex(seal(&START, Some(Uuid::from_u128(1)), 1, &[(7, hash)])),
            "4e044f24ea39185d8969108ff6957bd232b7d2628caa1d34832190c59fe967d8"
        );
    }

    #[test]
    fn every_column_counts_and_none_runs_into_the_next() {
        let usual = line(&example());
        let changes: [fn(&mut RawLine); 16] = [
            |line| line.id = 8,
            |line| line.organisation_id = None,
            |line| line.at += chrono::TimeDelta::microseconds(1),
            |line| line.actor_kind = "api_key".into(),
            |line| line.actor_id = None,
            |line| line.actor_label = "eve".into(),
            |line| line.action = "tenant.start".into(),
            |line| line.target_kind = "user".into(),
            |line| line.target_id = None,
            |line| line.target_label = String::new(),
            |line| line.result = "failed".into(),
            |line| line.address = None,
            |line| line.request_id = Some(String::new()),
            |line| line.attempt = Some(Uuid::nil()),
            |line| line.data = "{}".into(),
            |line| (line.target_kind, line.action) = (line.action.clone(), line.target_kind.clone()),
        ];
        let mut seen = vec![usual];
        for change in changes {
            let mut changed = example();
            change(&mut changed);
            let hash = line(&changed);
            assert!(!seen.contains(&hash), "{changed:?}");
            seen.push(hash);
        }
        let (mut one, mut other) = (example(), example());
        (one.action, one.target_kind) = ("ab".into(), "c".into());
        (other.action, other.target_kind) = ("a".into(), "bc".into());
        assert_ne!(line(&one), line(&other));
    }

    #[test]
    fn a_seal_is_of_its_place() {
        let (a, b) = ((1, [1; 32]), (2, [2; 32]));
        let usual = seal(&START, None, 1, &[a, b]);
        for other in [
            seal(&[1; 32], None, 1, &[a, b]),
            seal(&START, Some(Uuid::nil()), 1, &[a, b]),
            seal(&START, None, 2, &[a, b]),
            seal(&START, None, 1, &[b, a]),
            seal(&START, None, 1, &[a]),
        ] {
            assert_ne!(usual, other);
        }
    }
}
