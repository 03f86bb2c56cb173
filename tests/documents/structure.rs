//! `src/` is as ARCHITECTURE.md describes it: folders are layers, and imports point down only.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::files::{code, files, is_test, read, sources};
use crate::imports::{Imports, imports, is_list_of_modules};

/// The folders and files of `src/` by layer, the highest first. Only `lib.rs` is in none.
const LAYERS: [&[&str]; 12] = [
    &["bin"],
    &["aws", "snapshot"],
    &["rule"],
    &["telemetry", "notify", "security_hub", "scan", "mailer"],
    &["reads"],
    &["account"],
    &["event"],
    &["evaluation"],
    &["parameters", "settings"],
    &["checks", "probe"],
    &["resources"],
    &["failure", "deadline", "quote"],
];

const MAX_ENTRIES: usize = 21;

#[test]
fn no_import_points_up_and_no_layer_has_a_cycle() {
    assert_eq!(layer_problems(&imports(&project())), Vec::<String>::new());
}

#[test]
fn no_imports_between_files_form_a_cycle() {
    assert_eq!(file_cycles(&project()), Vec::<String>::new());
}

#[test]
fn src_is_small_and_its_folders_have_a_mod_rs() {
    let all = files("src");
    let entries: BTreeSet<_> = all.iter().map(|path| path.iter().nth(1).unwrap()).collect();
    assert!(entries.len() <= MAX_ENTRIES, "{} entries in src/, at most {MAX_ENTRIES}", entries.len());
    let folders: BTreeSet<&Path> = all.iter().flat_map(|path| path.ancestors().skip(1)).collect();
    for path in all.iter().filter(|path| path.extension().is_some_and(|extension| extension == "rs")) {
        let folder = path.with_extension("");
        assert!(!folders.contains(folder.as_path()), "move {0}.rs to {0}/mod.rs", folder.display());
    }
}

#[test]
fn an_upward_import_and_cycles_are_found() {
    let sources = [
        ("lib.rs", "pub mod failure;\npub use failure::Failure;"),
        ("failure/mod.rs", "use crate::quote::quoted;\npub struct Failure;"),
        ("quote.rs", "pub fn quoted() {}\n\n#[cfg(test)]\nmod tests {\n    use crate::checks::Check;\n}"),
        ("checks/mod.rs", "pub mod one;\nuse crate::Failure;\npub use self::one::One;\npub struct Check;"),
        ("checks/one.rs", "use super::two::Two;\npub struct One;"),
        (
            "checks/two.rs",
            "use crate::{\n    checks::{One, one as first},\n    quote::{self},\n};\npub struct Two;",
        ),
        ("event/mod.rs", "// crate::rule is not imported here.\nfn f() { crate::reads::read() }"),
        ("reads/mod.rs", "use crate::event;\npub fn read() {}"),
        ("scan/mod.rs", "use crate::telemetry;\npub struct Scan;"),
        ("telemetry/mod.rs", "use crate::scan;\npub struct Metric;"),
        ("bin/stagecert/main.rs", "mod args;\nfn main() { stagecert::checks::check() }"),
        ("bin/stagecert/args/mod.rs", "use stagecert::Failure as F;\nuse crate::main_only;"),
    ];
    let sources = sources.map(|(file, text)| (file.to_owned(), text.to_owned())).into();
    let imports = imports(&sources);
    let of = |file: &str| imports[file].iter().map(String::as_str).collect::<Vec<_>>();
    assert_eq!(of("quote.rs"), Vec::<&str>::new());
    assert_eq!(of("checks/mod.rs"), ["checks/one.rs", "failure/mod.rs"]);
    assert_eq!(of("checks/two.rs"), ["checks/one.rs", "quote.rs"]);
    assert_eq!(of("bin/stagecert/main.rs"), ["checks/mod.rs"]);
    assert_eq!(of("bin/stagecert/args/mod.rs"), ["bin/stagecert/main.rs", "failure/mod.rs"]);
    assert_eq!(
        layer_problems(&imports),
        [
            "event/mod.rs imports reads/mod.rs, which is above it",
            "a cycle: scan imports telemetry, telemetry imports scan",
        ]
    );
    assert_eq!(
        file_cycles(&sources),
        [
            "a cycle: checks/one.rs imports checks/two.rs, checks/two.rs imports checks/one.rs",
            "a cycle: event/mod.rs imports reads/mod.rs, reads/mod.rs imports event/mod.rs",
            "a cycle: scan/mod.rs imports telemetry/mod.rs, telemetry/mod.rs imports scan/mod.rs",
        ]
    );
}

#[test]
fn a_folder_without_a_layer_is_found() {
    let sources = [("misc.rs", "use crate::quote;"), ("quote.rs", "")];
    let sources = sources.map(|(file, text)| (file.to_owned(), text.to_owned())).into();
    assert_eq!(layer_problems(&imports(&sources)), ["misc.rs has no layer: add it to LAYERS"]);
}

#[test]
fn checks_do_no_io_read_no_clock_and_know_no_sdk() {
    for path in sources("src/checks") {
        let code = code(&read(&path));
        for forbidden in
            ["async ", ".await", "std::fs", "std::env", "std::net", "::now()", "tokio", "aws_", "tracing"]
        {
            assert!(!code.contains(forbidden), "{}: {forbidden}", path.display());
        }
    }
}

#[test]
fn only_the_aws_folder_names_the_sdk() {
    for path in sources("src").into_iter().filter(|path| !path.starts_with("src/aws")) {
        for forbidden in ["aws_sdk", "aws_config", "aws_smithy"] {
            assert!(!code(&read(&path)).contains(forbidden), "{}: {forbidden}", path.display());
        }
    }
}

#[test]
fn no_module_is_longer_than_300_lines_or_has_a_vague_name() {
    for path in sources("src").into_iter().filter(|path| !is_test(path)) {
        let lines = code(&read(&path)).lines().count();
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
fn the_architecture_page_maps_every_folder_and_file() {
    let page = read("ARCHITECTURE.md");
    let entries: BTreeSet<String> = files("src")
        .iter()
        .map(|path| {
            let is_folder = path.iter().count() > 2;
            format!("{}{}", path.iter().nth(1).unwrap().display(), if is_folder { "/" } else { "" })
        })
        .collect();
    for entry in entries.iter().filter(|entry| *entry != "lib.rs") {
        let is_mapped = page.lines().any(|line| line.starts_with(&format!("| `{entry}` |")));
        assert!(is_mapped, "ARCHITECTURE.md has no row for {entry}");
    }
}

/// The files of `src/` that are not tests, by their paths from `src/`.
fn project() -> BTreeMap<String, String> {
    let files =
        sources("src").into_iter().map(|path| (path.clone(), path.strip_prefix("src").unwrap().to_owned()));
    let files = files.filter(|(_, from_src)| !is_test(from_src));
    files.map(|(path, from_src)| (from_src.to_str().unwrap().to_owned(), read(path))).collect()
}

/// The folder or file of `src/` to which a file belongs.
fn unit(file: &str) -> &str {
    file.split('/').next().unwrap().trim_end_matches(".rs")
}

/// Returns the imports that point up, and the cycles between folders of one layer.
fn layer_problems(imports: &Imports) -> Vec<String> {
    let layer = |file: &str| LAYERS.iter().position(|layer| layer.contains(&unit(file)));
    let mut problems = Vec::new();
    let mut siblings = Imports::new();
    for (file, imported) in imports.iter().filter(|(file, _)| *file != "lib.rs") {
        let Some(from) = layer(file) else {
            problems.push(format!("{file} has no layer: add it to LAYERS"));
            continue;
        };
        for imported in imported {
            match layer(imported) {
                Some(to) if to < from => {
                    problems.push(format!("{file} imports {imported}, which is above it"));
                }
                Some(to) if to == from && unit(file) != unit(imported) => {
                    siblings.entry(unit(file).into()).or_default().insert(unit(imported).into());
                }
                _ => {}
            }
        }
    }
    problems.extend(cycles(&siblings));
    problems
}

/// Returns the cycles between files. Imports between a `mod.rs` and the files of its folder are
/// ignored, and so is a `mod.rs` that contains only modules and re-exports.
fn file_cycles(sources: &BTreeMap<String, String>) -> Vec<String> {
    let is_list = |file: &String| sources.get(file).is_some_and(|text| is_list_of_modules(file, text));
    let mut imports = imports(sources);
    imports.retain(|file, _| !is_list(file));
    for (file, imported) in &mut imports {
        imported.retain(|imported| {
            !is_list(imported) && !is_in_folder_of(file, imported) && !is_in_folder_of(imported, file)
        });
    }
    cycles(&imports)
}

/// Whether a file is in or below the folder of `root`, a `mod.rs`.
fn is_in_folder_of(file: &str, root: &str) -> bool {
    let folder = ["mod.rs", "main.rs", "lib.rs"].iter().find_map(|name| root.strip_suffix(name));
    folder.is_some_and(|folder| file.starts_with(folder))
}

/// Returns one sentence for each set of nodes that reach each other.
fn cycles(graph: &Imports) -> Vec<String> {
    let reachable: BTreeMap<&String, BTreeSet<&String>> =
        graph.keys().map(|node| (node, reachable(graph, node))).collect();
    let mut cycles = BTreeSet::new();
    for (node, reached) in &reachable {
        let cycle: BTreeSet<&String> = reached
            .iter()
            .copied()
            .filter(|other| reachable.get(other).is_some_and(|reached| reached.contains(node)))
            .collect();
        let edges = cycle.iter().flat_map(|from| {
            graph[*from].iter().filter(|to| cycle.contains(to)).map(move |to| format!("{from} imports {to}"))
        });
        if !cycle.is_empty() {
            cycles.insert(format!("a cycle: {}", edges.collect::<Vec<_>>().join(", ")));
        }
    }
    cycles.into_iter().collect()
}

/// The nodes that can be reached from `start`.
fn reachable<'a>(graph: &'a Imports, start: &'a String) -> BTreeSet<&'a String> {
    let mut reached = BTreeSet::new();
    let mut next = vec![start];
    while let Some(node) = next.pop() {
        next.extend(graph.get(node).into_iter().flatten().filter(|node| reached.insert(*node)));
    }
    reached
}
