//! Where a command writes to.

use std::path::Path;

use stagecert::Failure;

/// Writes a file whole, or to standard output for `-`.
pub(crate) fn write(path: &Path, text: &str, out: &mut String) -> Result<(), Failure> {
    if path.as_os_str() == "-" {
        out.push_str(text);
        return Ok(());
    }
    std::fs::write(path, text).map_err(|source| Failure::File { path: path.display().to_string(), source })
}
