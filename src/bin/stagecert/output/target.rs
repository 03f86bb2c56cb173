//! Resolution of an output path.

use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};

/// The number of links that Linux follows.
const MAX_LINKS: usize = 40;

/// What an output path refers to.
#[derive(Debug)]
pub(super) enum Target {
    /// An open descriptor of this process, by number.
    Descriptor(i32),
    /// A pipe, a terminal, another device or another process's descriptor.
    Device(PathBuf),
    /// An ordinary file, with the metadata of the existing file, if any.
    File(PathBuf, Option<Metadata>),
}

impl Target {
    /// The target of a path. Links are followed one at a time: the last may point to a file that
    /// does not exist yet, and one on the way may be a descriptor, whose own link points to the
    /// file that the shell opened.
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        let mut path = path.to_owned();
        for _ in 0..MAX_LINKS {
            match descriptor(&path) {
                Some(Descriptor::Own(number)) => return Ok(Self::Descriptor(number)),
                Some(Descriptor::Other) => return Ok(Self::Device(path)),
                None => {}
            }
            match fs::symlink_metadata(&path) {
                Ok(known) if known.is_symlink() => path = folder(&path).join(fs::read_link(&path)?),
                Ok(known) if known.is_file() => return Ok(Self::File(path, Some(known))),
                Ok(known) if known.is_dir() => return Err(io::ErrorKind::IsADirectory.into()),
                Ok(_) => return Ok(Self::Device(path)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::File(path, None)),
                Err(error) => return Err(error),
            }
        }
        Err(io::Error::other("too many links, or a loop of links"))
    }
}

pub(super) fn folder(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

enum Descriptor {
    /// A descriptor of this process.
    Own(i32),
    /// A descriptor of another process, such as `/proc/1/fd/1` in a container.
    Other,
}

fn descriptor(path: &Path) -> Option<Descriptor> {
    let number = path.file_name()?.to_str().filter(|name| name.bytes().all(|byte| byte.is_ascii_digit()))?;
    let folder = folder(path).canonicalize().ok()?;
    let is_own = |own: &str| Path::new(own).canonicalize().is_ok_and(|own| own == folder);
    if ["/dev/fd", "/proc/self/fd", "/proc/thread-self/fd"].into_iter().any(is_own) {
        return Some(Descriptor::Own(number.parse().ok()?));
    }
    (folder.starts_with("/proc") && folder.ends_with("fd")).then_some(Descriptor::Other)
}
