//! How much memory a model takes, and whether there is so much.

use crate::model::local::memory::{Group, MemoryEstimate, free, meminfo};
use crate::model::local::{LocalConfig, gguf};

/// The header of a model of 28 layers with two key heads of 128, as Qwen2.5 1.5B has it; with one tensor of eight floats.
fn header(heads_of_key: &[u32]) -> Vec<u8> {
    let mut out = b"GGUF".to_vec();
    out.extend(3_u32.to_le_bytes());
    out.extend(1_u64.to_le_bytes());
    let string = |out: &mut Vec<u8>, text: &str| {
        out.extend((text.len() as u64).to_le_bytes());
        out.extend(text.as_bytes());
    };
    let numbers = [
        ("qwen2.block_count", 28_u32),
        ("qwen2.context_length", 32_768),
        ("qwen2.embedding_length", 1536),
        ("qwen2.feed_forward_length", 8960),
        ("qwen2.attention.head_count", 12),
    ];
    out.extend((numbers.len() as u64 + 2).to_le_bytes());
    string(&mut out, "general.architecture");
    out.extend(8_u32.to_le_bytes());
    string(&mut out, "qwen2");
    for (key, number) in numbers {
        string(&mut out, key);
        out.extend(4_u32.to_le_bytes());
        out.extend(number.to_le_bytes());
    }
    string(&mut out, "qwen2.attention.head_count_kv");
    match heads_of_key {
        [one] => out.extend([4_u32.to_le_bytes(), one.to_le_bytes()].concat()),
        many => {
            out.extend([9_u32.to_le_bytes(), 4_u32.to_le_bytes()].concat());
            out.extend((many.len() as u64).to_le_bytes());
            for number in many {
                out.extend(number.to_le_bytes());
            }
        }
    }
    string(&mut out, "weight");
    out.extend(1_u32.to_le_bytes());
    out.extend(8_u64.to_le_bytes());
    out.extend(0_u32.to_le_bytes());
    out.extend(0_u64.to_le_bytes());
    out.resize(out.len().next_multiple_of(32) + 32, 0);
    out
}

fn estimate(heads_of_key: &[u32], config: &LocalConfig) -> MemoryEstimate {
    let file = tempfile(&header(heads_of_key));
    let outline = gguf::check(&file).unwrap();
    std::fs::remove_file(file).unwrap();
    MemoryEstimate::of(&outline, config)
}

fn tempfile(bytes: &[u8]) -> std::path::PathBuf {
    let path = std::env::temp_dir().join(format!("handiwork-{}-{:?}.gguf", std::process::id(), std::thread::current().id()));
    std::fs::write(&path, bytes).unwrap();
    path
}

#[test]
fn the_cache_is_counted_by_layers_heads_context_and_conversations() {
    let config = LocalConfig { context: 1000, ..LocalConfig::new("m.gguf", "m") };
    let one = estimate(&[2], &config);
    assert_eq!((one.per_token, one.cache), (28 * 2 * 2 * 128 * 2, 28_672 * 1024));
    assert_eq!(estimate(&[2; 28], &config), MemoryEstimate { weights: estimate(&[2; 28], &config).weights, ..one });
    let three = estimate(&[2], &LocalConfig { conversations: 3, ..config.clone() });
    assert_eq!(three.cache, 28_672 * 3072);
    // No more than the model was trained for.
    let long = estimate(&[2], &LocalConfig { context: 1_000_000, ..config });
    assert_eq!(long.cache, 28_672 * 32_768);
}

#[test]
fn what_does_not_fit_is_refused_with_what_would() {
    let config = LocalConfig::new("m.gguf", "m");
    let needs = MemoryEstimate { weights: 1_000_000_000, cache: 16_384 * 30_000, work: 50_000_000, per_token: 30_000 };
    assert!(needs.fits(&config, 2_000_000_000).is_ok());
    let error = needs.fits(&config, 1_300_000_000).unwrap_err().to_string();
    for part in ["m.gguf needs about 1542 MB", "weights 1000 MB", "context 492 MB", "1300 MB are free", "--context 4864"] {
        assert!(error.contains(part), "{part} is missing: {error}");
    }
    // And that does fit.
    let less = MemoryEstimate { cache: 4864 * 30_000, ..needs };
    assert!(less.fits(&config, 1_300_000_000).is_ok());
    let error = needs.fits(&config, 1_000_000_000).unwrap_err().to_string();
    assert!(error.contains("smaller model") && !error.contains("--context"), "{error}");
    assert!(needs.fits(&LocalConfig { force: true, ..config }, 0).is_ok());
}

#[test]
fn the_kernels_numbers_are_read() {
    assert_eq!(meminfo("MemTotal: 100 kB\nMemAvailable:    2048 kB\n"), Some(2048 * 1024));
    assert_eq!(meminfo("MemTotal: 100 kB\n"), None);
    let group = |limit: &str, used: &str, statistics: &str| {
        Group { limit: limit.to_owned(), used: used.to_owned(), statistics: statistics.to_owned() }.left()
    };
    assert_eq!(group("1000\n", "700\n", "active_file 5\ninactive_file 200\n"), Some(500));
    assert_eq!(group("1000\n", "1200\n", ""), Some(0));
    assert_eq!(group("max\n", "700\n", ""), None);
    assert_eq!(group("9223372036854771712\n", "700\n", ""), None);
    #[cfg(target_os = "linux")]
    assert!(free().is_some_and(|bytes| bytes > 1 << 20));
}
