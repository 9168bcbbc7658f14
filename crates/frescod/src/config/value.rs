//! What a key's value may be: how it is read from text and from TOML, and how it is written.
//!
//! To add a type: implement [`Value`], or list it in [`text_value`] if it is a string in TOML.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4};
use std::path::PathBuf;

use domain::app::AppName;
use domain::quantity::{Bytes, Span};
use domain::signup::SignupMode;
use domain::tenant::RouteProvider;
use domain::{Domain, Email, Quota, TraefikName};
use ipnet::{IpNet, Ipv4Net};
use mail::{Encryption, Sender};
use provisioner::container::{NetworkName, PlatformId};
use provisioner::database::PlainName;
use provisioner::firewall::{Backend, Egress};
use toml::de::DeValue;

use super::source::Context;

/// A type that a key can have.
pub(crate) trait Value: Sized {
    /// Completes "expected …".
    const EXPECTED: &'static str;
    /// Whether TOML writes it in quotes.
    const QUOTED: bool = true;

    /// Reads it from an environment variable, a default or a TOML string; `None` if it is none.
    fn from_text(text: &str) -> Option<Self>;

    /// Reads it from TOML.
    fn from_toml(value: &DeValue<'_>) -> Option<Self> {
        value.as_str().and_then(Self::from_text)
    }

    /// What it is where nothing is said and there is no default; `None`: something must be said.
    fn absent() -> Option<Self> {
        None
    }

    /// Settles what depends on where we run.
    ///
    /// # Errors
    /// What is wrong, in words.
    fn settle(self, _context: &Context) -> Result<Self, String> {
        Ok(self)
    }
}

impl<T: Value> Value for Option<T> {
    const EXPECTED: &'static str = T::EXPECTED;
    const QUOTED: bool = T::QUOTED;

    fn from_text(text: &str) -> Option<Self> {
        T::from_text(text).map(Some)
    }

    fn from_toml(value: &DeValue<'_>) -> Option<Self> {
        T::from_toml(value).map(Some)
    }

    fn absent() -> Option<Self> {
        Some(None)
    }

    fn settle(self, context: &Context) -> Result<Self, String> {
        self.map(|value| value.settle(context)).transpose()
    }
}

impl Value for bool {
    const EXPECTED: &'static str = "true or false";
    const QUOTED: bool = false;

    fn from_text(text: &str) -> Option<Self> {
        text.parse().ok()
    }

    fn from_toml(value: &DeValue<'_>) -> Option<Self> {
        value.as_bool()
    }
}

macro_rules! number_value {
    ($($type:ty)*) => { $(
        impl Value for $type {
            const EXPECTED: &'static str = concat!("a whole number of 0 or more (", stringify!($type), ")");
            const QUOTED: bool = false;

            fn from_text(text: &str) -> Option<Self> {
                text.parse().ok()
            }

            fn from_toml(value: &DeValue<'_>) -> Option<Self> {
                let number = value.as_integer()?;
                Self::from_str_radix(number.as_str(), number.radix()).ok()
            }
        }
    )* };
}
number_value!(u16 u32 usize);

macro_rules! text_value {
    ($($type:ty: $expected:literal, $read:expr;)*) => { $(
        impl Value for $type {
            const EXPECTED: &'static str = $expected;

            fn from_text(text: &str) -> Option<Self> {
                let read: fn(&str) -> Option<Self> = $read;
                read(text)
            }
        }
    )* };
}
/// An address to listen on, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Listener(pub(crate) Option<SocketAddr>);

impl Value for Listener {
    const EXPECTED: &'static str = "an address with its port, as in 127.0.0.1:9464, or \"off\"";

    fn from_text(text: &str) -> Option<Self> {
        if text == "off" { Some(Self(None)) } else { text.parse().ok().map(|address| Self(Some(address))) }
    }
}

/// Several values of a kind. As a text they stand in brackets or not, each in quotes or not, with commas between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct List<T>(pub(crate) Vec<T>);

impl<T: Value> Value for List<T> {
    const EXPECTED: &'static str = "a list";
    const QUOTED: bool = false;

    fn from_text(text: &str) -> Option<Self> {
        let text = text.trim();
        let inner = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
        let items = inner.split(',').map(|item| item.trim().trim_matches('"')).filter(|item| !item.is_empty());
        items.map(T::from_text).collect::<Option<_>>().map(Self)
    }

    fn from_toml(value: &DeValue<'_>) -> Option<Self> {
        let items = value.as_array()?.iter();
        items.map(|item| T::from_toml(item.get_ref())).collect::<Option<_>>().map(Self)
    }
}

impl Value for Egress {
    const EXPECTED: &'static str = "\"open\", \"none\" or a list of IPv4 networks";

    fn from_text(text: &str) -> Option<Self> {
        match text {
            "open" => Some(Self::Open),
            "none" => Some(Self::Closed),
            networks => List::from_text(networks).filter(|list| !list.0.is_empty()).map(|list| Self::Only(list.0)),
        }
    }

    fn from_toml(value: &DeValue<'_>) -> Option<Self> {
        match value.as_str() {
            Some(text) => Self::from_text(text),
            None => List::from_toml(value).map(|list| Self::Only(list.0)),
        }
    }
}

text_value! {
    SocketAddr: "an IP address and a port", |text| text.parse().ok();
    SocketAddrV4: "an IPv4 address and a port", |text| text.parse().ok();
    Ipv4Addr: "an IPv4 address", |text| text.parse().ok();
    Backend: "\"iptables\", \"iptables-nft\" or \"iptables-legacy\"", |text| match text {
        "iptables" => Some(Self::Usual),
        "iptables-nft" => Some(Self::Nft),
        "iptables-legacy" => Some(Self::Legacy),
        _ => None,
    };
    PathBuf: "an absolute path", |text| Some(Self::from(text)).filter(|path| path.is_absolute());
    Span: "a length of time", |text| Self::try_from(text.to_owned()).ok();
    Bytes: "a size in KiB, MiB or GiB", |text| Self::parse(text).ok();
    Ipv4Net: "an IPv4 network", |text| text.parse().ok().filter(|network: &Self| network.trunc() == *network);
    IpNet: "a network", |text| text.parse().ok().filter(|network: &Self| network.trunc() == *network);
    Quota: "how often in how long a time", |text| Self::parse(text).ok();
    AppName: "an app's name", |text| Self::parse(text).ok();
    PlatformId: "1 to 32 lower-case letters, digits and `-`", |text| Self::parse(text).ok();
    PlainName: "1 to 48 lower-case letters, digits and `_`, no digit first", |text| Self::parse(text).ok();
    NetworkName: "1 to 64 lower-case letters, digits, `_` and `-`", |text| Self::parse(text).ok();
    RouteProvider: "\"labels\" or \"file\"", |text| match text {
        "labels" => Some(Self::Labels),
        "file" => Some(Self::File),
        _ => None,
    };
    LogFormat: "\"text\" or \"json\"", |text| match text {
        "text" => Some(Self::Text),
        "json" => Some(Self::Json),
        _ => None,
    };
    Domain: "a domain name in lower case", |text| Self::parse(text).ok();
    TraefikName: "1 to 64 letters, digits, `_` and `-`", |text| Self::parse(text).ok();
    Interface: "1 to 15 lower-case letters, digits, `_` and `-`", |text| Some(Self(text.to_owned())).filter(Self::is_valid);
    CgroupParent: "a slice's name, or an absolute path below the root of the cgroups,", |text| Self::parse(text);
    Filter: "a log filter", |text| {
        let valid = !text.is_empty() && tracing_subscriber::EnvFilter::try_new(text).is_ok();
        valid.then(|| Self(text.to_owned()))
    };
    SignupMode: "\"open\", \"invitation\", \"approval\" or \"closed\"", |text| Self::parse(text);
    Email: "an address as in `help@example.org`", |text| Self::parse(text).ok();
    Sender: "an address as in `Fresco <no-reply@example.org>`", |text| Self::parse(text).ok();
    SmtpUrl: "`smtp://HOST`, `smtps://HOST` or, to this machine, `smtp+plain://127.0.0.1`", |text| Self::parse(text);
    TermsVersion: "1 to 64 letters, digits and signs", |text| {
        let sane = (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        sane.then(|| Self(text.to_owned()))
    };
    HttpUrl: "an http or https URL", |text| {
        let url = reqwest::Url::parse(text).ok()?;
        (matches!(url.scheme(), "http" | "https") && url.has_host()).then_some(Self(url))
    };
}

/// How the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogFormat {
    Text,
    Json,
}

/// A network interface: the kernel takes 15 characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Interface(pub(crate) String);

impl Interface {
    fn is_valid(&self) -> bool {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
        (1..=15).contains(&self.0.len()) && self.0.bytes().all(allowed)
    }
}

/// What an engine takes for the group its containers are in: with the cgroup driver `systemd` a slice
/// (`fresco-tenants.slice`), with `cgroupfs` a path (`/fresco.slice/fresco-tenants.slice`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CgroupParent {
    Slice(String),
    Path(String),
}

impl CgroupParent {
    fn parse(text: &str) -> Option<Self> {
        let name = |part: &str| {
            let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
            (1..=63).contains(&part.len()) && part.bytes().all(allowed) && !part.starts_with('.')
        };
        match text.strip_prefix('/') {
            Some(path) => path.split('/').all(name).then(|| Self::Path(text.to_owned())),
            None => (name(text) && text.ends_with(".slice")).then(|| Self::Slice(text.to_owned())),
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        match self {
            Self::Slice(text) | Self::Path(text) => text,
        }
    }

    /// Where it is below the root of the cgroups: systemd keeps `a-b.slice` in `a.slice`.
    pub(crate) fn path(&self) -> String {
        let Self::Slice(name) = self else { return self.as_str().trim_start_matches('/').to_owned() };
        let stem = name.trim_end_matches(".slice");
        let ends = stem.match_indices('-').map(|(at, _)| at).chain([stem.len()]);
        ends.map(|end| format!("{}.slice", &stem[..end])).collect::<Vec<_>>().join("/")
    }
}

/// What of the log is written, in the syntax of tracing's filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Filter(pub(crate) String);

/// A mail server. No password stands in it: that is `mail.login_file`'s.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SmtpUrl {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) encryption: Encryption,
}

impl SmtpUrl {
    fn parse(text: &str) -> Option<Self> {
        let url = reqwest::Url::parse(text).ok()?;
        let host = url.host_str().filter(|host| !host.is_empty())?.trim_matches(['[', ']']).to_owned();
        let bare = url.username().is_empty() && url.password().is_none() && url.query().is_none();
        let (encryption, usual) = match url.scheme() {
            "smtp" => (Encryption::StartTls, 587),
            "smtps" => (Encryption::Implicit, 465),
            // Whoever listens on the way would read every link.
            "smtp+plain" if is_here(&host) => (Encryption::None, 25),
            _ => return None,
        };
        let bare = bare && url.fragment().is_none() && matches!(url.path(), "" | "/");
        bare.then(|| Self { host, port: url.port().unwrap_or(usual), encryption })
    }
}

fn is_here(host: &str) -> bool {
    host == "localhost" || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

/// Which terms of use are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TermsVersion(pub(crate) String);

/// A URL we may ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HttpUrl(pub(crate) reqwest::Url);
