//! The command line. Everything that reads the environment, the home directory or a terminal is here and below `cli/`; the
//! libraries get values.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
