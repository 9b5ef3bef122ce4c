//! The time as events carry it. Only the driver reads a clock; everything pure gets times from events.

/// Milliseconds since 1970-01-01 UTC.
#[must_use]
pub fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}
