//! The configuration's reference, made of the sections' own declarations: as commented TOML, and as a page.

use super::section::{Given, KeyDoc, SectionDoc};

const HEAD: &str = "\
# Configuration of frescod: every key with its default.
# A key behind `#` has no default: it is unset, or required where it says so.
# Each key may be given as an environment variable instead (FRESCOD_SECTION__KEY), which wins.
";

/// `frescod config reference`.
pub(crate) fn toml(sections: &[SectionDoc]) -> String {
    let mut text = HEAD.to_owned();
    for section in sections {
        text += "\n";
        text += &comment(section.doc);
        text += &format!("[{}]\n", section.name);
        for key in &section.keys {
            text += &toml_key(key);
        }
    }
    text
}

fn toml_key(key: &KeyDoc) -> String {
    let mut notes: Vec<String> = key.range.iter().map(|range| format!("Range: {range}.")).collect();
    let assignment = format!("{} = {}", key.name, key.literal());
    let line = match key.given {
        Given::Default(_) => assignment,
        Given::Required(_) => {
            notes.push("Required.".to_owned());
            format!("# {assignment}")
        }
        Given::Unset(_) => {
            notes.push("Not set unless given.".to_owned());
            format!("# {assignment}")
        }
    };
    let mut text = comment(key.doc);
    if !notes.is_empty() {
        text += &format!("# {}\n", notes.join(" "));
    }
    text + &line + "\n"
}

fn comment(lines: &[&str]) -> String {
    lines.iter().fold(String::new(), |text, line| text + "# " + line.trim() + "\n")
}

/// `docs/operations/configuration.md`.
#[cfg(test)]
pub(crate) fn page(sections: &[SectionDoc]) -> String {
    let mut text = include_str!("reference_head.md").to_owned();
    for section in sections {
        let doc = section.doc.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ");
        text += &format!("\n## [{}]\n\n{doc}\n\n| key | default | what it does |\n|---|---|---|\n", section.name);
        for key in &section.keys {
            text += &row(key);
        }
    }
    text
}

#[cfg(test)]
fn row(key: &KeyDoc) -> String {
    let default = match key.given {
        Given::Default(_) => format!("`{}`", key.literal()),
        Given::Required(_) => format!("**required**, such as `{}`", key.literal()),
        Given::Unset(_) => format!("unset, such as `{}`", key.literal()),
    };
    let mut what = key.doc.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ");
    if let Some(range) = &key.range {
        what += &format!(" ({range})");
    }
    format!("| `{}` | {default} | {} |\n", key.name, what.replace('|', "\\|"))
}
