//! Which file of `src/` imports which, from its `use` lines and its paths.

use std::collections::{BTreeMap, BTreeSet};

use regex_lite::{Captures, Regex};

use crate::files::code;

/// The files that each file imports, as paths from `src/`.
pub(crate) type Imports = BTreeMap<String, BTreeSet<String>>;

/// A crate and a module's path in it.
type Path = Vec<String>;

/// One file's imports: by the name that they have in the file, and by path alone.
#[derive(Default)]
struct Names {
    by_name: BTreeMap<String, Path>,
    paths: Vec<Path>,
}

/// Returns the imports of some files, which map a path from `src/` to a text. A name that a module
/// re-exports counts as an import of the file that defines it.
pub(crate) fn imports(sources: &BTreeMap<String, String>) -> Imports {
    let modules: BTreeMap<Path, &String> = sources.keys().map(|file| (module(file), file)).collect();
    let names: BTreeMap<&String, Names> =
        sources.iter().map(|(file, text)| (file, names(text, &module(file), &modules))).collect();
    let imports_of = |file: &String| -> BTreeSet<String> {
        let targets = names[file].paths.iter().filter_map(|path| target(path, &modules, &names, 0));
        targets.filter(|target| *target != file).cloned().collect()
    };
    sources.keys().map(|file| (file.clone(), imports_of(file))).collect()
}

/// Whether a `mod.rs` contains only modules and re-exports.
pub(crate) fn is_list_of_modules(file: &str, text: &str) -> bool {
    let declarations =
        Regex::new(r"(?m)^\s*(?:pub(?:\([a-z]+\))?\s+)?(?:use|mod)\s[^;]+;|#!?\[[^\]]*\]").unwrap();
    file.ends_with("/mod.rs") && declarations.replace_all(&code(text), "").trim().is_empty()
}

/// The crate and module of a file.
fn module(file: &str) -> Path {
    let file = file.strip_suffix(".rs").unwrap();
    let (root, path) = match file.strip_prefix("bin/") {
        None => ("stagecert", file),
        Some(file) => file.split_once('/').unwrap_or((file, "main")),
    };
    let root = if file.starts_with("bin/") { format!("bin/{root}") } else { root.to_owned() };
    let mut module: Path = [root].into_iter().chain(path.split('/').map(str::to_owned)).collect();
    module.pop_if(|last| matches!(last.as_str(), "lib" | "main" | "mod"));
    module
}

/// What a file imports, by its `use` lines and by the paths in its code.
fn names(text: &str, module: &Path, modules: &BTreeMap<Path, &String>) -> Names {
    let use_line = Regex::new(r"(?m)^[ \t]*(?:pub(?:\([a-z]+\))?\s+)?use\s+([^;]+);").unwrap();
    let inline = Regex::new(r"\b(?:crate|super|self|stagecert)(?:::\w+)+").unwrap();
    let mut names = Names::default();
    let code = code(text);
    for line in use_line.captures_iter(&code) {
        for (name, path) in used(&line[1]) {
            if let Some(path) = absolute(&path, module, modules) {
                names.paths.push(path.clone());
                names.by_name.insert(name, path);
            }
        }
    }
    let rest = use_line.replace_all(&code, |_: &Captures| String::new());
    for path in inline.find_iter(&rest) {
        names.paths.extend(absolute(&split(path.as_str()), module, modules));
    }
    names
}

/// The names and paths of one `use` line.
fn used(tree: &str) -> Vec<(String, Path)> {
    let tree = tree.trim();
    let Some((head, group)) = tree.split_once('{') else {
        let (path, alias) = tree.split_once(" as ").map_or((tree, None), |(path, alias)| (path, Some(alias)));
        let mut path = split(path);
        path.pop_if(|last| last == "self" || last == "*");
        let name = alias.map(|alias| alias.trim().to_owned()).or_else(|| path.last().cloned());
        return vec![(name.unwrap_or_default(), path)];
    };
    let head = split(head);
    let group = group.strip_suffix('}').unwrap();
    let mut depth = 0;
    let branches = group.split(|character| {
        depth += i32::from(character == '{') - i32::from(character == '}');
        character == ',' && depth == 0
    });
    let under_head = |(name, path): (String, Path)| {
        let path: Path = head.iter().cloned().chain(path).collect();
        (if name.is_empty() { path.last().unwrap().clone() } else { name }, path)
    };
    branches.filter(|branch| !branch.trim().is_empty()).flat_map(used).map(under_head).collect()
}

fn split(path: &str) -> Path {
    path.split("::").map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}

/// The path from its crate's root, unless it leads into another package.
fn absolute(path: &[String], module: &Path, modules: &BTreeMap<Path, &String>) -> Option<Path> {
    let mut base = module.clone();
    let mut rest = path;
    match path.first()?.as_str() {
        "crate" => {
            base.truncate(1);
            rest = &path[1..];
        }
        "stagecert" if base[0] != "stagecert" => {
            base = vec!["stagecert".into()];
            rest = &path[1..];
        }
        "self" | "super" => {
            while let Some(first @ ("self" | "super")) = rest.first().map(String::as_str) {
                if first == "super" {
                    base.pop();
                }
                rest = &rest[1..];
            }
        }
        child => {
            let child: Path = base.iter().cloned().chain([child.to_owned()]).collect();
            modules.get(&child)?;
        }
    }
    Some(base.into_iter().chain(rest.iter().cloned()).collect())
}

/// The file that defines what a path names.
fn target<'a>(
    path: &Path,
    modules: &BTreeMap<Path, &'a String>,
    names: &BTreeMap<&String, Names>,
    followed: usize,
) -> Option<&'a String> {
    let (length, file) =
        (1..=path.len()).rev().find_map(|length| Some((length, *modules.get(&path[..length])?)))?;
    let re_exported = path.get(length).and_then(|name| names[file].by_name.get(name));
    match re_exported {
        Some(re_exported) if followed < 5 => {
            let path = re_exported.iter().chain(&path[length + 1..]).cloned().collect();
            target(&path, modules, names, followed + 1)
        }
        _ => Some(file),
    }
}
