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

/// An account with at least this many stages: copies of the example, each with other APIs and
/// certificates.
pub(crate) fn large(stages: usize) -> Value {
    const LISTS: [&str; 6] =
        ["stages", "apis", "integrations", "clientCertificates", "acmCertificates", "resourceTagMappingList"];
    let example = example();
    let mut account = example.clone();
    account["exports"] = Value::Object(serde_json::Map::new());
    for list in LISTS {
        account[list] = Value::Array(Vec::new());
    }
    let text = example.to_string();
    let after = |marker: &str| -> std::collections::BTreeSet<String> {
        let id = |part: &str| part.split(['/', '"']).next().unwrap_or_default().to_owned();
        text.split(marker).skip(1).map(id).filter(|id| id.len() == 10).collect()
    };
    let apis: Vec<String> = after("/restapis/").union(&after("/apis/")).cloned().collect();
    let certificates = example["clientCertificates"].as_array().unwrap();
    let ids = certificates.iter().map(|it| it["clientCertificateId"].as_str().unwrap().to_owned());
    let ids: Vec<String> = ids.collect();
    for copy in 0.. {
        let mut copied = text.clone();
        for id in apis.iter().chain(&ids) {
            copied = copied.replace(id.as_str(), &format!("{}{copy:04}", id.split_at(id.len() - 4).0));
        }
        // The first four of the 32 hexadecimal digits of an ACM certificate.
        copied = copied
            .split(":certificate/")
            .enumerate()
            .map(|(number, part)| match number {
                0 => part.to_owned(),
                _ => format!(":certificate/{copy:04}{}", part.split_at(4).1),
            })
            .collect();
        let mut copied: Value = serde_json::from_str(&copied).unwrap();
        for list in LISTS {
            account[list].as_array_mut().unwrap().append(copied[list].as_array_mut().unwrap());
        }
        account["exports"].as_object_mut().unwrap().append(copied["exports"].as_object_mut().unwrap());
        if account["stages"].as_array().unwrap().len() >= stages {
            return account;
        }
    }
    account
}
