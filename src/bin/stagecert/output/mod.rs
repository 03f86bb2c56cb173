//! Writing output: to standard output, another descriptor or device, or a file that is written
//! completely or not at all.

mod target;

use std::fs::{self, Metadata, Permissions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use stagecert::Failure;
use stagecert::quote::printable;
use target::{Target, folder};
use tempfile::Builder;

/// The option of every output path, with which a failure names it.
pub(crate) const OPTION: &str = "--output ";

/// The permissions of a new file. A file that is replaced keeps its permissions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// As the umask allows.
    Umask,
    /// Only the owner may read and write.
    OwnerOnly,
}

/// Writes `page` to a file, replacing the whole file or leaving it unchanged; links are followed. A
/// descriptor, pipe, terminal or other device is written to directly.
pub(crate) fn write(path: &Path, page: &str, access: Access) -> Result<(), Failure> {
    let written = match Target::of(path) {
        Ok(Target::Descriptor(number)) => to_descriptor(number, path, page),
        Ok(Target::Device(path)) => to_device(&path, page),
        Ok(Target::File(path, known)) => replace(&path, known.as_ref(), page, access),
        Err(error) => Err(error),
    };
    written.map_err(|source| Failure::File { path: format!("{OPTION}{}", path.display()), source })
}

/// Fails if the output would replace one of the files that a command reads.
///
/// # Errors
/// `NotSupported`, with the name of the file.
pub(crate) fn ensure_is_no_input<'p>(
    output: Option<&Path>,
    inputs: impl IntoIterator<Item = &'p PathBuf>,
) -> Result<(), Failure> {
    let replaced = |output: &Path| inputs.into_iter().find(|input| is_same_file(input, output));
    match output.and_then(replaced) {
        Some(input) => {
            let name = printable(&input.display().to_string());
            Err(Failure::NotSupported(format!("--output must not replace an input: {name}").into()))
        }
        None => Ok(()),
    }
}

/// Whether two paths name the same existing file.
pub(crate) fn is_same_file(one: &Path, other: &Path) -> bool {
    matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}

/// Writes `page` to a file as [`write`] does, or to standard output if the path is `-`.
pub(crate) fn write_or_print(
    path: &Path,
    page: &str,
    access: Access,
    out: &mut String,
) -> Result<(), Failure> {
    if path.as_os_str() == "-" {
        out.push_str(page);
        return Ok(());
    }
    write(path, page, access)
}

/// Writes a note to standard error.
pub(crate) fn note(text: &str) {
    // Fails only if standard error is closed, which is fine.
    let _ = writeln!(io::stderr(), "note: {}", printable(text));
}

fn replace(path: &Path, known: Option<&Metadata>, page: &str, access: Access) -> io::Result<()> {
    if let Some(known) = known {
        ensure_writable(path, known)?;
    }
    let mut builder = Builder::new();
    builder.prefix(".stagecert-");
    if let Some(permissions) = permissions(known, access) {
        builder.permissions(permissions);
    }
    // The error for a missing folder would name the temporary file.
    fs::metadata(folder(path))?;
    let mut new = builder.tempfile_in(folder(path))?;
    if let Some(known) = known {
        ensure_same_owner(new.as_file(), known)?;
        // The umask was applied to the permissions above.
        new.as_file().set_permissions(known.permissions())?;
    }
    new.write_all(page.as_bytes())?;
    new.as_file().sync_all()?;
    new.persist(path)?;
    Ok(())
}

/// Fails if the file is not writable. Renaming checks only the permissions of the folder, and root
/// may write to any file, so a read-only mode is checked separately.
fn ensure_writable(path: &Path, known: &Metadata) -> io::Result<()> {
    let refused = |why: &str| io::Error::new(io::ErrorKind::PermissionDenied, why.to_owned());
    if known.permissions().readonly() {
        return Err(refused("the file is read-only, so it is not replaced"));
    }
    match fs::OpenOptions::new().write(true).open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            Err(refused("you may not write to the file, so it is not replaced"))
        }
        Err(error) => Err(error),
    }
}

/// Fails if another user owns the file: replacing it would change its owner.
#[cfg(unix)]
fn ensure_same_owner(new: &fs::File, known: &Metadata) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt;
    if new.metadata()?.uid() == known.uid() {
        return Ok(());
    }
    let why = format!("the file belongs to another user (uid {}), so it is not replaced", known.uid());
    Err(io::Error::new(io::ErrorKind::PermissionDenied, why))
}

#[cfg(not(unix))]
fn ensure_same_owner(_: &fs::File, _: &Metadata) -> io::Result<()> {
    Ok(())
}

/// The permissions of the file that is replaced, or those of a new file before the umask. Without
/// them, a temporary file would be readable only by its owner.
fn permissions(replaced: Option<&Metadata>, access: Access) -> Option<Permissions> {
    let kept = replaced.map(Metadata::permissions);
    #[cfg(unix)]
    let kept = kept.or_else(|| {
        use std::os::unix::fs::PermissionsExt;
        Some(Permissions::from_mode(if access == Access::OwnerOnly { 0o600 } else { 0o666 }))
    });
    kept
}

fn to_device(path: &Path, page: &str) -> io::Result<()> {
    // Append: another process's descriptor may be a file, which must not be truncated.
    fs::OpenOptions::new().append(true).open(path)?.write_all(page.as_bytes())
}

/// Writes to the descriptor itself. Reopening the file would start at its beginning and overwrite
/// earlier lines.
fn to_descriptor(number: i32, path: &Path, page: &str) -> io::Result<()> {
    match number {
        1 => io::stdout().write_all(page.as_bytes()).and_then(|()| io::stdout().flush()),
        2 => io::stderr().write_all(page.as_bytes()),
        _ => match duplicate(number) {
            Some(mut file) => file.write_all(page.as_bytes()),
            None => to_device(path, page),
        },
    }
}

/// A duplicate of the descriptor with this number, obtained without unsafe code.
#[cfg(target_os = "linux")]
fn duplicate(number: i32) -> Option<fs::File> {
    use rustix::process::{PidfdFlags, PidfdGetfdFlags, getpid, pidfd_getfd, pidfd_open};
    let own = pidfd_open(getpid(), PidfdFlags::empty()).ok()?;
    pidfd_getfd(own, number, PidfdGetfdFlags::empty()).ok().map(Into::into)
}

/// On other systems, opening `/dev/fd/N` duplicates the descriptor.
#[cfg(not(target_os = "linux"))]
fn duplicate(_: i32) -> Option<fs::File> {
    None
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};

    use super::*;

    #[test]
    fn a_new_file_is_private_if_requested_and_otherwise_follows_the_umask() {
        let folder = tempfile::tempdir().unwrap();
        for (access, for_others) in [(Access::OwnerOnly, 0), (Access::Umask, 0o044)] {
            let path = folder.path().join(format!("{access:?}"));
            write(&path, "page", access).unwrap();
            let mode = fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!((mode & 0o600, mode & 0o077 & !0o022), (0o600, for_others), "{mode:o}");
        }
    }

    #[test]
    fn a_file_of_another_user_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("theirs");
        fs::write(&path, "theirs").unwrap();
        let own = fs::File::open(&path).unwrap();
        assert!(ensure_same_owner(&own, &fs::metadata(&path).unwrap()).is_ok());
        // Only root can change a file's owner. For other users, the root folder has another owner.
        let theirs = if fs::metadata(&path).unwrap().uid() == 0 {
            chown(&path, Some(1), None).unwrap();
            let refused = write(&path, "page", Access::Umask).unwrap_err().to_string();
            assert!(
                refused.ends_with("theirs: the file belongs to another user (uid 1), so it is not replaced"),
                "{refused}"
            );
            assert_eq!(fs::read_to_string(&path).unwrap(), "theirs");
            fs::metadata(&path).unwrap()
        } else {
            fs::metadata("/").unwrap()
        };
        let mine = tempfile::tempfile().unwrap();
        assert!(ensure_same_owner(&mine, &theirs).is_err());
    }
}
