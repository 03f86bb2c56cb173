//! Reads the project's files.

use std::path::{Path, PathBuf};

/// Folders with files that are installed, built or recorded.
const SKIPPED: [&str; 9] =
    [".git", ".venv", "__pycache__", "cdk.out", "dist", "node_modules", "out", "snapshots", "target"];

pub(crate) fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// All files below a folder, sorted, as paths from the project's root.
pub(crate) fn files(folder: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![PathBuf::from(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(root().join(&folder)).unwrap() {
            let entry = entry.unwrap();
            let path = folder.join(entry.file_name());
            let is_skipped = SKIPPED.contains(&entry.file_name().to_str().unwrap());
            match entry.file_type().unwrap() {
                kind if kind.is_dir() && !is_skipped => folders.push(path),
                kind if kind.is_file() => files.push(path),
                _ => {}
            }
        }
    }
    files.sort();
    files
}

/// All Rust files below a folder.
pub(crate) fn sources(folder: &str) -> Vec<PathBuf> {
    files(folder)
        .into_iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect()
}

/// The code of a Rust file: what precedes its tests, without comments.
pub(crate) fn code(text: &str) -> String {
    let code = text.split("\n#[cfg(test)]").next().unwrap();
    code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// Whether a Rust file has only tests.
pub(crate) fn is_test(path: &Path) -> bool {
    path.file_stem().is_some_and(|stem| stem == "tests" || stem.to_string_lossy().ends_with("_tests"))
        || path.components().any(|part| part.as_os_str() == "tests")
}

pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
