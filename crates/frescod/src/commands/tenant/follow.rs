//! How a change that was asked for is followed: the flags that each such command has.

use domain::quantity::Span;

use super::client::Server;
use super::deploy::span;

#[derive(Debug, clap::Args)]
pub(super) struct Follow {
    /// How long to follow it
    #[arg(long, value_name = "TIME", default_value = "15m", value_parser = span)]
    pub(super) timeout: Span,
    /// Don't wait for it
    #[arg(long)]
    pub(super) no_wait: bool,
    /// Print one JSON object at the end, and no progress
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) server: Server,
}
