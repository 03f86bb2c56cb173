//! Where a command reads from.

use std::io::Read;
use std::path::Path;

use stagecert::Failure;
use stagecert::snapshot::Snapshot;

/// The example account, so that a first look needs no file and no AWS.
const EXAMPLE: &str = include_str!("../../../examples/account.json");

pub(crate) fn example() -> Result<Snapshot, Failure> {
    Snapshot::parse(EXAMPLE)
}

pub(crate) fn snapshot(path: &Path) -> Result<Snapshot, Failure> {
    Snapshot::parse(&text(path)?)
}

/// The text of a file, or of standard input for `-`.
pub(crate) fn text(path: &Path) -> Result<String, Failure> {
    let read = if path.as_os_str() == "-" {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        std::fs::read_to_string(path)
    };
    read.map_err(|source| Failure::File { path: path.display().to_string(), source })
}

/// What a file holds.
pub(crate) fn bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|source| Failure::File { path: path.display().to_string(), source })
}
