//! What a developer, or a script, is told when everything works.

use std::io::ErrorKind;
use std::path::Path;

use anyhow::Context;
use serde_json::json;

use super::certificates::authority_file;
use super::state::operator_key_file;
use super::{Choices, configuration};
use crate::files::replace;
use crate::terminal;

/// Prints the welcome and writes the ready file.
pub(super) fn say(choices: &Choices) -> anyhow::Result<()> {
    let (api, key) = (format!("http://127.0.0.1:{}", choices.api), operator_key_file(&choices.state));
    let authority = authority_file(choices)?;
    terminal::say(&words(choices, &api, &key, &authority))?;
    let Some(file) = &choices.ready_file else { return Ok(()) };
    let ready = json!({
        "api": api, "key_file": key, "ca_file": authority, "http_port": choices.http, "https_port": choices.https,
        "state": choices.state, "config": configuration::file(&choices.state), "pid": std::process::id(),
    });
    replace(file, &format!("{ready}\n"), 0o644)
}

fn words(choices: &Choices, api: &str, key: &Path, authority: &Path) -> String {
    let (https, key, authority) = (choices.https, key.display(), authority.display());
    let (quoted_key, quoted_authority) = (terminal::quoted(&key), terminal::quoted(&authority));
    let clean = &choices.clean_command;
    format!(
        "
  The platform runs.

    pages      {api}
    API        {api}/api/openapi.json
    key        {key}
    tenants    https://NAME.localhost:{https}
    authority  {authority}
               trust it in your browser, or:  curl --cacert {quoted_authority} https://NAME.localhost:{https}

  Deploy a first tenant from another terminal:

    export FRESCOD_SERVER={api} FRESCOD_KEY_FILE={quoted_key}
    frescod tenant deploy my-study

  Ctrl-C stops the platform; tenants' containers stay, and are found again by the next run.
  What it made is removed, tenants and their data included, by:  {clean}
"
    )
}

/// Removes the ready file: nothing is ready.
pub(super) fn forget(choices: &Choices) -> anyhow::Result<()> {
    let Some(file) = &choices.ready_file else { return Ok(()) };
    match std::fs::remove_file(file) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("can't remove {}", file.display()))
        }
        _ => Ok(()),
    }
}
