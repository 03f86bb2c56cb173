//! Where a page goes: standard output, or a file that is there wholly or not at all.

use std::fs::{self, Metadata, Permissions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use stagecert::Failure;
use tempfile::Builder;

/// Puts `page` in place of the file, or leaves it as it was.
///
/// A pipe, a terminal or another device is written to, not replaced, and a link is followed.
pub(crate) fn write(path: &Path, page: &str) -> Result<(), Failure> {
    replace(path, page).map_err(|source| Failure::File { path: path.display().to_string(), source })
}

/// The same, or onto standard output for `-`.
pub(crate) fn write_or_print(path: &Path, page: &str, out: &mut String) -> Result<(), Failure> {
    if path.as_os_str() == "-" {
        out.push_str(page);
        return Ok(());
    }
    write(path, page)
}

/// A line on standard error that is no error.
pub(crate) fn note(text: &str) {
    // Whoever closed standard error does not want to know.
    let _ = writeln!(io::stderr(), "note: {text}");
}

fn replace(path: &Path, page: &str) -> io::Result<()> {
    let path = match fs::canonicalize(path) {
        Ok(target) => target,
        Err(error) if error.kind() == io::ErrorKind::NotFound => path.to_owned(),
        Err(error) => return Err(error),
    };
    let known = match fs::metadata(&path) {
        Ok(known) => Some(known),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    if known.as_ref().is_some_and(|known| !known.is_file()) {
        return fs::OpenOptions::new().write(true).open(&path)?.write_all(page.as_bytes());
    }
    let mut builder = Builder::new();
    builder.prefix(".stagecert-");
    if let Some(permissions) = permissions(known.as_ref()) {
        builder.permissions(permissions);
    }
    let mut beside = builder.tempfile_in(folder(&path))?;
    beside.write_all(page.as_bytes())?;
    beside.as_file().sync_all()?;
    beside.persist(&path)?;
    Ok(())
}

fn folder(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// Those of the file that is replaced. A new one has what any new file has before the umask: a temporary file would be its
/// owner's alone.
fn permissions(replaced: Option<&Metadata>) -> Option<Permissions> {
    let kept = replaced.map(Metadata::permissions);
    #[cfg(unix)]
    let kept = kept.or_else(|| {
        use std::os::unix::fs::PermissionsExt;
        Some(Permissions::from_mode(0o666))
    });
    kept
}
