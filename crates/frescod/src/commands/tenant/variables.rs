//! An app's variables, as deploy and update take them.

use serde_json::{Map, Value, json};

#[derive(Debug, clap::Args)]
pub(super) struct Variables {
    /// Set a variable that the app's settings list; may be repeated
    #[arg(long = "env", value_name = "NAME=VALUE", value_parser = variable)]
    environment: Vec<(String, String)>,
    /// The same from a file: a NAME=VALUE a line, the value as it stands there, # before comments; --env goes before it
    #[arg(long = "env-file", value_name = "FILE", value_parser = file)]
    files: Vec<Lines>,
}

/// What one file sets.
#[derive(Clone, Debug)]
struct Lines(Vec<(String, String)>);

impl Variables {
    /// Each with its value; of two for one name the last, and `--env` before files.
    pub(super) fn set(&self) -> Map<String, Value> {
        let files = self.files.iter().flat_map(|Lines(variables)| variables);
        files.chain(&self.environment).map(|(name, value)| (name.clone(), json!(value))).collect()
    }
}

fn variable(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').filter(|(name, _)| !name.is_empty());
    pair.map(|(name, value)| (name.to_owned(), value.to_owned())).ok_or_else(|| "expected NAME=VALUE".to_owned())
}

fn file(path: &str) -> Result<Lines, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("it can't be read: {error}"))?;
    lines(&text)
}

/// All that is wrong, by its line; never what stands there, which may be secret.
fn lines(text: &str) -> Result<Lines, String> {
    let (mut set, mut wrong) = (Vec::<(String, String)>::new(), Vec::new());
    for (number, line) in (1..).zip(text.lines()) {
        if line.trim().is_empty() || line.trim_start().starts_with('#') {
            continue;
        }
        match variable(line) {
            Ok((name, _)) if !is_name(&name) => {
                wrong.push(format!("line {number}: before `=` stands no name of letters, digits and `_`"));
            }
            Ok((name, _)) if set.iter().any(|(other, _)| *other == name) => {
                wrong.push(format!("line {number}: {name} is set a second time"));
            }
            Ok(pair) => set.push(pair),
            Err(expected) => wrong.push(format!("line {number}: {expected}")),
        }
    }
    if wrong.is_empty() { Ok(Lines(set)) } else { Err(wrong.join("; ")) }
}

fn is_name(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_sets_what_it_says_and_each_wrong_line_is_told_without_what_it_holds() {
        let Lines(set) = lines("# mail\n\nSMTP_HOST=mail.example.org\r\nSMTP_PASSWORD=a = \"b\" #c\n").unwrap();
        let set: Vec<_> = set.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(set, [("SMTP_HOST", "mail.example.org"), ("SMTP_PASSWORD", "a = \"b\" #c")]);
        let told = lines("A=1\nhunter2\nexport B=hunter2\nA=hunter2\n").unwrap_err();
        assert_eq!(
            told,
            "line 2: expected NAME=VALUE; line 3: before `=` stands no name of letters, digits and `_`; \
             line 4: A is set a second time"
        );
    }
}
