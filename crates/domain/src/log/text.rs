//! Text as it came, and as people read it.

use std::borrow::Cow;

/// A line's bytes as text: what is no UTF-8 is replaced, a progress line's overwritten states are folded to its last. Most lines
/// need neither, and are not copied.
pub(super) fn readable(bytes: Vec<u8>) -> String {
    if bytes.contains(&b'\r') {
        return String::from_utf8_lossy(folded(&bytes)).into_owned();
    }
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// What a terminal shows last of a line that goes back to its beginning.
fn folded(bytes: &[u8]) -> &[u8] {
    let mut shown = bytes;
    while let [rest @ .., b'\r'] = shown {
        shown = rest;
    }
    match shown.iter().rposition(|byte| *byte == b'\r') {
        Some(back) => &shown[back + 1..],
        None => shown,
    }
}

/// Without colours and other escape sequences (ECMA-48: CSI, OSC and the short ones).
pub(super) fn without_escapes(text: &str) -> Cow<'_, str> {
    let Some(first) = text.find('\u{1b}') else { return Cow::Borrowed(text) };
    let mut plain = text[..first].to_owned();
    let mut rest = &text[first..];
    while let Some(at) = rest.find('\u{1b}') {
        plain.push_str(&rest[..at]);
        rest = after_escape(&rest[at + 1..]);
    }
    plain.push_str(rest);
    Cow::Owned(plain)
}

/// What comes after the sequence whose ESC has been read.
fn after_escape(text: &str) -> &str {
    let past = |end: Option<usize>| end.map_or("", |at| &text[at..]);
    match text.as_bytes().first() {
        Some(b'[') => past(text.bytes().skip(1).position(|byte| (0x40..=0x7e).contains(&byte)).map(|at| at + 2)),
        // A string, up to BEL or ESC `\`; any other ESC begins another sequence. Looked through once, or a line of many
        // beginnings would take long.
        Some(b']') => match text.find(['\u{7}', '\u{1b}']) {
            Some(at) if text[at..].starts_with("\u{1b}\\") => &text[at + 2..],
            Some(at) if text[at..].starts_with('\u{7}') => &text[at + 1..],
            end => past(end),
        },
        Some(byte) if byte.is_ascii() => &text[1..],
        Some(_) | None => text,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_progress_line_is_its_last_state() {
        for (bytes, text) in [
            (&b"10%\r50%\r100%"[..], "100%"),
            (b"10%\r100%\r\r", "100%"),
            (b"windows\r", "windows"),
            (b"\r\r", ""),
            (b"a\xff\xfeb", "a\u{fffd}\u{fffd}b"),
            (b"\xff\rb", "b"),
        ] {
            assert_eq!(readable(bytes.to_owned()), text);
        }
    }

    #[test]
    fn escapes_are_no_text() {
        assert_eq!(without_escapes("\u{1b}[31;1mred\u{1b}[0m end"), "red end");
        assert_eq!(without_escapes("\u{1b}]8;;http://x\u{7}link\u{1b}]8;;\u{1b}\\!"), "link!");
        assert_eq!(without_escapes("\u{1b}7saved\u{1b}"), "saved");
        assert_eq!(without_escapes("\u{1b}[31"), "");
        assert_eq!(without_escapes("\u{1b}]8;;\u{1b}[1mx\u{7}y"), "x\u{7}y");
        assert_eq!(without_escapes("\u{1b}]never ends"), "");
        assert_eq!(without_escapes("\u{1b}é"), "é");
    }

    proptest! {
        #[test]
        fn nothing_is_too_strange(bytes in proptest::collection::vec(prop_oneof![any::<u8>(), Just(0x1b), Just(b'['), Just(b'\r')], 0..200)) {
            let text = readable(bytes);
            prop_assert!(!text.contains('\r'));
            let escape = '\u{1b}';
            prop_assert!(!without_escapes(&text).contains(escape));
        }
    }
}
