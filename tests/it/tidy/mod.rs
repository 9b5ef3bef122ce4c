//! The house rules that a test can check, by reading the sources.
//!
//! Each rule is one test, and its message says what to do. A rule is changed here and in ARCHITECTURE.md together, or not at all.

#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test ends where it fails, in its helpers too")]

mod read;

use read::{Source, manifest_dependencies, root, sources, texts};

/// Longest file, in lines. Whoever comes near it should split the file.
const LONGEST: usize = 800;
/// From here on a file must be named in [`LONG`].
const LONG_FROM: usize = 400;
/// The files that may be long, with the reason.
const LONG: &[(&str, &str)] = &[];
/// Most packages in Cargo.lock: what there is, and a little room. Reading pages and PDF documents took 40 of
/// them, taking Chinese apart and reading vectors of words 33, the desktop 155 (a third of them is for other systems and never built here).
const MOST_PACKAGES: usize = 655;
/// Where no I/O may be: planners, policy and the state of a run.
const PURE: [&str; 3] = ["planners/src/", "agent-core/src/policy/", "agent-core/src/run/"];
/// What is never in pure code, and so stands for all I/O.
const IMPURE: [&str; 9] = ["async", "await", "tokio", "std::fs", "std::env", "std::net", "Instant", "SystemTime", "now_ms"];

fn complain(rule: &str, found: &[String]) {
    assert!(found.is_empty(), "{rule}\n  {}", found.join("\n  "));
}

/// Lines of library code that hold one of `words` as a whole word.
fn lines_with(source: &Source, words: &[&str]) -> Vec<String> {
    let hits = source.code().filter_map(|(number, line)| {
        let word = words.iter().find(|word| read::holds_word(line, word))?;
        Some(format!("{}:{number}: {word}", source.path))
    });
    hits.collect()
}

#[test]
fn dependencies_point_one_way() {
    let allowed: [(&str, &[&str]); 5] = [
        ("agent-core", &[]),
        ("tools", &["handiwork-core"]),
        ("memory", &["handiwork-core"]),
        ("planners", &["handiwork-core"]),
        ("tests/support", &[]),
    ];
    let mut found = Vec::new();
    for (room, allowed) in allowed {
        let ours = manifest_dependencies(room).into_iter().filter(|name| name.starts_with("handiwork"));
        found.extend(ours.filter(|name| !allowed.contains(&name.as_str())).map(|name| format!("{room} depends on {name}")));
    }
    complain(
        "agent-core depends on no sibling, and tools, memory and planners on agent-core only; put what two rooms share into agent-core:",
        &found,
    );
    assert!(manifest_dependencies("tools").contains(&"handiwork-core".to_owned()), "the manifests can't be read any more; mend this test");
}

#[test]
fn planners_policy_and_runs_do_no_io() {
    let mut found = Vec::new();
    for room in PURE {
        let mut any = false;
        for source in sources().iter().filter(|source| source.path.starts_with(room)) {
            any = true;
            found.extend(lines_with(source, &IMPURE));
        }
        assert!(any, "there is nothing in {room} any more; mend this test");
    }
    complain("planners, policy and the state of a run are pure: let the driver do it, and give them the result as an event:", &found);
}

#[test]
fn every_file_says_what_it_is_for() {
    let silent = sources()
        .into_iter()
        .filter(|source| !source.text.starts_with("//!") || source.text.lines().next().is_some_and(|line| line.len() < 10));
    let found: Vec<String> = silent.map(|source| source.path).collect();
    complain("each file opens with `//!`: what it is for, and the one decision in it:", &found);
}

#[test]
fn files_are_short() {
    let mut found = Vec::new();
    for source in sources() {
        let lines = source.text.lines().count();
        let named = LONG.iter().any(|(path, _)| *path == source.path);
        match lines {
            _ if lines > LONGEST => found.push(format!("{} has {lines} lines: split it", source.path)),
            _ if lines > LONG_FROM && !named => {
                found.push(format!("{} has {lines} lines: split it, or name it in LONG with the reason", source.path));
            }
            _ if lines <= LONG_FROM && named => found.push(format!("{} has only {lines} lines: take it out of LONG", source.path)),
            _ => {}
        }
    }
    complain("files aim at 250 lines and stop at 800:", &found);
}

#[test]
fn libraries_do_not_print_or_read_the_environment() {
    const WORDS: [&str; 8] = ["println!", "eprintln!", "print!", "eprint!", "dbg!", "std::env", "home_dir()", "stdout()"];
    let exempt = ["src/main.rs", "src/cli/", "tests/it/", "tests/support/src/bin/", "examples/", "benches/"];
    let found: Vec<String> = sources()
        .iter()
        .filter(|source| {
            !exempt.iter().any(|place| source.path.starts_with(place))
                && !source.path.contains("/examples/")
                && !source.path.ends_with("build.rs")
        })
        .flat_map(|source| lines_with(source, &WORDS))
        .collect();
    complain(
        "libraries never print and never read the environment or the home directory: return it, trace it, or take it as a value:",
        &found,
    );
}

#[test]
fn chromiumoxide_stays_behind_its_seam() {
    let found: Vec<String> = sources()
        .iter()
        .filter(|source| !source.path.starts_with("tools/src/browser/cdp/") && !source.path.starts_with("tests/it/tidy/"))
        .flat_map(|source| lines_with(source, &["chromiumoxide"]))
        .collect();
    complain("chromiumoxide is named in tools/src/browser/cdp/ only; give the rest of the code our own types:", &found);
}

#[test]
fn no_package_registry_is_named() {
    // In pieces, so that this file names none either.
    let hosts: Vec<String> = [
        ["crates", "io"],
        ["pypi", "org"],
        ["pythonhosted", "org"],
        ["npmjs", "org"],
        ["npmjs", "com"],
        ["deb.debian", "org"],
        ["archive.ubuntu", "com"],
        ["proxy.golang", "org"],
        ["rubygems", "org"],
    ]
    .iter()
    .map(|pieces| pieces.join("."))
    .collect();
    let mut found = Vec::new();
    for source in texts() {
        for (number, line) in source.text.lines().enumerate() {
            let lower = line.to_lowercase();
            found.extend(
                hosts.iter().filter(|host| lower.contains(host.as_str())).map(|host| format!("{}:{}: {host}", source.path, number + 1)),
            );
        }
    }
    complain("packages are fetched by name through their own client, never by host; only Cargo.lock names a registry:", &found);
}

#[test]
fn dependencies_stay_within_their_budget() {
    let lock = std::fs::read_to_string(root().join("Cargo.lock")).expect("Cargo.lock");
    let packages = lock.matches("[[package]]").count();
    assert!(packages > 100, "Cargo.lock can't be read any more; mend this test");
    assert!(
        packages <= MOST_PACKAGES,
        "Cargo.lock has {packages} packages, {MOST_PACKAGES} are allowed: do without the new dependency, switch off its default features, or raise the budget and say why"
    );
}

#[test]
fn every_crate_follows_the_workspace_lints() {
    let rooms = ["", "agent-core", "tools", "memory", "planners", "tests/support"];
    let without = rooms.iter().filter(|room| {
        let manifest = std::fs::read_to_string(root().join(room).join("Cargo.toml")).expect("a manifest");
        !manifest.replace(' ', "").contains("[lints]\nworkspace=true")
    });
    let found: Vec<String> = without.map(|room| format!("{room}/Cargo.toml")).collect();
    complain("each manifest ends with `[lints] workspace = true`:", &found);
}
