//! The inputs of commands.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use stagecert::Failure;
use stagecert::parameters::exemptions::ExemptionDocument;
use stagecert::scan::coverage::deployment::Deployment;
use stagecert::scan::probes::ProbeFile;
use stagecert::snapshot::Snapshot;

/// The example account, for trying the program without a file or AWS credentials.
const EXAMPLE: &str = include_str!("../../../examples/account.json");

/// The maximum size of a snapshot, in bytes. The largest supported account, with 100,000 stages
/// like the example's, takes 160 MB; exports of large APIs can take more.
const MAX_SNAPSHOT_BYTES: u64 = 512 << 20;
/// The maximum size of an event, in bytes. Lambda accepts up to 6 MB.
const MAX_EVENT_BYTES: u64 = 8 << 20;
/// The maximum size of a deployment file, in bytes. One with 10,000 accounts takes 150 kB.
const MAX_DEPLOYMENT_BYTES: u64 = 8 << 20;
/// The maximum size of an exemption document, in bytes, which is also that of one in S3.
const MAX_EXEMPTIONS_BYTES: u64 = 8 << 20;
/// The maximum size of a document of probe results, in bytes: one result takes about 2 kB.
const MAX_PROBES_BYTES: u64 = 256 << 20;
/// The maximum size of a configuration file, in bytes. A rule's parameters take 1 kB.
const MAX_CONFIG_BYTES: u64 = 1 << 20;
/// The maximum size of a file of certificate authorities, in bytes. Mozilla's list takes 200 kB.
#[cfg(feature = "probe")]
const MAX_CA_BUNDLE_BYTES: u64 = 8 << 20;
/// The maximum size of a redaction key, in bytes. A key needs no more than 32.
const MAX_KEY_BYTES: u64 = 64 << 10;
/// The number of bytes read at a time.
const CHUNK: u64 = 1 << 20;

pub(crate) fn example() -> Result<Snapshot, Failure> {
    Snapshot::parse(EXAMPLE)
}

pub(crate) fn snapshot(path: &Path) -> Result<Snapshot, Failure> {
    Snapshot::parse(&text(path, MAX_SNAPSHOT_BYTES)?).map_err(|failure| in_file(path, failure))
}

/// The failure with the name of the file that is malformed.
pub(crate) fn in_file(path: &Path, failure: Failure) -> Failure {
    match failure {
        Failure::Malformed { field, problem } => {
            Failure::Malformed { field: format!("{}: {field}", path.display()), problem }
        }
        other => other,
    }
}

/// The snapshot files of a path: the file, or all files `*.json` in a folder, in the order of their
/// names.
pub(crate) fn snapshot_files(path: &Path) -> Result<Vec<PathBuf>, Failure> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let is_json = |file: &PathBuf| file.extension().is_some_and(|it| it.eq_ignore_ascii_case("json"));
    let files = || -> io::Result<Vec<PathBuf>> {
        let mut files = Vec::new();
        for entry in path.read_dir()? {
            files.push(entry?.path());
        }
        files.retain(|file| is_json(file) && file.is_file());
        files.sort();
        match files.as_slice() {
            [] => Err(io::Error::other("no snapshot, *.json, in this folder")),
            _ => Ok(files),
        }
    };
    files().map_err(|source| failed(path, source))
}

/// The text of a configuration file.
pub(crate) fn config(path: &Path) -> Result<String, Failure> {
    text(path, MAX_CONFIG_BYTES)
}

/// A deployment file.
pub(crate) fn deployment(path: &Path) -> Result<Deployment, Failure> {
    Deployment::parse(&text(path, MAX_DEPLOYMENT_BYTES)?).map_err(|failure| in_file(path, failure))
}

/// An exemption document, from a file, or from standard input if the path is `-`.
pub(crate) fn exemptions(path: &Path) -> Result<ExemptionDocument, Failure> {
    let text = text(path, MAX_EXEMPTIONS_BYTES)?;
    ExemptionDocument::parse(&text).map_err(|failure| match failure {
        Failure::Several(failures) => {
            Failure::Several(failures.into_iter().map(|failure| in_file(path, failure)).collect())
        }
        failure => in_file(path, failure),
    })
}

/// The results of probes, from a file, or from standard input if the path is `-`.
pub(crate) fn probes(path: &Path) -> Result<ProbeFile, Failure> {
    ProbeFile::parse(&text(path, MAX_PROBES_BYTES)?).map_err(|failure| in_file(path, failure))
}

/// The text of an event, from a file, or from standard input if the path is `-`.
pub(crate) fn event(path: &Path) -> Result<String, Failure> {
    text(path, MAX_EVENT_BYTES)
}

/// The bytes of a file of certificate authorities.
#[cfg(feature = "probe")]
pub(crate) fn ca_bundle(path: &Path) -> Result<Vec<u8>, Failure> {
    bytes(path, MAX_CA_BUNDLE_BYTES)
}

/// The bytes of a redaction key.
pub(crate) fn key(path: &Path) -> Result<Vec<u8>, Failure> {
    bytes(path, MAX_KEY_BYTES)
}

fn bytes(path: &Path, max: u64) -> Result<Vec<u8>, Failure> {
    let read = open(path, max).and_then(|file| read(file, max, |_| Ok(())));
    read.map_err(|source| failed(path, source))
}

fn text(path: &Path, max: u64) -> Result<String, Failure> {
    let read = if path.as_os_str() == "-" {
        read(io::stdin().lock(), max, ensure_text)
    } else {
        open(path, max).and_then(|file| read(file, max, ensure_text))
    };
    let text = read.and_then(|bytes| {
        String::from_utf8(bytes).map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "not UTF-8 text"))
    });
    text.map_err(|source| failed(path, source))
}

/// Opens a file unless it is too large. The size of a pipe or a device is not known here.
fn open(path: &Path, max: u64) -> io::Result<File> {
    let file = File::open(path)?;
    if file.metadata()?.len() > max { Err(too_large(max)) } else { Ok(file) }
}

/// Reads to the end. Fails after `max` bytes, or at the first chunk that does not pass `check`.
fn read(mut from: impl Read, max: u64, check: impl Fn(&[u8]) -> io::Result<()>) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    loop {
        let before = bytes.len();
        if from.by_ref().take(CHUNK).read_to_end(&mut bytes)? == 0 {
            return Ok(bytes);
        }
        check(bytes.get(before..).unwrap_or_default())?;
        if bytes.len() as u64 > max {
            return Err(too_large(max));
        }
    }
}

/// Fails on a zero byte. JSON has none, but binary files and `/dev/zero` do.
fn ensure_text(bytes: &[u8]) -> io::Result<()> {
    if bytes.contains(&0) {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "not text: it contains a zero byte"));
    }
    Ok(())
}

fn too_large(max: u64) -> io::Error {
    let max = if max >= 1 << 20 { format!("{} MB", max >> 20) } else { format!("{} kB", max >> 10) };
    io::Error::new(io::ErrorKind::FileTooLarge, format!("too large; allowed: up to {max}"))
}

fn failed(path: &Path, source: io::Error) -> Failure {
    Failure::File { path: path.display().to_string(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endless_input_is_read_only_to_the_limit() {
        let max = 3 << 20;
        let endless = || io::repeat(b' ');
        assert_eq!(read(endless().take(max), max, ensure_text).unwrap().len() as u64, max);
        for more in [max + 1, u64::MAX] {
            let refused = read(endless().take(more), max, ensure_text).unwrap_err();
            assert_eq!(refused.to_string(), "too large; allowed: up to 3 MB");
        }
        let refused = read(io::repeat(0), max, ensure_text).unwrap_err();
        assert_eq!(refused.to_string(), "not text: it contains a zero byte");
    }
}
