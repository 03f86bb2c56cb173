//! Accounts derived from the example, as files.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::here;

/// The built-in example account.
pub(crate) fn example() -> Value {
    serde_json::from_str(&std::fs::read_to_string(here("examples/account.json")).unwrap()).unwrap()
}

/// The example at another instant, with changes.
pub(crate) fn at(instant: &str, change: impl FnOnce(&mut Value)) -> Value {
    let mut account = example();
    account["takenAt"] = instant.into();
    change(&mut account);
    account
}

/// The `configuration` of a stage, such as `k3v9q0m2xa/prod`.
pub(crate) fn stage<'a>(account: &'a mut Value, label: &str) -> &'a mut Value {
    let (api, name) = label.split_once('/').unwrap();
    let end = format!("/{api}/stages/{name}");
    let rows = account["stages"].as_array_mut().unwrap();
    let row = rows.iter_mut().find(|row| row["resourceId"].as_str().unwrap().ends_with(&end)).unwrap();
    &mut row["configuration"]
}

/// Detaches the certificate of a stage.
pub(crate) fn detach(account: &mut Value, label: &str) {
    stage(account, label).as_object_mut().unwrap().remove("clientCertificateId");
}

/// Deletes a stage.
pub(crate) fn delete(account: &mut Value, label: &str) {
    let (api, name) = label.split_once('/').unwrap();
    let end = format!("/{api}/stages/{name}");
    account["stages"]
        .as_array_mut()
        .unwrap()
        .retain(|row| !row["resourceId"].as_str().unwrap().ends_with(&end));
}

/// Writes an account to a file of a folder.
pub(crate) fn write(folder: &Path, name: &str, account: &Value) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, account.to_string()).unwrap();
    path
}
