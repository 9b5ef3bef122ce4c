//! Files that are no models, and what is said of them before the engine sees them.

use std::path::PathBuf;

use crate::model::ModelError;
use crate::model::local::{LocalConfig, LocalModel};

/// A file that is gone when the test ends.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str, bytes: &[u8]) -> Self {
        let path = std::env::temp_dir().join(format!("handiwork-{}-{name}.gguf", std::process::id()));
        std::fs::write(&path, bytes).unwrap();
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// The smallest file that the walk accepts: one tensor of eight floats.
fn tiny() -> Vec<u8> {
    let mut out = b"GGUF".to_vec();
    out.extend(3_u32.to_le_bytes());
    out.extend(1_u64.to_le_bytes());
    out.extend(1_u64.to_le_bytes());
    let string = |out: &mut Vec<u8>, text: &str| {
        out.extend((text.len() as u64).to_le_bytes());
        out.extend(text.as_bytes());
    };
    string(&mut out, "general.architecture");
    out.extend(8_u32.to_le_bytes());
    string(&mut out, "nothing");
    string(&mut out, "weight");
    out.extend(1_u32.to_le_bytes());
    out.extend(8_u64.to_le_bytes());
    out.extend(0_u32.to_le_bytes());
    out.extend(0_u64.to_le_bytes());
    out.resize(out.len().next_multiple_of(32) + 32, 0);
    out
}

fn problem(name: &str, bytes: &[u8]) -> String {
    let file = Scratch::new(name, bytes);
    match LocalModel::load(LocalConfig::new(&file.0, "some-model")) {
        Err(error @ ModelError::Local { .. }) => {
            let text = error.to_string();
            assert!(text.contains("handiwork model pull some-model") && text.contains(&*file.0.to_string_lossy()), "{text}");
            text
        }
        other => panic!("{name}: {other:?}"),
    }
}

#[test]
fn files_that_are_no_model_are_refused_with_a_reason() {
    let whole = tiny();
    let noise: Vec<u8> = (0..4096_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let with = |at: usize, bytes: &[u8]| {
        let mut out = whole.clone();
        out[at..at + bytes.len()].copy_from_slice(bytes);
        out
    };
    for (name, bytes, reason) in [
        ("empty", vec![], "is not a GGUF file"),
        ("noise", noise.clone(), "is not a GGUF file"),
        ("magic-and-noise", [b"GGUF\x03\0\0\0", noise.as_slice()].concat(), "damaged header"),
        ("version-1", with(4, &1_u32.to_le_bytes()), "version 1"),
        ("big-endian", with(4, &3_u32.to_be_bytes()), "big-endian"),
        ("no-tensors", with(8, &0_u64.to_le_bytes()), "holds no weights"),
        ("huge-count", with(8, &u64::MAX.to_le_bytes()), "damaged header"),
        ("huge-key", with(24, &u64::MAX.to_le_bytes()), "cut off in its header"),
        ("half-header", whole[..60].to_vec(), "cut off in its header"),
        ("no-data", whole[..whole.len() - 1].to_vec(), "is cut off: it has"),
        // Sound to the walk, and of no kind that the engine knows.
        ("unknown-kind", whole.clone(), "can't be loaded"),
    ] {
        let text = problem(name, &bytes);
        assert!(text.contains(reason), "{name}: {text}");
    }
}

#[test]
fn no_beginning_of_a_file_is_taken_for_the_whole() {
    let whole = tiny();
    for length in 0..whole.len() {
        let file = Scratch::new("prefix", &whole[..length]);
        assert!(crate::model::local::gguf::check(&file.0).is_err(), "{length}");
    }
}

#[test]
fn a_missing_file_and_a_folder_are_refused() {
    let missing = LocalModel::load(LocalConfig::new("/nonexistent/model.gguf", "some-model")).unwrap_err().to_string();
    assert!(missing.contains("does not exist") && missing.contains("handiwork model pull some-model"), "{missing}");
    let folder = LocalModel::load(LocalConfig::new(std::env::temp_dir(), "some-model")).unwrap_err().to_string();
    assert!(folder.contains("is not a file"), "{folder}");
}
