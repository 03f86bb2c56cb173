//! Where a command reads from.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use stagecert::Failure;
use stagecert::snapshot::Snapshot;

/// The example account, so that a first look needs no file and no AWS.
const EXAMPLE: &str = include_str!("../../../examples/account.json");

/// The largest snapshot. 100,000 stages, the largest supported account, take 160 MB in the example's form; exports of large
/// APIs can take more.
const MAX_SNAPSHOT: u64 = 512 << 20;
/// The largest event. Lambda itself takes 6 MB.
const MAX_EVENT: u64 = 8 << 20;
/// The largest key of a redaction, which needs no more than 32 bytes.
const MAX_KEY: u64 = 64 << 10;
/// How much is read at once.
const CHUNK: u64 = 1 << 20;

pub(crate) fn example() -> Result<Snapshot, Failure> {
    Snapshot::parse(EXAMPLE)
}

pub(crate) fn snapshot(path: &Path) -> Result<Snapshot, Failure> {
    Snapshot::parse(&text(path, MAX_SNAPSHOT)?)
}

/// The text of an event, from a file or, for `-`, from standard input.
pub(crate) fn event(path: &Path) -> Result<String, Failure> {
    text(path, MAX_EVENT)
}

/// The bytes of a redaction's key.
pub(crate) fn key(path: &Path) -> Result<Vec<u8>, Failure> {
    let read = open(path, MAX_KEY).and_then(|file| read(file, MAX_KEY, |_| Ok(())));
    read.map_err(|source| failed(path, source))
}

fn text(path: &Path, most: u64) -> Result<String, Failure> {
    let read = if path.as_os_str() == "-" {
        read(io::stdin().lock(), most, ensure_text)
    } else {
        open(path, most).and_then(|file| read(file, most, ensure_text))
    };
    let text = read.and_then(|bytes| {
        String::from_utf8(bytes).map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "not UTF-8 text"))
    });
    text.map_err(|source| failed(path, source))
}

/// Opens a file, unless its size already says that it is too large. A pipe or a device has none.
fn open(path: &Path, most: u64) -> io::Result<File> {
    let file = File::open(path)?;
    if file.metadata()?.len() > most { Err(too_large(most)) } else { Ok(file) }
}

/// Reads to the end or, where there is none, to the first of `most` bytes and a part that does not pass `check`.
fn read(mut from: impl Read, most: u64, check: impl Fn(&[u8]) -> io::Result<()>) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    loop {
        let before = bytes.len();
        if from.by_ref().take(CHUNK).read_to_end(&mut bytes)? == 0 {
            return Ok(bytes);
        }
        check(bytes.get(before..).unwrap_or_default())?;
        if bytes.len() as u64 > most {
            return Err(too_large(most));
        }
    }
}

/// JSON has no zero byte. `/dev/zero` and files of another kind do.
fn ensure_text(bytes: &[u8]) -> io::Result<()> {
    if bytes.contains(&0) {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "not text: it holds a zero byte"));
    }
    Ok(())
}

fn too_large(most: u64) -> io::Error {
    let most = if most >= 1 << 20 { format!("{} MB", most >> 20) } else { format!("{} kB", most >> 10) };
    io::Error::new(io::ErrorKind::FileTooLarge, format!("too large; allowed: up to {most}"))
}

fn failed(path: &Path, source: io::Error) -> Failure {
    Failure::File { path: path.display().to_string(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_end_is_read_to_its_limit() {
        let most = 3 << 20;
        let endless = || io::repeat(b' ');
        assert_eq!(read(endless().take(most), most, ensure_text).unwrap().len() as u64, most);
        for more in [most + 1, u64::MAX] {
            let refused = read(endless().take(more), most, ensure_text).unwrap_err();
            assert_eq!(refused.to_string(), "too large; allowed: up to 3 MB");
        }
        let refused = read(io::repeat(0), most, ensure_text).unwrap_err();
        assert_eq!(refused.to_string(), "not text: it holds a zero byte");
    }
}
