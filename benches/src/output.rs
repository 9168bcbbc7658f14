//! What people and programs read.

use std::io::{self, Write};

use serde::Serialize;

/// A line of the report. If nobody can read it, there is nobody to tell.
pub(crate) fn note(line: &str) {
    let written = writeln!(io::stderr().lock(), "{line}");
    drop(written);
}

/// The result, for a program.
pub(crate) fn json(value: &impl Serialize) -> anyhow::Result<()> {
    Ok(writeln!(io::stdout().lock(), "{}", serde_json::to_string(value)?)?)
}
