//! Letters of a developer's platform reach nobody: they are shown where it runs, and kept in its folder.

use mail::Rendered;

use crate::terminal;

/// Shows a letter that has landed, with the link that its recipient would follow.
pub(super) fn announce(recipient: &str, letter: &Rendered) {
    terminal::note(&format!("\n  letter to {recipient}: {}", letter.subject));
    if let Some(link) = &letter.link {
        terminal::note(&format!("    {link}\n"));
    }
}
