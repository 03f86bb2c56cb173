//! The table of a scan: its widths, colors, order and groups.

use std::process::Command;

use serde_json::Value;

use crate::stagecert;

/// Runs the program as on a terminal of this many columns; returns standard output.
fn on_terminal(columns: u16, arguments: &str) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stagecert"));
    command.args(arguments.split_whitespace()).current_dir(env!("CARGO_MANIFEST_DIR"));
    let output = command.env("COLUMNS", columns.to_string()).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// The lines of the table without its header.
fn rows(page: &str) -> Vec<&str> {
    page.split("\n\n").next().unwrap().lines().skip(1).collect()
}

/// The stages in the order of the table.
fn stages(page: &str) -> Vec<&str> {
    let is_first = |line: &&&str| !line.starts_with(' ');
    rows(page).iter().filter(is_first).map(|line| line.split_whitespace().nth(1).unwrap()).collect()
}

#[test]
fn the_table_at_80_and_120_columns() {
    insta::assert_snapshot!("80_columns", on_terminal(80, "scan --example"));
    insta::assert_snapshot!("120_columns", on_terminal(120, "scan --example"));
    let colored = on_terminal(80, "scan --example --color always").replace('\u{1b}', "<ESC>");
    insta::assert_snapshot!("80_columns_in_color", colored);
    let colored = on_terminal(120, "scan --example --color always").replace('\u{1b}', "<ESC>");
    insta::assert_snapshot!("120_columns_in_color", colored);
}

#[test]
fn every_width_shows_each_stage_date_and_owner_in_one_piece() {
    let (_, data, _) = stagecert("scan --example --format json");
    let data: Value = serde_json::from_str(&data).unwrap();
    for columns in [76, 80, 90, 100, 110, 120, 140, 200] {
        let page = on_terminal(columns, "scan --example");
        for line in page.lines().filter(|line| !line.starts_with("Next: ")) {
            assert!(line.chars().count() <= usize::from(columns), "{columns}: {line}");
        }
        for stage in data["places"][0]["stages"].as_array().unwrap() {
            let name = stage["stage"].as_str();
            let is_row = |line: &&str| line.split_whitespace().nth(1) == name && !line.starts_with(' ');
            let line = page.lines().find(is_row).unwrap();
            let day = stage["notAfter"].as_str().and_then(|instant| instant.split('T').next());
            for text in [day, stage["owner"].as_str()].into_iter().flatten() {
                assert!(line.contains(text), "{columns} {text}: {line}");
            }
        }
    }
}

#[test]
fn only_readable_colors_are_used_and_only_if_wanted() {
    let codes = |page: &str| -> std::collections::BTreeSet<String> {
        page.split("\u{1b}[").skip(1).map(|rest| rest.split_once('m').unwrap().0.to_owned()).collect()
    };
    let colored = on_terminal(80, "scan --example --color always");
    assert_eq!(codes(&colored), ["0", "1", "1;31", "2", "31", "32", "33"].map(str::to_owned).into());
    let plain = on_terminal(80, "scan --example --color never");
    assert!(!plain.contains('\u{1b}'));
    let mut without = colored.clone();
    for code in codes(&colored) {
        without = without.replace(&format!("\u{1b}[{code}m"), "");
    }
    assert_eq!(without, plain, "colors change no text");
    assert_eq!(on_terminal(80, "scan --example"), plain, "a pipe has no color");
    // A date within the window has a color: yellow, or red if little or nothing is left.
    for (date, code) in [("2026-12-19", "33"), ("2026-10-30", "31")] {
        assert!(colored.contains(&format!("\u{1b}[{code}m{date} ")), "{date}");
    }
    assert!(colored.contains("  2027-09-14 "), "others have none");
}

#[test]
fn the_most_urgent_stage_is_first_and_other_orders_are_possible() {
    let (_, data, _) = stagecert("scan --example --format json");
    let data: Value = serde_json::from_str(&data).unwrap();
    let of = |name: &str, field: &str| -> Option<String> {
        let stages = data["places"][0]["stages"].as_array().unwrap();
        let stage = stages.iter().find(|stage| stage["stage"] == name).unwrap();
        stage[field].as_str().map(ToOwned::to_owned)
    };
    let order = ["CRITICAL", "HIGH", "MEDIUM", "LOW"];
    let rank = |name: &str| {
        let severity = of(name, "severity");
        severity.map_or(order.len(), |severity| order.iter().position(|it| *it == severity).unwrap())
    };
    let end = |name: &str| (of(name, "notAfter").is_none(), of(name, "notAfter"));
    let page = on_terminal(120, "scan --example");
    let urgent = stages(&page);
    assert_eq!(urgent.len(), 36);
    assert!(urgent.is_sorted_by_key(|name| rank(name)), "{urgent:?}");
    let failed: Vec<&&str> = urgent.iter().filter(|name| rank(name) < order.len()).collect();
    assert!(failed.is_sorted_by_key(|name| (rank(name), end(name))), "{failed:?}");

    let sorted = |sort: &str| on_terminal(120, &format!("scan --example --sort {sort}"));
    let page = sorted("date");
    assert!(stages(&page).is_sorted_by_key(|name| end(name)));
    let page = sorted("stage");
    assert!(stages(&page).is_sorted());
    let page = sorted("owner");
    assert!(stages(&page).is_sorted_by_key(|name| (of(name, "owner").is_none(), of(name, "owner"))));
    for sort in ["severity", "date", "stage", "owner"] {
        let page = sorted(sort);
        let mut names = stages(&page);
        names.sort_unstable();
        let mut all = urgent.clone();
        all.sort_unstable();
        assert_eq!(names, all, "{sort}");
    }
}

#[test]
fn stages_are_grouped_by_owner_api_or_account() {
    for (group_by, headings, first) in [
        ("owner", 13, "team-partners (4 stages)"),
        ("api", 15, "0qf4kj7ych partner (4 stages)"),
        ("account", 1, "111122223333 eu-west-1 (36 stages)"),
    ] {
        let page = on_terminal(120, &format!("scan --example --group-by {group_by}"));
        let found: Vec<&str> =
            page.lines().filter(|line| line.ends_with(" stages)") || line.ends_with("(1 stage)")).collect();
        assert_eq!((found.len(), found[0]), (headings, first), "{group_by}\n{page}");
        let lines = page.lines().filter(|line| line.contains(" team-") && !line.ends_with(')')).count();
        assert_eq!(lines, 34, "every stage is in one group\n{page}");
    }
    let page = on_terminal(120, "scan --example --group-by owner");
    assert!(page.contains("\nno owner (2 stages)\n"), "{page}");
}

#[test]
fn a_stage_without_http_backends_has_its_own_label() {
    let page = on_terminal(120, "scan --example");
    let line = |name: &str| page.lines().find(|line| line.contains(name)).unwrap();
    assert!(line("k3v9q0m2xa/prod").contains("presents a certificate"));
    assert!(line("c7ah0n6rby/v1").contains("no HTTP backend"));
    assert!(line("n8r2dz7hpa/$default").contains("HTTP API"));
}

#[test]
fn the_closing_lines_count_by_severity_and_suggest_one_command() {
    for (arguments, counts, next) in [
        (
            "--example",
            "3 CRITICAL, 4 HIGH, 15 MEDIUM, 3 LOW; next expiry: x2m7t9ajd4/v2 in 28 days, 2026-12-19",
            "stagecert fix 0qf4kj7ych/legacy --example",
        ),
        (
            "--snapshot examples/account.json --param expiryWindowDays=30 --owner team-orders",
            "",
            "stagecert fix k3v9q0m2xa/dev --snapshot examples/account.json --param expiryWindowDays=30",
        ),
        (
            "--example --param includeStages=k3v9q0m2xa/prod",
            "next expiry: k3v9q0m2xa/prod in 297 days, 2027-09-14",
            "stagecert report --output report.html --example --param includeStages=k3v9q0m2xa/prod",
        ),
    ] {
        let (_, page, _) = stagecert(&format!("scan {arguments}"));
        let lines: Vec<&str> = page.lines().collect();
        let [.., closing, last] = lines.as_slice() else { panic!("{page}") };
        assert_eq!(*last, format!("Next: {next}"));
        assert!(closing.contains(counts), "{closing}");
        assert_eq!(page.matches("\nNext: ").count(), 1);
    }
    let account = std::fs::read_to_string(crate::here("examples/account.json")).unwrap();
    let (_, page, _) = crate::with_input("scan --snapshot -", &account);
    assert!(page.ends_with("\nNext: stagecert explain certificate-attached\n"), "{page}");
}

#[test]
fn several_accounts_are_one_table() {
    let folder = tempfile::tempdir().unwrap();
    let account = std::fs::read_to_string(crate::here("examples/account.json")).unwrap();
    let other = folder.path().join("other.json");
    std::fs::write(&other, account.replace("111122223333", "444455556666")).unwrap();
    let arguments = format!("scan --snapshot examples/account.json --snapshot {}", other.display());
    for columns in [80, 140] {
        let page = on_terminal(columns, &arguments);
        assert_eq!(stages(&page).len(), 72, "{page}");
        for line in page.lines().filter(|line| !line.starts_with("Next: ")) {
            assert!(line.chars().count() <= usize::from(columns), "{columns}: {line}");
        }
        for account in ["111122223333 eu-west-1", "444455556666 eu-west-1"] {
            let count = page.lines().filter(|line| line.contains(account)).count();
            assert_eq!(count, 36, "{account}\n{page}");
        }
        assert!(page.contains("\n2 accounts and Regions: 72 stages, 50 NON_COMPLIANT"), "{page}");
    }
    let page = on_terminal(120, &format!("{arguments} --group-by account"));
    assert!(page.contains("\n444455556666 eu-west-1 (36 stages)\n"), "{page}");
}

#[test]
fn long_names_are_never_cut_except_the_name_of_the_api() {
    let stage = "k3v9q0m2xa/a-stage-with-the-name-of-a-branch-of-a-repository";
    let owner = "platform-engineering-and-payments@subsidiary.example.com";
    let account = std::fs::read_to_string(crate::here("examples/account.json")).unwrap();
    let account = account
        .replace("k3v9q0m2xa/stages/test", &stage.replace('/', "/stages/"))
        .replace("\"team-orders\"", &format!("\"{owner}\""))
        .replace("\"orders\"", "\"\u{6ce8}\u{6587} orders of all countries and all regions\"");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("account.json");
    std::fs::write(&path, account).unwrap();
    for columns in [80, 120, 240] {
        let page = on_terminal(columns, &format!("scan --snapshot {}", path.display()));
        let table = page.split("\n\n").next().unwrap();
        let (_, rest) = table.split_once(stage).unwrap_or_else(|| panic!("{columns}\n{page}"));
        let mut lines = rest.lines().skip_while(|line| !line.contains("2027-06-03  194d"));
        // The owner is last in each line, in parts if it is long.
        let mut shown = String::new();
        while shown.len() < owner.len() {
            shown +=
                lines.next().unwrap_or_else(|| panic!("{columns}\n{page}")).split(' ').next_back().unwrap();
        }
        assert_eq!(shown, owner, "{columns}\n{page}");
        for line in table.lines() {
            assert!(width(line) <= usize::from(columns), "{columns}: {line}");
        }
    }
    assert!(on_terminal(80, &format!("scan --snapshot {}", path.display())).contains('\u{2026}'));
}

/// The width of a line in which ideographs take two columns.
fn width(line: &str) -> usize {
    line.chars().map(|c| if ('\u{3000}'..'\u{a000}').contains(&c) { 2 } else { 1 }).sum()
}
