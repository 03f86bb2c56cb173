//! Help, completions and manual pages.

use crate::{here, stagecert};

#[test]
fn every_command_has_examples_and_they_work() {
    for command in ["scan", "invoke", "explain", "completions", "man"] {
        let (status, help, _) = stagecert(&format!("{command} --help"));
        assert_eq!(status, 0);
        let examples: Vec<&str> =
            help.lines().skip_while(|line| *line != "Examples:").skip(1).map(str::trim).collect();
        assert!(!examples.is_empty(), "{command}: {help}");
        let elsewhere = |example: &&&str| {
            let file = example.contains("account.json") && !example.contains("examples/");
            file || ["--region", "--all-regions", "--aggregator"].iter().any(|live| example.contains(live))
                || example.contains(['>', '|', '~'])
                || example.ends_with(" event.json")
        };
        for example in examples.iter().filter(|example| !elsewhere(example)) {
            let arguments = example.strip_prefix("stagecert ").unwrap();
            let (status, out, err) = stagecert(arguments);
            assert!(status < 2 && !out.is_empty(), "{example}: {err}");
        }
    }
}

#[test]
fn completions_for_every_shell() {
    for (shell, says) in [
        ("bash", "complete -F _stagecert"),
        ("zsh", "#compdef stagecert"),
        ("fish", "complete -c stagecert"),
        ("powershell", "Register-ArgumentCompleter"),
        ("elvish", "edit:completion:arg-completer[stagecert]"),
    ] {
        let (status, out, _) = stagecert(&format!("completions {shell}"));
        assert_eq!(status, 0);
        assert!(out.contains(says) && out.contains("fail-on"), "{shell}");
    }
}

#[test]
fn every_command_has_a_manual_page() {
    let (status, out, _) = stagecert("man");
    assert!(status == 0 && out.contains(".TH stagecert 1"), "{out}");
    let folder = tempfile::tempdir().unwrap();
    let (status, out, _) = stagecert(&format!("man --output {}/new", folder.path().display()));
    assert_eq!((status, out.as_str()), (0, ""));
    for page in ["stagecert.1", "stagecert-scan.1", "stagecert-explain.1", "stagecert-man.1"] {
        assert!(folder.path().join("new").join(page).is_file(), "{page}");
    }
    let (status, _, err) = stagecert("man --output README.md/man1");
    assert!(status == 2 && err.starts_with("error: README.md/man1: "), "{err}");
}

#[test]
fn the_command_line_page_is_generated_from_its_definitions() {
    let (status, out, _) = stagecert("man --markdown");
    assert_eq!(status, 0);
    assert!(std::fs::read_to_string(here("docs/cli.md")).unwrap() == out, "run `make docs`");
}

#[test]
fn errors_say_what_to_do_next() {
    for (arguments, hint) in [
        (
            "scan --snapshot no-such-file.json",
            " hint: check the path; `stagecert scan --example` needs no file\n",
        ),
        ("scan --snapshot events/scheduled.json", " hint: docs/snapshot.md describes snapshot files"),
        ("invoke events/malformed.json --snapshot examples/account.json", " hint: events/ has sample events"),
    ] {
        let (status, _, err) = stagecert(arguments);
        assert_eq!(status, 2);
        assert!(err.contains(hint), "{arguments}: {err}");
    }
}
