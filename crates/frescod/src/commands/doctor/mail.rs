//! The way of letters: whether the mail server answers, speaks TLS and lets us in.

use mail::Transport;

use super::Finding;
use crate::config::Config;
use crate::wiring::letters;

const NAME: &str = "mail";

pub(super) async fn look(config: &Config) -> Vec<Finding> {
    let transport = match letters::transport(config) {
        Ok(transport) => transport,
        Err(error) => {
            let mend = "`mail.login_file` holds `USER:PASSWORD`, `mail.authority_file` a certificate in PEM";
            return vec![Finding::fail(NAME, format!("{error:#}"), mend)];
        }
    };
    let mut findings = vec![way(&transport).await];
    if config.server.public_url.is_none() && matches!(transport, Transport::Smtp(_)) {
        let mend = "set `server.public_url` to where people reach the dashboard";
        findings.push(Finding::warn("links in letters", "they lead to this machine only", mend));
    }
    findings
}

async fn way(transport: &Transport) -> Finding {
    match (transport.check().await, transport) {
        (Ok(found), Transport::Smtp(_)) => Finding::ok(NAME, found),
        (Ok(found), Transport::Folder(_)) => {
            let mend = "set `mail.smtp_url` and `mail.from`; until then pass letters on by hand (`frescod mail list`)";
            Finding::warn(NAME, found, mend)
        }
        (Err(error), Transport::Smtp(_)) => {
            let mend = "compare `mail.smtp_url` and `mail.login_file` with what the server's operator told you; letters wait \
                        meanwhile, and are sent when it works";
            Finding::fail(NAME, error, mend)
        }
        (Err(error), Transport::Folder(_)) => {
            Finding::fail(NAME, error, "make the folder `mail.folder` writable for the account frescod runs as")
        }
    }
}
