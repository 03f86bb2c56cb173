//! Input limits: how much a command reads, and how much it reports about what it read.

use std::fs::write;

use super::stagecert;

#[test]
fn unreadable_rows_are_named_up_to_a_limit_and_the_others_counted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("snapshot.json");
    let rows = vec!["{}"; 1500].join(",");
    let snapshot = format!(
        r#"{{"snapshotVersion": 1, "takenAt": "2026-11-21T12:00:00Z", "partition": "aws",
        "accountId": "111122223333", "awsRegion": "eu-west-1", "stages": [{rows}]}}"#
    );
    write(&path, snapshot).unwrap();
    let (status, out, err) = stagecert(&format!("scan --snapshot {}", path.display()));
    assert_eq!(status, 2);
    assert_eq!(err.lines().filter(|line| line.starts_with("error: ")).count(), 1001);
    assert!(err.contains("error: SelectResourceConfig: 500 more rows that can't be read\n"), "{err}");
    assert!(out.contains("INCOMPLETE"), "{out}");
}

#[cfg(unix)]
#[test]
fn endless_or_oversized_input_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let large = folder.path().join("large");
    // A sparse file takes up no disk space.
    std::fs::File::create(&large).unwrap().set_len((512 << 20) + 1).unwrap();
    let large = large.display();
    for (arguments, expected) in [
        ("scan --snapshot /dev/zero".to_owned(), "/dev/zero: not text: it contains a zero byte"),
        ("invoke /dev/zero".to_owned(), "/dev/zero: not text: it contains a zero byte"),
        (format!("scan --snapshot {large}"), "large: too large; allowed: up to 512 MB"),
        (format!("invoke {large}"), "large: too large; allowed: up to 8 MB"),
        (
            "snapshot --snapshot examples/account.json --redact --redaction-key /dev/zero --output -"
                .to_owned(),
            "/dev/zero: too large; allowed: up to 64 kB",
        ),
    ] {
        let (status, out, err) = stagecert(&arguments);
        assert_eq!((status, out.as_str()), (2, ""), "{arguments}");
        assert!(err.starts_with("error: ") && err.contains(expected), "{arguments}: {err}");
    }
}
