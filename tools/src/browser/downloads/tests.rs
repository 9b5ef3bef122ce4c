//! Names, limits and the folding of events need no browser.

use std::os::unix::fs::PermissionsExt;

use super::keep::{harmless, put, store};

#[test]
fn names_are_made_harmless() {
    for (suggested, name) in [
        ("report.pdf", "report.pdf"),
        ("../../x.sh", "x.sh"),
        ("..\\..\\x.sh", "x.sh"),
        ("/etc/passwd", "passwd"),
        ("_.._x.sh", "x.sh"),
        ("__init__.py", "__init__.py"),
        (".bashrc", "bashrc"),
        ("...", "download"),
        ("", "download"),
        ("-rf", "rf"),
        ("a\nb\u{202e}fdp.exe", "abfdp.exe"),
        ("a;b&c|d.txt", "a_b_c_d.txt"),
        ("con.txt", "_con.txt"),
        ("Ü 中文.txt ", "Ü 中文.txt"),
    ] {
        assert_eq!(harmless(suggested), name, "{suggested:?}");
    }
    let long = harmless(&format!("{}.tar.gz", "ü".repeat(300)));
    assert!(long.len() <= 120 && long.strip_suffix(".gz").is_some(), "{long}");
}

#[test]
fn nothing_is_overwritten_and_nothing_can_be_executed() {
    let folder = tempfile::tempdir().expect("a folder");
    let kept = |content: &str| {
        let staged = folder.path().join(".staged");
        std::fs::write(&staged, content).expect("a file");
        std::fs::set_permissions(&staged, std::fs::Permissions::from_mode(0o755)).expect("permissions");
        let kept = put(&staged, folder.path(), "a.txt", 10);
        assert!(!staged.exists());
        kept
    };
    assert_eq!(kept("one").expect("kept").file, "a.txt");
    assert_eq!(kept("two").expect("kept").file, "a (2).txt");
    assert!(kept("longer than ten").expect_err("too long").contains("larger than 10 bytes"));
    let first = store(folder.path(), "a.txt", b"%PDF-1.4").expect("stored");
    assert_eq!((first.file.as_str(), first.bytes, first.is_pdf), ("a (3).txt", 8, true));
    for (name, content) in [("a.txt", "one"), ("a (2).txt", "two"), ("a (3).txt", "%PDF-1.4")] {
        let path = folder.path().join(name);
        assert_eq!(std::fs::read_to_string(&path).expect("a file"), content);
        assert_eq!(std::fs::metadata(&path).expect("a file").permissions().mode() & 0o777, 0o600);
    }
    // SHA-256 of "one".
    let again = kept("one").expect("kept");
    assert_eq!(again.sha256, "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed");
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 4);
}
