//! Destinations of `--output`.
#![cfg(unix)]

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Output};

use super::stagecert;

/// Runs a script in `folder`, with the program's path in `$STAGECERT`.
fn shell(folder: &Path, script: &str) -> Output {
    let mut command = Command::new("sh");
    command.args(["-c", script]).current_dir(folder).env("STAGECERT", env!("CARGO_BIN_EXE_stagecert"));
    command.output().unwrap()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_file_descriptor_is_written_to_in_place() {
    let page = stagecert("scan --example --format csv").1;
    for (output, number) in
        [("/dev/stdout", 1), ("/dev/stderr", 2), ("/dev/fd/1", 1), ("/dev/fd/7", 7), ("link", 7)]
    {
        let folder = tempfile::tempdir().unwrap();
        symlink(format!("/dev/fd/{number}"), folder.path().join("link")).unwrap();
        let script = format!(
            "{{ echo before >&{number}; $STAGECERT scan --example --format csv -q -o {output}; echo after >&{number}; }} \
             {number}> file"
        );
        shell(folder.path(), &script);
        let written = fs::read_to_string(folder.path().join("file")).unwrap();
        assert_eq!(written, format!("before\n{page}after\n"), "{output}");
    }
}

#[test]
fn a_named_pipe_is_written_to_and_not_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let script = "mkfifo pipe; cat pipe > file & $STAGECERT scan --example --format csv -q -o pipe; wait; test -p pipe";
    assert!(shell(folder.path(), script).status.success());
    let page = stagecert("scan --example --format csv").1;
    assert_eq!(fs::read_to_string(folder.path().join("file")).unwrap(), page);
}

#[test]
fn the_target_of_a_dangling_link_is_created() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("there")).unwrap();
    let (link, file) = (folder.path().join("link"), folder.path().join("there/scan.csv"));
    symlink("there/next", &link).unwrap();
    symlink("scan.csv", folder.path().join("there/next")).unwrap();
    let (status, _, err) = stagecert(&format!("scan --example --format csv -q -o {}", link.display()));
    assert_eq!((status, err.as_str()), (1, ""));
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert!(fs::read_to_string(&file).unwrap().starts_with("accountId,"));

    symlink("circle", folder.path().join("circle")).unwrap();
    let (status, _, err) = stagecert(&format!("scan --example -o {}/circle", folder.path().display()));
    assert_eq!(status, 2);
    assert!(err.contains("circle: too many links, or a loop of links"), "{err}");
}

#[test]
fn a_read_only_file_is_refused_with_a_clear_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kept");
    fs::write(&path, "kept").unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o444)).unwrap();
    let (status, _, err) = stagecert(&format!("scan --example -q -o {}", path.display()));
    assert_eq!(status, 2);
    assert_eq!(
        err,
        format!("error: --output {}: the file is read-only, so it is not replaced\n", path.display())
    );
    assert_eq!((fs::read_to_string(&path).unwrap().as_str(), mode(&path)), ("kept", 0o444));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_file_that_is_replaced_keeps_its_mode_whatever_the_umask() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    for kept in [0o666, 0o600, 0o640] {
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(kept)).unwrap();
        shell(folder.path(), "umask 077; $STAGECERT scan --example -q -o file");
        assert!(fs::read_to_string(&path).unwrap().contains("NON_COMPLIANT"));
        assert_eq!(mode(&path), kept);
    }
}

#[test]
fn file_names_are_printed_without_control_characters() {
    let folder = tempfile::tempdir().unwrap();
    let name = "scan\u{202e}\u{1b}[2J\u{ad}.csv";
    let script =
        format!("$STAGECERT scan --example --format csv -o '{name}'; $STAGECERT scan --snapshot 'no{name}'");
    let ran = shell(folder.path(), &script);
    assert!(folder.path().join(name).is_file());
    let (out, err) = (String::from_utf8(ran.stdout).unwrap(), String::from_utf8(ran.stderr).unwrap());
    assert!(out.starts_with("scan??[2J?.csv: 36 stages"), "{out:?}");
    assert!(err.starts_with("error: noscan??[2J?.csv: "), "{err:?}");
}
