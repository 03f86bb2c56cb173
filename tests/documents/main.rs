//! Documents that must say what the code does, and a tree that must look as ARCHITECTURE.md says.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    missing_docs,
    reason = "tests: a panic is the report"
)]

use std::path::{Path, PathBuf};
use std::time::Duration;

use stagecert::parameters::KEYS;
use stagecert::resources::account_region::AccountRegion;
use stagecert::telemetry::invocation_log::{End, Record};
use stagecert::telemetry::metrics::Metric;
use stagecert::{Failure, checks};

fn read(path: impl AsRef<Path>) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// All Rust files below a folder, as paths from the root.
fn sources(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::from(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(&folder)).unwrap() {
            let entry = entry.unwrap();
            let path = folder.join(entry.file_name());
            if entry.path().is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The code of a file without its tests, comments and strings' neighbours: what stands before `#[cfg(test)]`.
fn code(path: &Path) -> String {
    let text = read(path);
    let code = text.split("\n#[cfg(test)]").next().unwrap();
    code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

fn is_test(path: &Path) -> bool {
    path.file_stem().is_some_and(|stem| stem == "tests" || stem.to_string_lossy().ends_with("_tests"))
        || path.components().any(|part| part.as_os_str() == "tests")
}

#[test]
fn the_page_of_checks_is_made_from_the_checks() {
    assert_eq!(read("docs/checks.md"), checks::documentation(), "run `make docs`");
}

#[test]
fn the_readme_names_every_parameter() {
    let readme = read("README.md");
    for key in KEYS {
        assert!(readme.contains(&format!("| `{key}` |")), "{key}");
    }
}

/// The rows of a page's tables, by their first cell.
fn has_row(page: &str, cell: &str) -> bool {
    page.lines().any(|line| line.starts_with(&format!("| {cell} |")))
}

#[test]
fn operations_says_what_to_do_about_every_kind_of_failure() {
    let page = read("docs/operations.md");
    assert!(Failure::KINDS.len() >= 10);
    for kind in Failure::KINDS {
        assert!(has_row(&page, &format!("`{kind}`")), "{kind}");
    }
}

#[test]
fn operations_explains_every_metric_with_its_unit() {
    let page = read("docs/operations.md");
    for metric in Metric::ALL {
        let row = format!("`{}` | {}", metric.name(), metric.unit());
        assert!(has_row(&page, &row), "{row}");
    }
}

#[test]
fn operations_explains_every_field_of_the_log_line() {
    let page = read("docs/operations.md");
    let account_region = AccountRegion { partition: "aws".into(), account: "1".into(), region: "r".into() };
    let record = Record {
        kind: Record::SWEEP.into(),
        account_region: Some(account_region),
        rule_name: Some("rule".into()),
        imported: Some(0),
        security_hub_not_enabled: true,
        told: Some(0),
        ..Record::default()
    };
    let failure = Failure::NotSupported("this".into());
    let end = End { request_id: "id", duration: Duration::from_secs(1), failure: Some(&failure) };
    let line = serde_json::to_value(record.line(&end)).unwrap();
    let fields = line.as_object().unwrap();
    // All of them: none was left out for want of a value.
    assert_eq!(fields.len(), 20);
    for field in fields.keys() {
        assert!(has_row(&page, &format!("`{field}`")), "{field}");
    }
}

#[test]
fn checks_do_no_io_read_no_clock_and_know_no_sdk() {
    for path in sources("src/checks") {
        let code = code(&path);
        for forbidden in
            ["async ", ".await", "std::fs", "std::env", "std::net", "::now()", "tokio", "aws_", "tracing"]
        {
            assert!(!code.contains(forbidden), "{}: {forbidden}", path.display());
        }
    }
}

#[test]
fn the_sdk_is_named_behind_the_seam_alone() {
    for path in sources("src").into_iter().filter(|path| !path.starts_with("src/aws")) {
        for forbidden in ["aws_sdk", "aws_config", "aws_smithy"] {
            assert!(!code(&path).contains(forbidden), "{}: {forbidden}", path.display());
        }
    }
}

#[test]
fn no_module_is_longer_than_300_lines_or_named_for_nothing() {
    for path in sources("src").into_iter().filter(|path| !is_test(path)) {
        let lines = code(&path).lines().count();
        assert!(lines <= 300, "{}: {lines} lines of code", path.display());
        let name = path.file_stem().unwrap().to_str().unwrap();
        assert!(
            !["utils", "util", "helpers", "common", "manager", "misc"].contains(&name),
            "{}",
            path.display()
        );
    }
}

#[test]
fn the_architecture_page_maps_every_module() {
    let page = read("ARCHITECTURE.md");
    let top_level = |path: &Path| path.components().count() == 2;
    for path in sources("src").into_iter().filter(|path| top_level(path) && !path.ends_with("lib.rs")) {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        assert!(page.contains(&format!("`{name}`")), "{name}");
    }
}

/// A package's install script would run with everything that a build machine may do.
#[test]
fn no_install_script_of_an_npm_package_runs() {
    let makefile = read("Makefile");
    let installs: Vec<&str> = makefile.lines().filter(|line| line.contains("npm ci")).collect();
    assert!(
        installs.len() >= 2 && installs.iter().all(|line| line.contains("--ignore-scripts")),
        "{installs:?}"
    );
    for folder in ["cdk", "tests/report"] {
        assert!(
            read(format!("{folder}/.npmrc")).lines().any(|line| line == "ignore-scripts=true"),
            "{folder}"
        );
    }
}
