//! A real model's file, damaged in ways that happen: each is an error that says what to do, and none brings the process down.

use std::io::Write as _;

use handiwork::core::model::ModelError;
use handiwork::core::model::local::{LocalConfig, LocalModel};

use super::support::file;

#[tokio::test(flavor = "multi_thread")]
async fn damaged_files_are_refused() {
    let whole = std::fs::read(file().await).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let half = whole.len() / 2;
    let noise: Vec<u8> = whole.iter().skip(half).take(1 << 20).copied().collect();
    let scrambled = |at: usize| {
        let mut out: Vec<u8> = whole.iter().take(2 << 20).copied().collect();
        out[at..at + 64].fill(0xFF);
        out
    };
    for (name, bytes) in [
        ("half", &whole[..half]),
        ("one byte short", &whole[..whole.len() - 1]),
        ("header only", &whole[..4096]),
        ("no header", noise.as_slice()),
        ("magic and noise", &[b"GGUF".as_slice(), &noise].concat()),
        ("scrambled count", &scrambled(8)),
        ("scrambled key", &scrambled(40)),
        ("empty", b"".as_slice()),
    ] {
        let path = dir.path().join("model.gguf");
        std::fs::File::create(&path).unwrap().write_all(bytes).unwrap();
        let error = LocalModel::load(LocalConfig::new(&path, "smollm2-135m")).unwrap_err();
        assert!(matches!(error, ModelError::Local { .. }), "{name}: {error}");
        assert!(error.to_string().contains("handiwork model pull smollm2-135m"), "{name}: {error}");
    }
}
