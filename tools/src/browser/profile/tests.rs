//! What is kept is encrypted, and any damage is found.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::json;

use super::{Key, ProfileError, Profiles, StorageState, Stored};

const SECRET: &str = "sid-canary-51c7";

fn state() -> StorageState {
    let stored = Stored { local: format!("[[\"token\",\"{SECRET}\"]]"), ..Stored::default() };
    StorageState {
        cookies: vec![json!({ "name": "sid", "value": SECRET, "domain": ".shop.example" })],
        origins: [("https://shop.example".to_owned(), stored)].into(),
    }
}

fn key(byte: u8) -> Key {
    Key::from_hex(&format!("{byte:02x}").repeat(32)).expect("a key")
}

#[test]
fn comes_back_as_it_was_and_tells_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("deep/in/a.state");
    state().save(&file, &key(1)).expect("saved");
    let bytes = std::fs::read(&file).expect("a file");
    for word in [SECRET, "shop.example", "token", "cookies"] {
        assert!(!bytes.windows(word.len()).any(|part| part == word.as_bytes()), "{word} is in the file");
    }
    assert_eq!(std::fs::metadata(&file).expect("a file").permissions().mode() & 0o777, 0o600);
    assert_eq!(StorageState::load(&file, &key(1)).expect("loaded"), state());
    assert_eq!(std::fs::read_dir(file.parent().expect("a folder")).expect("a folder").count(), 1, "a temporary file is left");
    assert!(!format!("{:?} {:?}", state(), key(1)).contains(SECRET));
    // The same twice is not the same file.
    state().save(&file, &key(1)).expect("saved");
    assert_ne!(std::fs::read(&file).expect("a file"), bytes);
}

#[test]
fn any_changed_or_missing_byte_is_found() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("a.state");
    state().save(&file, &key(1)).expect("saved");
    let whole = std::fs::read(&file).expect("a file");
    for place in 0..whole.len() {
        for bit in [1, 0x80] {
            let mut changed = whole.clone();
            changed[place] ^= bit;
            std::fs::write(&file, &changed).expect("written");
            let error = StorageState::load(&file, &key(1)).expect_err("it was changed");
            let fits = match place {
                0..16 => matches!(error, ProfileError::NotState { .. }),
                16 => matches!(error, ProfileError::Newer { .. } | ProfileError::Damaged { .. }),
                17..25 => matches!(error, ProfileError::WrongKey { .. }),
                _ => matches!(error, ProfileError::Damaged { .. }),
            };
            assert!(fits, "byte {place}: {error}");
        }
        std::fs::write(&file, &whole[..place]).expect("written");
        StorageState::load(&file, &key(1)).expect_err("it was cut off");
    }
    std::fs::write(&file, [&whole[..], b"x"].concat()).expect("written");
    assert!(matches!(StorageState::load(&file, &key(1)), Err(ProfileError::Damaged { .. })));
    std::fs::write(&file, &whole).expect("written");
    let error = StorageState::load(&file, &key(2)).expect_err("another key");
    assert!(matches!(error, ProfileError::WrongKey { .. }) && error.to_string().contains("bring back the key file"), "{error}");
}

#[test]
fn the_key_file_is_made_once_and_is_nobody_elses() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("config/key");
    let keys: Vec<Key> = std::thread::scope(|scope| {
        let made: Vec<_> = (0..8).map(|_| scope.spawn(|| Key::at(&file).expect("a key"))).collect();
        made.into_iter().map(|made| made.join().expect("a key")).collect()
    });
    let sealed = folder.path().join("a.state");
    state().save(&sealed, &keys[0]).expect("saved");
    assert!(keys.iter().all(|key| StorageState::load(&sealed, key).is_ok()), "they are not the same");
    assert_eq!(std::fs::metadata(&file).expect("a file").permissions().mode() & 0o777, 0o600);
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).expect("permissions");
    let error = Key::at(&file).expect_err("others may read it");
    assert!(error.to_string().contains("chmod 600"), "{error}");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).expect("permissions");
    std::fs::write(&file, "abc").expect("written");
    assert!(matches!(Key::at(&file), Err(ProfileError::Key { .. })));
    for text in ["", "abc", &"g".repeat(64), &"é".repeat(32)] {
        assert!(Key::from_hex(text).is_err(), "{text}");
    }
}

#[test]
fn profiles_have_plain_names() {
    let folder = tempfile::tempdir().expect("a folder");
    let profiles = Profiles::new(folder.path().join("profiles"), key(3));
    assert_eq!(Profiles::list(&folder.path().join("profiles")).expect("a list"), Vec::<String>::new());
    assert_eq!(profiles.load("bank"), Err(ProfileError::NoSuch { name: "bank".to_owned() }));
    profiles.save("bank", &state()).expect("saved");
    profiles.save("a.b-c_1", &StorageState::default()).expect("saved");
    assert_eq!(Profiles::list(&folder.path().join("profiles")).expect("a list"), ["a.b-c_1", "bank"]);
    assert_eq!(profiles.load("bank").expect("loaded"), state());
    for name in ["", ".", "..", "../x", "a/b", "-x", ".hidden", "a b", "é", &"x".repeat(65)] {
        assert!(matches!(profiles.save(name, &state()), Err(ProfileError::BadName { .. })), "{name}");
        assert!(matches!(Profiles::delete(folder.path(), name), Err(ProfileError::BadName { .. })), "{name}");
    }
    Profiles::delete(&folder.path().join("profiles"), "bank").expect("deleted");
    assert!(matches!(Profiles::delete(&folder.path().join("profiles"), "bank"), Err(ProfileError::NoSuch { .. })));
}
