//! The models that the stand-in serves. Data only.

/// The models that are listed.
pub const LISTED: [&str; 2] = ["deepseek-flash", "deepseek-v4-pro"];

/// First-generation R1, as third parties still serve it: not listed, without tools, and its reasoning never goes back.
pub const R1: &str = "deepseek-r1";

/// Whether there is such a model.
pub(super) fn known(id: &str) -> bool {
    LISTED.contains(&id) || id == R1
}

/// Whether it is of the first generation.
pub(super) fn is_r1(id: &str) -> bool {
    id == R1
}

/// Whether it sees images.
pub(super) fn sees(id: &str) -> bool {
    id == "deepseek-flash"
}
