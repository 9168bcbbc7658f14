//! What people read: results on standard output, complaints and progress on standard error.
//!
//! Much of it strangers wrote: an image's version, an app's log, a server's answer. Their control characters, which could
//! rewrite the screen, are shown and not sent: newlines and tabs are all that get through.

use std::borrow::Cow;
use std::io::{self, IsTerminal, Write};

use serde::Serialize;

/// One line of the result.
///
/// # Errors
/// If nobody can read it any more.
pub(crate) fn say(line: &str) -> io::Result<()> {
    writeln!(io::stdout().lock(), "{}", harmless(line))
}

/// The result as JSON, in one line.
///
/// # Errors
/// As [`say`].
pub(crate) fn say_json(value: &impl Serialize) -> io::Result<()> {
    say(&serde_json::to_string(value)?)
}

/// A table whose columns line up; the last one is free.
///
/// # Errors
/// As [`say`].
pub(crate) fn say_table(head: &[&str], rows: &[Vec<String>]) -> io::Result<()> {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain([head[column].chars().count()]).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        let cells = cells.zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    say(&line(&mut head.iter().copied()))?;
    rows.iter().try_for_each(|row| say(&line(&mut row.iter().map(String::as_str))))
}

/// A complaint. If nobody can read it, there is nobody to tell.
pub(crate) fn complain(text: &str) {
    note(&format!("frescod: {text}"));
}

/// Progress, beside the result. As [`complain`].
pub(crate) fn note(text: &str) {
    let written = writeln!(io::stderr().lock(), "{}", harmless(text));
    drop(written);
}

/// In place of the line the cursor is in, which is left for the next. As [`complain`].
pub(crate) fn renew_line(text: &str) {
    let mut err = io::stderr().lock();
    drop(write!(err, "\r\x1b[2K{}", harmless(text)));
    drop(err.flush());
}

/// Whether somebody watches.
pub(crate) fn is_watched() -> bool {
    io::stderr().is_terminal()
}

/// Asks for one line; `None` if there is nobody to ask.
///
/// # Errors
/// If the terminal can't be read.
pub(crate) fn ask(question: &str) -> io::Result<Option<String>> {
    if !io::stdin().is_terminal() {
        return Ok(None);
    }
    write!(io::stderr().lock(), "{} ", harmless(question))?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    Ok(Some(answer.trim().to_owned()))
}

/// The text with its control characters as JSON writes them, so that JSON stays JSON.
fn harmless(text: &str) -> Cow<'_, str> {
    let is_harmful = |letter: char| letter.is_control() && !matches!(letter, '\n' | '\t');
    if !text.contains(is_harmful) {
        return Cow::Borrowed(text);
    }
    let shown =
        |letter| if is_harmful(letter) { format!("\\u{:04x}", u32::from(letter)) } else { String::from(letter) };
    Cow::Owned(text.chars().map(shown).collect())
}

/// The text as a POSIX shell reads it back, quoted only if it has to be.
pub(crate) fn quoted(text: impl std::fmt::Display) -> String {
    let text = text.to_string();
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "/._-:,@%+=".contains(letter);
    if !text.is_empty() && text.chars().all(is_plain) { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::{harmless, quoted};

    #[test]
    fn control_characters_are_shown_and_lines_and_columns_kept() {
        let hostile = "4.0.0\u{1b}[2J\u{1b}]0;owned\u{7}\r\u{9b}31m\u{7f}";
        assert_eq!(harmless(hostile), r"4.0.0\u001b[2J\u001b]0;owned\u0007\u000d\u009b31m\u007f");
        let json = serde_json::to_string(hostile).unwrap();
        assert_eq!(serde_json::from_str::<String>(&harmless(&json)).unwrap(), hostile);
        for plain in ["", "a\tb\n", "⠋ žluťoučký 研究"] {
            assert_eq!(harmless(plain), plain);
        }
    }

    #[test]
    fn a_shell_reads_back_what_was_quoted() {
        for text in ["/var/lib/plain-1.0", "", "two words", "it's $HOME", "~/x", "a;b\n`c`"] {
            let script = format!("printf %s {}", quoted(text));
            let output = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
            assert_eq!(String::from_utf8(output.stdout).unwrap(), text, "{script}");
        }
        assert_eq!(quoted("/var/lib/plain-1.0"), "/var/lib/plain-1.0");
    }
}
