//! A certificate authority of our own, so that `https://NAME.localhost` works on a developer's machine.
//!
//! People put its certificate into their browser once, so it lasts ten years and can sign for one domain only: whoever
//! steals its key can't impersonate a bank with it. Leaves are short-lived and made anew without asking. A wildcard must
//! have two labels behind it (`*.fresco.localhost`): OpenSSL, curl and browsers take no notice of `*.localhost`, so names
//! directly under `localhost` are listed exactly, in one leaf or in one each.
//!
//! Invariants: keys are readable by their owner only; a record is written after the files it describes and removed
//! before them, so a crash leads to a new certificate and never to a key that doesn't fit.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, NameConstraints,
};
use serde::{Deserialize, Serialize};

use crate::traefik::KeyPairFiles;

/// No host name has an underscore, so no leaf's files are called like this.
const AUTHORITY: &str = "local_authority";
const DAY: Duration = Duration::from_secs(24 * 3600);
const AUTHORITY_LIFE: Duration = DAY.saturating_mul(3650);
const LEAF_LIFE: Duration = DAY.saturating_mul(90);
/// Renewed when less is left.
const MARGIN: Duration = DAY.saturating_mul(30);
/// Clocks of browsers in virtual machines lag behind.
const BACKDATE: Duration = DAY;

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// A name the authority may not sign for.
    #[error("the local authority signs for {domain} and names under it, not for {name:?}")]
    OutsideDomain {
        /// The name.
        name: String,
        /// The authority's domain.
        domain: String,
    },
    /// A wildcard that no client would honour.
    #[error(
        "clients take no notice of the wildcard {name:?}, it covers a whole top-level domain: list the exact names"
    )]
    TooWide {
        /// The name.
        name: String,
    },
    /// No names at all.
    #[error("a certificate needs at least one name")]
    NoName,
    /// A name no certificate can carry, or a key that can't be read.
    #[error("can't make a certificate in {}: remove that folder to start anew", folder.display())]
    Make {
        /// The authority's folder.
        folder: PathBuf,
        /// What the library said.
        #[source]
        source: rcgen::Error,
    },
    /// A file can't be read or written.
    #[error("can't work with {}", path.display())]
    Io {
        /// Which one.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

/// The local authority: `local_authority.crt` (for browsers, `curl --cacert`), its key, and the leaves, in one folder.
#[derive(Debug)]
pub struct Authority {
    folder: PathBuf,
    domain: String,
    expires_at: SystemTime,
}

/// What a certificate was made for, beside it in JSON.
#[derive(Debug, Serialize, Deserialize)]
struct Record {
    names: Vec<String>,
    expires_at: SystemTime,
    /// Tells one authority from its successor, whose name is the same.
    authority_expires_at: SystemTime,
}

impl Authority {
    /// The authority for `domain` in `folder`; a new one if there is none, or it is about to expire.
    ///
    /// # Errors
    /// [`CertificateError`] if the folder can't be written or holds a broken key.
    pub fn open(folder: &Path, domain: &str, now: SystemTime) -> Result<Self, CertificateError> {
        std::fs::create_dir_all(folder).map_err(at(folder))?;
        let mut authority = Self { folder: folder.to_owned(), domain: domain.to_owned(), expires_at: now };
        authority.expires_at = match authority.current(AUTHORITY, &[domain.to_owned()], now) {
            Some(record) => record.expires_at,
            None => authority.renew(now)?,
        };
        Ok(authority)
    }

    fn renew(&self, now: SystemTime) -> Result<SystemTime, CertificateError> {
        let expires_at = now + AUTHORITY_LIFE;
        let key = KeyPair::generate().map_err(|source| self.make_error(source))?;
        let made = self.parameters(now, expires_at).self_signed(&key);
        let certificate = made.map_err(|source| self.make_error(source))?;
        let names = vec![self.domain.clone()];
        let record = Record { names, expires_at, authority_expires_at: expires_at };
        self.keep(AUTHORITY, &certificate.pem(), &key, &record)?;
        Ok(expires_at)
    }

    /// The authority's certificate, for whoever shall trust it.
    #[must_use]
    pub fn certificate(&self) -> PathBuf {
        self.path(AUTHORITY, "crt")
    }

    /// A certificate for exactly these names (`*.` in front is a wildcard); the present one while it fits and lasts. Its
    /// files are called after the first name.
    ///
    /// # Errors
    /// [`CertificateError`], for a name of another domain or a wildcard that would not be honoured before anything else.
    pub fn leaf(&self, names: &[String], now: SystemTime) -> Result<KeyPairFiles, CertificateError> {
        let stem = names.first().ok_or(CertificateError::NoName)?.replace('*', "_");
        names.iter().try_for_each(|name| self.must_fit(name))?;
        let present = self.current(&stem, names, now);
        if present.is_none_or(|record| record.authority_expires_at != self.expires_at) {
            let expires_at = now + LEAF_LIFE;
            let signed = sign(&self.issuer(now)?, names, now, expires_at);
            let (chain, key) = signed.map_err(|source| self.make_error(source))?;
            let record = Record { names: names.to_vec(), expires_at, authority_expires_at: self.expires_at };
            self.keep(&stem, &chain, &key, &record)?;
        }
        Ok(KeyPairFiles { certificate: self.path(&stem, "crt"), key: self.path(&stem, "key") })
    }

    /// A name is also a file's, so nothing but a host name's characters passes.
    fn must_fit(&self, name: &str) -> Result<(), CertificateError> {
        let host = name.strip_prefix("*.").unwrap_or(name);
        let is_host = host
            .split('.')
            .all(|label| !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'));
        let is_inside = host.strip_suffix(&self.domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
        if !is_host || !is_inside {
            return Err(CertificateError::OutsideDomain { name: name.to_owned(), domain: self.domain.clone() });
        }
        if host != name && !host.contains('.') {
            return Err(CertificateError::TooWide { name: name.to_owned() });
        }
        Ok(())
    }

    /// The issuer is known by its name and key, both fixed: its certificate need not be parsed.
    fn issuer(&self, now: SystemTime) -> Result<Issuer<'static, KeyPair>, CertificateError> {
        let path = self.path(AUTHORITY, "key");
        let pem = std::fs::read_to_string(&path).map_err(at(&path))?;
        let key = KeyPair::from_pem(&pem).map_err(|source| self.make_error(source))?;
        Ok(Issuer::new(self.parameters(now, now + LEAF_LIFE), key))
    }

    fn parameters(&self, now: SystemTime, expires_at: SystemTime) -> CertificateParams {
        let mut authority = CertificateParams::default();
        authority.distinguished_name = named(&format!("fresco-platform local authority for {}", self.domain));
        authority.not_before = (now - BACKDATE).into();
        authority.not_after = expires_at.into();
        authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        authority.name_constraints = Some(NameConstraints {
            permitted_subtrees: vec![GeneralSubtree::DnsName(self.domain.clone())],
            excluded_subtrees: vec![],
        });
        authority
    }

    /// The record of a certificate for these names that lasts.
    fn current(&self, stem: &str, names: &[String], now: SystemTime) -> Option<Record> {
        let record = std::fs::read(self.path(stem, "json")).ok()?;
        let record: Record = serde_json::from_slice(&record).ok()?;
        (record.names == names && now + MARGIN < record.expires_at).then_some(record)
    }

    /// Without its record a certificate counts as absent.
    fn forget(&self, stem: &str) -> Result<(), CertificateError> {
        let path = self.path(stem, "json");
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(at(&path)(error)),
            _ => Ok(()),
        }
    }

    fn keep(&self, stem: &str, chain: &str, key: &KeyPair, record: &Record) -> Result<(), CertificateError> {
        self.forget(stem)?;
        let record = serde_json::to_string(record).map_err(|error| at(&self.folder)(error.into()))?;
        let files = [("key", 0o600, key.serialize_pem()), ("crt", 0o644, chain.to_owned()), ("json", 0o644, record)];
        for (extension, mode, content) in files {
            let path = self.path(stem, extension);
            replace(&path, mode, &content).map_err(at(&path))?;
        }
        Ok(())
    }

    fn path(&self, stem: &str, extension: &str) -> PathBuf {
        self.folder.join(format!("{stem}.{extension}"))
    }

    fn make_error(&self, source: rcgen::Error) -> CertificateError {
        CertificateError::Make { folder: self.folder.clone(), source }
    }
}

fn sign(
    issuer: &Issuer<'_, KeyPair>,
    names: &[String],
    now: SystemTime,
    expires_at: SystemTime,
) -> Result<(String, KeyPair), rcgen::Error> {
    let mut leaf = CertificateParams::new(names)?;
    leaf.distinguished_name = named("fresco-platform local instance");
    leaf.not_before = (now - BACKDATE).into();
    leaf.not_after = expires_at.into();
    leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    leaf.use_authority_key_identifier_extension = true;
    let key = KeyPair::generate()?;
    Ok((leaf.signed_by(&key, issuer)?.pem(), key))
}

fn named(common_name: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common_name);
    name
}

fn at(path: &Path) -> impl Fn(io::Error) -> CertificateError {
    let path = path.to_owned();
    move |source| CertificateError::Io { path: path.clone(), source }
}

/// A whole file or the old one, created with its mode, so that a key is never open to others even for a moment.
fn replace(path: &Path, mode: u32, content: &str) -> io::Result<()> {
    let draft = path.with_added_extension("draft");
    if draft.exists() {
        std::fs::remove_file(&draft)?;
    }
    let mut file = OpenOptions::new().create_new(true).write(true).mode(mode).open(&draft)?;
    file.write_all(content.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(draft, path)
}
