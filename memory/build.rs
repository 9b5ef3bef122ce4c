//! Has the crate built again when a migration is added: the migrations are embedded.
#![allow(clippy::print_stdout, reason = "it is how a build script talks to cargo")]

fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
