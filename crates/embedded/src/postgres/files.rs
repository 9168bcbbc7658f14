//! `postgresql.conf` and `pg_hba.conf`, written anew at every start.

use std::fmt::Write;
use std::net::IpAddr;
use std::path::Path;

use ipnet::IpNet;

use super::{PostgresOptions, SUPERUSER};
use crate::account::Account;
use crate::child::ChildError;

pub(super) fn write(
    options: &PostgresOptions,
    addresses: &[IpAddr],
    port: u16,
    account: &Account,
) -> Result<(), ChildError> {
    let files = [
        ("postgresql.conf", configuration(&options.settings, addresses, port)),
        ("pg_hba.conf", access_rules(&options.admitted)),
    ];
    for (name, content) in files {
        write_one(&options.data_dir.join(name), &content, account)?;
    }
    Ok(())
}

fn write_one(path: &Path, content: &str, account: &Account) -> Result<(), ChildError> {
    std::fs::write(path, content).and_then(|()| account.own(path)).map_err(ChildError::io(path))
}

fn configuration(settings: &[(String, String)], addresses: &[IpAddr], port: u16) -> String {
    let listen = addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
    let ours = [
        ("listen_addresses", listen),
        ("port", port.to_string()),
        ("unix_socket_directories", String::new()),
        ("password_encryption", "scram-sha-256".to_owned()),
    ];
    let given = settings.iter().map(|(key, value)| (key.as_str(), value.clone()));
    let mut text = "# Written at every start of the server: changes here are lost.\n".to_owned();
    // Of a setting that comes twice the last holds: the given ones can't take an address or the port away.
    for (key, value) in given.chain(ours) {
        writeln!(text, "{key} = '{}'", value.replace('\\', "\\\\").replace('\'', "''"))
            .expect("writing to a String can't fail");
    }
    text
}

/// The first rule that matches decides; who matches none is refused. `all` does not include replication.
fn access_rules(admitted: &[IpNet]) -> String {
    let mut text = "# Written at every start of the server: changes here are lost.\n\
                    host all all 127.0.0.1/32 scram-sha-256\n"
        .to_owned();
    for network in admitted {
        let network = network.trunc();
        writeln!(text, "host all {SUPERUSER} {network} reject\nhost all all {network} scram-sha-256")
            .expect("writing to a String can't fail");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenants_network_never_admits_the_superuser() {
        let rules = access_rules(&["10.77.0.9/22".parse().unwrap()]);
        let lines: Vec<&str> = rules.lines().skip(1).collect();
        assert_eq!(
            lines,
            [
                "host all all 127.0.0.1/32 scram-sha-256",
                "host all postgres 10.77.0.0/22 reject",
                "host all all 10.77.0.0/22 scram-sha-256",
            ]
        );
    }

    #[test]
    fn settings_are_quoted_and_cannot_take_the_port_away() {
        let settings = [("port".to_owned(), "1".to_owned()), ("search_path".to_owned(), r"it's \ here".to_owned())];
        let text = configuration(&settings, &["127.0.0.1".parse().unwrap()], 5433);
        assert!(text.contains("search_path = 'it''s \\\\ here'\n"), "{text}");
        assert!(text.find("port = '1'").unwrap() < text.find("port = '5433'").unwrap(), "{text}");
    }
}
