//! Whether browsers keep the platform and its tenants apart: what shares a registrable domain is one site to them, and may
//! set cookies for it.

use domain::Domain;
use reqwest::Url;

use super::Finding;

const NAME: &str = "the platform's host";

pub(super) fn look(platform: Option<&Url>, tenants: &Domain) -> Finding {
    let Some(host) = platform.and_then(Url::host_str) else {
        let mend = "set `server.public_url` to where people reach the API";
        return Finding::warn(NAME, "`server.public_url` is not set: nobody knows what it shares with tenants", mend);
    };
    // A tenant's host, so that a domain under which anybody may register is taken for what it is.
    let tenant = format!("tenant.{tenants}");
    match (psl::domain_str(host), psl::domain_str(&tenant)) {
        (Some(one), Some(other)) if one == other => {
            let detail = format!("{host} shares {one} with the tenants: their pages can set cookies for it");
            Finding::warn(NAME, detail, "give the platform a host under another registrable domain")
        }
        _ => Finding::ok(NAME, format!("{host} shares no site with the tenants")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;

    #[test]
    fn one_site_is_warned_of_and_neighbours_under_a_public_suffix_are_not() {
        for (platform, tenants, verdict) in [
            ("https://platform.example.org", "example.org", Verdict::Warn),
            ("https://example.org", "studies.example.org", Verdict::Warn),
            ("https://platform.example.net", "example.org", Verdict::Ok),
            ("https://platform.co.uk", "studies.co.uk", Verdict::Ok),
            ("https://me.github.io", "github.io", Verdict::Ok),
            ("http://127.0.0.1:8080", "localhost", Verdict::Ok),
        ] {
            let found = look(Some(&Url::parse(platform).unwrap()), &Domain::parse(tenants).unwrap());
            assert_eq!(found.verdict, verdict, "{platform} {tenants}: {found:?}");
        }
        assert_eq!(look(None, &Domain::parse("example.org").unwrap()).verdict, Verdict::Warn);
    }
}
