//! How a change that was asked for is followed: the flags that each such command has.

use domain::quantity::Span;

use super::client::Server;
use super::deploy::span;

#[derive(Debug, clap::Args)]
pub(super) struct Follow {
    /// How long to follow it [usually: 15m, and on while a step is under way, which has a deadline of its own]
    #[arg(long, value_name = "TIME", value_parser = span)]
    pub(super) timeout: Option<Span>,
    /// Don't wait for it
    #[arg(long)]
    pub(super) no_wait: bool,
    /// Print one JSON object at the end, and no progress
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) server: Server,
}
