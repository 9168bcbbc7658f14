//! The second factor: codes by time (RFC 6238), and recovery codes for when the app that makes them is lost.
//!
//! SHA-1, six digits, 30 seconds: what every app understands. A code of the step before or after is taken too, for clocks
//! that differ; none is taken twice, nor one of an earlier step than the last (`storage::sessions::totp`).

mod recovery;

use chrono::{DateTime, Utc};
use domain::Entropy;
use domain::entropy::random;
use secrecy::{ExposeSecret, SecretString};
use totp_rs::{Builder, Secret, Totp};

pub(crate) use recovery::{RecoveryCode, generate_codes, read_code};

/// As RFC 4226 recommends.
const SECRET_LENGTH: usize = 20;
/// What apps show beside the code.
const ISSUER: &str = "fresco-platform";

/// A new secret, in base32 as people can type it.
pub(crate) fn generate(entropy: &dyn Entropy) -> SecretString {
    Secret::new_stack(random::<SECRET_LENGTH>(entropy)).to_base32().into()
}

/// What a QR code for an app holds; `None` for a secret that is none.
pub(crate) fn url(secret: &SecretString, account: &str) -> Option<SecretString> {
    totp(secret, account)?.to_url().ok().map(SecretString::from)
}

/// The time step of a code, if it is right.
pub(crate) fn check(secret: &SecretString, code: &str, now: DateTime<Utc>) -> Option<u64> {
    // As some apps show it: in two groups.
    let digits: String = code.chars().filter(|letter| !letter.is_ascii_whitespace()).collect();
    let is_code = digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_digit());
    let now = u64::try_from(now.timestamp()).ok().filter(|_| is_code)?;
    totp(secret, "anybody")?.check(&digits, now)
}

fn totp(secret: &SecretString, account: &str) -> Option<Totp> {
    let secret = Secret::try_from_base32(secret.expose_secret()).ok()?;
    // A colon parts issuer and account, and may stand in neither.
    let account = account.replace(':', ".");
    Builder::new().with_secret(secret).with_account_name(account).with_issuer(Some(ISSUER)).build().ok()
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use domain::SystemEntropy;

    use super::*;

    /// The secret of RFC 6238's test vectors, whose last six digits these are.
    const VECTORS: [(i64, &str); 5] = [
        (59, "287082"),
        (1_111_111_109, "081804"),
        (1_111_111_111, "050471"),
        (1_234_567_890, "005924"),
        (2_000_000_000, "279037"),
    ];

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    fn rfc() -> SecretString {
        Secret::new(Box::from(*b"12345678901234567890")).to_base32().into()
    }

    #[test]
    fn codes_are_those_of_the_rfc() {
        for (seconds, code) in VECTORS {
            assert_eq!(check(&rfc(), code, at(seconds)), Some(u64::try_from(seconds / 30).unwrap()), "{seconds}");
        }
        assert_eq!(check(&rfc(), "287 082", at(59)), Some(1));
    }

    #[test]
    fn a_code_is_taken_a_step_early_or_late_and_tells_its_own_step() {
        let (seconds, code) = VECTORS[3];
        let step = Some(u64::try_from(seconds / 30).unwrap());
        for (off, expected) in [(-60, None), (-30, step), (0, step), (30, step), (60, None)] {
            assert_eq!(check(&rfc(), code, at(seconds) + TimeDelta::seconds(off)), expected, "{off}");
        }
    }

    #[test]
    fn nothing_else_is_a_code() {
        for wrong in ["", "28708", "2870822", "28708a", "²87082", "287083", "-87082"] {
            assert_eq!(check(&rfc(), wrong, at(59)), None, "{wrong}");
        }
        assert_eq!(check(&"no base32!".into(), "287082", at(59)), None);
    }

    #[test]
    fn a_new_secret_is_one_that_apps_take() {
        let secret = generate(&SystemEntropy);
        let url = url(&secret, "ada:l@example.org").unwrap();
        let url = url.expose_secret();
        assert!(url.starts_with("otpauth://totp/fresco-platform:ada"), "{url}");
        assert!(
            url.contains(&format!("secret={}", secret.expose_secret())) && url.contains("issuer=fresco-platform"),
            "{url}"
        );
        assert_eq!(secret.expose_secret().len(), 32);
    }
}
