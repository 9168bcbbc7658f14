//! The log: one line an event, on standard error. [`metrics`]: what is counted, for Prometheus.

pub(crate) mod metrics;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::LogFormat;

/// Starts the log. A second call in one process changes nothing.
///
/// # Errors
/// If the filter makes no sense, or a log was started before.
pub(crate) fn start(format: LogFormat, filter: &str) -> anyhow::Result<()> {
    let builder = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::try_new(filter)?)
        .with_writer(std::io::stderr)
        .with_ansi(crate::terminal::is_watched());
    match format {
        LogFormat::Text => builder.finish().try_init()?,
        LogFormat::Json => builder.json().flatten_event(true).finish().try_init()?,
    }
    Ok(())
}
