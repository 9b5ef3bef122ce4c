//! x
pub(crate) const GRACE: i64 = 86_400_000;
