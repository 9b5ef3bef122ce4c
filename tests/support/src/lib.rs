//! What the tests, the examples and the demo run against: sites and a stand-in model server, all on loopback.

pub mod compat;
pub mod deepseek;
pub mod demo;
pub mod fixtures;
pub mod heal;
pub mod miniwob;
