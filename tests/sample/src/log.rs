//! Log lines in Fresco's shape: plain text over several lines, no timestamp, no level, no JSON.
//!
//! A reader must find entries by their first line (`⨯ Error: …`) and their indented rest; that is the point of it.

use std::{error::Error, fmt::Display, io::Write};

/// One line on standard output.
pub(crate) fn out(line: impl Display) {
    // Nobody is left to tell when the reader of our log is gone.
    let _closed = writeln!(std::io::stdout().lock(), "{line}");
}

/// One line on standard error, where harmless notes come too.
pub(crate) fn err(line: impl Display) {
    let _closed = writeln!(std::io::stderr().lock(), "{line}");
}

/// An error entry: message with its causes, an indented trace, and a closing brace.
pub(crate) fn error(failure: &dyn Error, code: &str) {
    err(format_args!("⨯ Error: {}\n    at sample (/app/sample) {{\n  code: '{code}'\n}}", chain(failure)));
}

/// What the Prisma client prints before such an entry when the database refuses.
pub(crate) fn query_error(failure: &dyn Error, code: &str) {
    err(format_args!("prisma:error \n  Invalid `prisma` invocation:\n  {}", chain(failure)));
    error(failure, code);
}

/// An error's message followed by those of its causes, leaving out a cause its parent already quotes.
pub(crate) fn chain(failure: &dyn Error) -> String {
    let mut text = failure.to_string();
    let mut cause = failure.source();
    while let Some(next) = cause {
        let message = next.to_string();
        if !text.ends_with(&message) {
            text.push_str(": ");
            text.push_str(&message);
        }
        cause = next.source();
    }
    text
}
