//! Reads the project's files for the tidy tests.
//!
//! Code is told from comments and tests by simple rules that hold for this project's style: a comment has its own line or
//! follows code after ` // `, and tests are in `tests.rs`, in a folder `tests`, or in a last `mod tests` of a file.

use std::path::Path;

/// What lies at the root and is not written by hand.
const SKIPPED: [&str; 5] = ["target", ".git", "demo", "report.html", "Cargo.lock"];
/// Larger files, in bytes, are no sources.
const LARGEST: u64 = 1 << 20;

/// A file of the project.
pub(super) struct Source {
    /// Path from the root, with `/`.
    pub(super) path: String,
    /// What is in it.
    pub(super) text: String,
}

impl Source {
    /// Lines of code with their numbers, without comments and without unit tests.
    pub(super) fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let is_test = self.path.ends_with("/tests.rs") || self.path.contains("/tests/") && !self.path.starts_with("tests/");
        let end = self.text.find("#[cfg(test)]\nmod tests {").unwrap_or(self.text.len());
        let code = if is_test { "" } else { self.text.get(..end).unwrap_or_default() };
        let lines = code.lines().enumerate().map(|(place, line)| (place + 1, line.split(" // ").next().unwrap_or_default()));
        lines.filter(|(_, line)| !line.trim_start().starts_with("//"))
    }
}

/// The root of the workspace.
pub(super) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All Rust files.
pub(super) fn sources() -> Vec<Source> {
    let rust: Vec<Source> =
        texts().into_iter().filter(|source| Path::new(&source.path).extension().is_some_and(|extension| extension == "rs")).collect();
    assert!(rust.len() > 20, "only {} Rust files were found; mend this test", rust.len());
    rust
}

/// All text files but Cargo.lock, sorted by path.
pub(super) fn texts() -> Vec<Source> {
    let mut found = Vec::new();
    walk(root(), &mut found);
    found.sort_by(|one, other| one.path.cmp(&other.path));
    found
}

fn walk(folder: &Path, found: &mut Vec<Source>) {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries {
        let entry = entry.expect("an entry");
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        let kind = entry.file_type().expect("a file type");
        // What is generated lies at the root; further down `demo` is a module like any other.
        let generated = folder == root() && SKIPPED.contains(&name.as_str());
        if kind.is_dir() && !generated {
            walk(&path, found);
        } else if kind.is_file() && !generated && name != "Cargo.lock" && entry.metadata().is_ok_and(|about| about.len() < LARGEST) {
            found.extend(read(&path));
        }
    }
}

fn read(path: &Path) -> Option<Source> {
    // What is no text holds no rule either; a file that another process has just removed is not there.
    let text = String::from_utf8(std::fs::read(path).ok()?).ok()?;
    let path = path.strip_prefix(root()).ok()?.to_string_lossy().replace('\\', "/");
    Some(Source { path, text })
}

/// Names of the packages in `[dependencies]` and `[build-dependencies]` of a manifest.
pub(super) fn manifest_dependencies(room: &str) -> Vec<String> {
    let manifest = std::fs::read_to_string(root().join(room).join("Cargo.toml")).expect("a manifest");
    let mut names = Vec::new();
    let mut inside = false;
    for line in manifest.lines().map(str::trim) {
        if line.starts_with('[') {
            let section = line.trim_matches(['[', ']']);
            inside = section.ends_with("dependencies") && !section.ends_with("dev-dependencies");
            if let Some((_, name)) = section.split_once("dependencies.").filter(|_| !section.contains("dev-dependencies")) {
                names.push(name.to_owned());
            }
        } else if inside && !line.starts_with('#') {
            names.extend(line.split(['=', '.', ' ']).next().filter(|name| !name.is_empty()).map(str::to_owned));
        }
    }
    names
}

/// Whether `word` stands in `line` and is not a part of a longer word.
pub(super) fn holds_word(line: &str, word: &str) -> bool {
    let joins = |character: Option<char>| character.is_some_and(|character| character.is_alphanumeric() || character == '_');
    line.match_indices(word).any(|(start, _)| {
        let before = line.get(..start).and_then(|text| text.chars().next_back());
        let after = line.get(start + word.len()..).and_then(|text| text.chars().next());
        !joins(before) && (word.ends_with('!') || !joins(after))
    })
}

#[test]
fn words_are_whole() {
    assert!(holds_word("    async fn next()", "async"));
    assert!(!holds_word("use async_trait::async_trait;", "async"));
    assert!(holds_word("let t = std::time::Instant::now();", "Instant"));
    assert!(!holds_word("Instantly", "Instant"));
    assert!(holds_word("println!(\"x\")", "println!") && !holds_word("eprintln!(\"x\")", "println!"));
}

#[test]
fn comments_and_tests_are_no_code() {
    let text = "//! async\nfn a() {} // tokio\n/// std::fs\nfn b() {}\n#[cfg(test)]\nmod tests {\n    use tokio;\n}\n".to_owned();
    let source = Source { path: "planners/src/a.rs".into(), text };
    assert_eq!(source.code().collect::<Vec<_>>(), [(2, "fn a() {}"), (4, "fn b() {}")]);
}
