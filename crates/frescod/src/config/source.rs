//! Where values come from: the environment before the file before the default. Every problem is noted, none ends the
//! reading.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::ops::{Range, RangeInclusive};
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problem::{Place, Problem, nearest};
use super::section::{Given, KeyDoc, SectionDoc};
use super::value::Value;

/// What depends on where we run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Context {
    /// systemd's folder of credentials.
    pub(crate) credentials: Option<PathBuf>,
}

/// A configuration file, parsed.
#[derive(Debug)]
pub(super) struct Document<'a> {
    path: &'a Path,
    text: &'a str,
    table: Spanned<DeTable<'a>>,
}

impl<'a> Document<'a> {
    /// Parses as much as can be parsed; every syntax error is a problem.
    pub(super) fn parse(path: &'a Path, text: &'a str, problems: &mut Vec<Problem>) -> Self {
        let (table, errors) = DeTable::parse_recoverable(text);
        let document = Self { path, text, table };
        problems.extend(errors.iter().map(|error| Problem {
            place: document.place(&error.span().unwrap_or_default()),
            text: format!("this is no TOML: {}", error.message()),
        }));
        document
    }

    fn place(&self, span: &Range<usize>) -> Place {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        Place::Line { file: self.path.to_owned(), line: before.matches('\n').count() + 1 }
    }

    fn section(&self, name: &str) -> Option<&DeTable<'a>> {
        self.table.get_ref().get(name)?.get_ref().as_table()
    }

    /// Sections that don't exist, and keys outside any.
    pub(super) fn refuse_unknown_sections(&self, known: &[SectionDoc], problems: &mut Vec<Problem>) {
        for (name, value) in self.table.get_ref() {
            let (text, is_known) =
                (name.get_ref().as_ref(), known.iter().any(|section| section.name == name.get_ref()));
            let what = match (is_known, value.get_ref().is_table()) {
                (true, true) => continue,
                (true, false) => format!("`{text}` must be a section: write [{text}] and its keys below"),
                (false, true) => unknown("section", text, known.iter().map(|section| section.name)),
                (false, false) => format!("the key `{text}` stands in no section: {}", home_of(text, known)),
            };
            problems.push(Problem { place: self.place(&name.span()), text: what });
        }
    }
}

/// `there is no key …` with the nearest right one, or all of them.
fn unknown<'a>(noun: &str, text: &str, known: impl Iterator<Item = &'a str> + Clone) -> String {
    match nearest(text, known.clone()) {
        Some(right) => format!("there is no {noun} `{text}`; did you mean `{right}`?"),
        None => format!("there is no {noun} `{text}`; there are {}", known.collect::<Vec<_>>().join(", ")),
    }
}

fn home_of(key: &str, known: &[SectionDoc]) -> String {
    let home = known.iter().find(|section| section.keys.iter().any(|other| other.name == key));
    match home {
        Some(section) => format!("it belongs below [{}]", section.name),
        None => "see `frescod config reference`".to_owned(),
    }
}

/// What the environment says, by section and key in lower case.
#[derive(Debug, Default)]
pub(super) struct Variables(BTreeMap<(String, String), (String, String)>);

const PREFIX: &str = "FRESCOD_";
/// Read by the command line, not by the configuration.
const OF_THE_COMMAND_LINE: [&str; 3] = ["FRESCOD_CONFIG", "FRESCOD_SERVER", "FRESCOD_KEY_FILE"];

impl Variables {
    /// Takes all `FRESCOD_SECTION__KEY`; one that names no key is a problem, and so is one that is no text.
    pub(super) fn take(
        all: impl IntoIterator<Item = (String, Option<String>)>,
        known: &[SectionDoc],
        problems: &mut Vec<Problem>,
    ) -> Self {
        let mut taken = BTreeMap::new();
        for (name, value) in all {
            let Some(rest) = name.strip_prefix(PREFIX).filter(|_| !OF_THE_COMMAND_LINE.contains(&name.as_str())) else {
                continue;
            };
            let lower = rest.to_ascii_lowercase();
            let parts = lower.split_once("__").filter(|_| rest == rest.to_ascii_uppercase());
            match (parts.filter(|(section, key)| is_known(known, section, key)), value) {
                (Some((section, key)), Some(value)) => {
                    taken.insert((section.to_owned(), key.to_owned()), (name, value));
                }
                (Some(_), None) => {
                    let text = "its value is no text in UTF-8; give it one, or unset it".to_owned();
                    problems.push(Problem { place: Place::Variable(name), text });
                }
                (None, _) => problems.push(unknown_variable(name, known)),
            }
        }
        Self(taken)
    }
}

fn is_known(known: &[SectionDoc], section: &str, key: &str) -> bool {
    known.iter().any(|doc| doc.name == section && doc.keys.iter().any(|other| other.name == key))
}

fn unknown_variable(name: String, known: &[SectionDoc]) -> Problem {
    let all: Vec<String> = known
        .iter()
        .flat_map(|section| section.keys.iter().map(|key| super::variable(section.name, key.name)))
        .collect();
    let hint = match nearest(&name, all.iter().map(String::as_str)) {
        Some(right) => format!("did you mean {right}?"),
        None => "expected FRESCOD_SECTION__KEY of `frescod config reference`".to_owned(),
    };
    Problem { place: Place::Variable(name), text: format!("this names no key; {hint}") }
}

/// Reads one section after the other, and notes what is wrong.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    pub(super) document: Option<Document<'a>>,
    pub(super) variables: Variables,
    pub(super) context: Context,
    /// The file that was looked for, named where a required key is missing.
    pub(super) file: &'a Path,
    pub(super) problems: Vec<Problem>,
}

impl Reader<'_> {
    pub(crate) fn refuse_unknown_keys(&mut self, doc: &SectionDoc) {
        let Some(document) = &self.document else { return };
        for (key, _) in document.section(doc.name).into_iter().flatten() {
            if doc.keys.iter().all(|known| known.name != key.get_ref()) {
                let what =
                    unknown(&format!("key in [{}]", doc.name), key.get_ref(), doc.keys.iter().map(|key| key.name));
                self.problems.push(Problem { place: document.place(&key.span()), text: what });
            }
        }
    }

    /// The key's value; `None` if it has none, or a wrong one: then that is noted.
    pub(crate) fn get<T: Value>(&mut self, (section, key): (&str, &KeyDoc)) -> Option<T> {
        let place = self.place(section, key.name);
        let read = self.read::<T>(section, key).transpose();
        let read = read.and_then(|read| read.map(|value| value.settle(&self.context)).transpose());
        match read {
            Ok(Some(value)) => Some(value),
            Ok(None) => T::absent().or_else(|| self.note_missing(section, key, "")),
            Err(wrong) => self.note(place, format!("`{section}.{}` {wrong}", key.name)),
        }
    }

    /// The value if it is within `range`; else that is noted.
    pub(crate) fn bounded<T: PartialOrd + Display>(
        &mut self,
        (section, key): (&str, &KeyDoc),
        value: Option<T>,
        range: RangeInclusive<T>,
    ) -> Option<T> {
        let value = value?;
        if range.contains(&value) {
            return Some(value);
        }
        let place = self.place(section, key.name);
        let bounds = super::section::describe(&range);
        self.note(place, format!("`{section}.{}` is {value}, expected {bounds}", key.name))
    }

    fn read<T: Value>(&self, section: &str, key: &KeyDoc) -> Option<Result<T, String>> {
        let wrong = |shown: &str| format!("is {shown}, expected {} such as {}", key.expected, key.literal());
        if let Some((_, text)) = self.variables.0.get(&(section.to_owned(), key.name.to_owned())) {
            return Some(T::from_text(text).ok_or_else(|| wrong(&shown(text))));
        }
        if let Some(value) = self.in_file(section, key.name) {
            let value = value.get_ref();
            let shown = || value.as_str().map_or_else(|| a_toml(value), shown);
            return Some(T::from_toml(value).ok_or_else(|| wrong(&shown())));
        }
        match key.given {
            Given::Default(text) => Some(T::from_text(text).ok_or_else(|| wrong(text))),
            Given::Required(_) | Given::Unset(_) => None,
        }
    }

    fn in_file(&self, section: &str, key: &str) -> Option<&Spanned<DeValue<'_>>> {
        self.document.as_ref()?.section(section)?.get(key)
    }

    /// Where the key's value comes from.
    pub(super) fn place(&self, section: &str, key: &str) -> Place {
        if let Some((variable, _)) = self.variables.0.get(&(section.to_owned(), key.to_owned())) {
            return Place::Variable(variable.clone());
        }
        let in_file = self.document.as_ref().zip(self.in_file(section, key));
        in_file.map_or(Place::Default, |(document, value)| document.place(&value.span()))
    }

    /// Whether the environment or the file says anything of it, be it wrong.
    pub(super) fn is_given(&self, section: &str, key: &str) -> bool {
        self.place(section, key) != Place::Default
    }

    /// `why` follows what is missing.
    pub(super) fn note_missing<T>(&mut self, section: &str, key: &KeyDoc, why: &str) -> Option<T> {
        let state = if self.document.is_some() { "" } else { " (the file isn't there)" };
        let variable = super::variable(section, key.name);
        let text = format!(
            "`{section}.{name}` is missing{why}{state}: set {name} = {example} below [{section}], or {variable}",
            name = key.name,
            example = key.literal(),
        );
        self.note(Place::File(self.file.to_owned()), text)
    }

    pub(super) fn note<T>(&mut self, place: Place, text: String) -> Option<T> {
        self.problems.push(Problem { place, text });
        None
    }
}

/// A text as it is shown in a problem: quoted, cut, and never the password of somebody who put a URL where its file's
/// path belongs.
fn shown(text: &str) -> String {
    if text.contains("://") && text.contains('@') {
        return "a URL with credentials (not shown)".to_owned();
    }
    let cut: String = text.chars().take(80).collect();
    format!("{cut:?}")
}

fn a_toml(value: &DeValue<'_>) -> String {
    match value {
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.to_string(),
        DeValue::Boolean(truth) => truth.to_string(),
        DeValue::String(_) => "a string".to_owned(),
        DeValue::Datetime(_) => "a date or time".to_owned(),
        DeValue::Array(_) => "an array".to_owned(),
        DeValue::Table(_) => "a table".to_owned(),
    }
}
