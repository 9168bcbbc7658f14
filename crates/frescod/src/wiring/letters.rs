//! Letters: what they are made of, how they leave, and the task that sends them.

use std::sync::Arc;

use anyhow::Context;
use api::{Announce, MailPace, Postman, PostmanParts};
use domain::{SystemClock, SystemEntropy};
use mail::{Folder, Letters, Links, Login, Sender, Smtp, SmtpOptions, Transport};
use secrecy::{ExposeSecret, SecretString};
use storage::{Keyring, Store};

use crate::config::{Config, SecretError, SecretFile};

/// Sends what waits in the store.
pub(crate) fn postman(
    config: &Config,
    store: Store,
    keyring: Keyring,
    announce: Option<Announce>,
) -> anyhow::Result<Postman> {
    Ok(Postman::new(PostmanParts {
        store,
        keyring,
        letters: letters(config)?,
        sender: sender(config)?,
        transport: transport(config)?,
        pace: pace(config),
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
        announce,
    }))
}

pub(crate) fn letters(config: &Config) -> anyhow::Result<Letters> {
    let server = &config.server;
    // Only people on this machine follow it then; `doctor` says so.
    let here = || format!("http://{}", server.listen);
    let url = server.public_url.as_ref().map_or_else(here, |url| url.0.to_string());
    Ok(Letters::new(Links::new(&url).context("`server.public_url` can't stand in a letter")?))
}

fn sender(config: &Config) -> anyhow::Result<Sender> {
    match &config.mail.from {
        Some(sender) => Ok(sender.clone()),
        None => Ok(Sender::parse(&format!("Fresco <no-reply@{}>", config.tenants.domain))?),
    }
}

/// How they leave. Connects to nobody.
pub(crate) fn transport(config: &Config) -> anyhow::Result<Transport> {
    let mail = &config.mail;
    let Some(url) = &mail.smtp_url else { return Ok(Transport::Folder(Folder::new(mail.folder.clone()))) };
    let authority = match &mail.authority_file {
        Some(file) => Some(std::fs::read(file).with_context(|| format!("can't read {}", file.display()))?),
        None => None,
    };
    let public = config.server.public_url.as_ref().and_then(|url| url.0.host_str());
    Ok(Transport::Smtp(Smtp::new(SmtpOptions {
        host: url.host.clone(),
        port: url.port,
        encryption: url.encryption,
        login: mail.login_file.as_ref().map(login).transpose()?,
        hello: public.map_or_else(|| config.tenants.domain.to_string(), str::to_owned),
        timeout: mail.timeout.0,
        idle: mail.timeout.0,
        authority,
    })))
}

/// What the mail server knows us by.
pub(crate) fn login(file: &SecretFile) -> Result<Login, SecretError> {
    file.parse(|text| {
        let pair =
            text.expose_secret().split_once(':').filter(|(user, password)| !user.is_empty() && !password.is_empty());
        let (user, password) = pair.context("expected `USER:PASSWORD`")?;
        anyhow::Ok(Login { user: user.to_owned(), password: SecretString::from(password) })
    })
}

fn pace(config: &Config) -> MailPace {
    let mail = &config.mail;
    // Each attempt may try an old connection, make a new one and hand the letter over; that it counts each time is what bounds
    // one that kills its sender.
    let lease = mail.timeout.0 * 4;
    MailPace {
        lease,
        backoff_first: mail.backoff_first.0,
        backoff_most: mail.backoff_most.0,
        give_up_after: mail.give_up_after.0,
        keep: mail.keep.0,
        ..MailPace::default()
    }
}
