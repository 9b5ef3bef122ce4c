//! The demo site by itself: for trying it by hand, and for agents that run elsewhere.
//!
//! It prints its address as the only line on standard output, so that a script can read it, and runs until it is interrupted.

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use handiwork_test_support::demo::{DemoConfig, DemoSite};

const HELP: &str = "\
The expense site that handiwork's demo and tests run against. On loopback only; everything is gone when it ends.

usage: demo-site [--port N] [--user NAME] [--password WORD] [--admin-password WORD] [--today YYYY-MM-DD] [--state-token TOKEN]

  --port N               port on 127.0.0.1; 0, the default, takes any free one
  --user NAME            who may sign in; the default is dana
  --password WORD        with this password
  --admin-password WORD  password of the user admin, who may open /admin; without it there is none
  --today YYYY-MM-DD     refuse claims for later days
  --state-token TOKEN    answer GET /api/claims to who sends Authorization: Bearer TOKEN
";

#[tokio::main]
async fn main() -> ExitCode {
    match run(std::env::args().skip(1)).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(args: impl Iterator<Item = String>) -> anyhow::Result<()> {
    let Some(config) = read(args)? else {
        return Ok(std::io::stdout().write_all(HELP.as_bytes())?);
    };
    let (user, password) = (config.user.clone(), config.password.clone());
    let site = DemoSite::start(config).await?;
    writeln!(std::io::stdout(), "{}", site.url())?;
    writeln!(std::io::stderr(), "sign in as {user} with the password {password}; end with Ctrl-C")?;
    tokio::signal::ctrl_c().await.context("can't wait for Ctrl-C")?;
    site.stop().await;
    Ok(())
}

fn read(mut args: impl Iterator<Item = String>) -> anyhow::Result<Option<DemoConfig>> {
    let mut config = DemoConfig::default();
    while let Some(name) = args.next() {
        if matches!(name.as_str(), "-h" | "--help") {
            return Ok(None);
        }
        let mut value = || args.next().with_context(|| format!("{name} needs a value; see --help"));
        match name.as_str() {
            "--port" => {
                let port = value()?;
                config.port = port.parse().with_context(|| format!("\"{port}\" is not a port; use a number from 0 to 65535"))?;
            }
            "--user" => config.user = value()?,
            "--password" => config.password = value()?,
            "--admin-password" => config.admin_password = Some(value()?),
            "--today" => config.today = Some(value()?),
            "--state-token" => config.state_token = Some(value()?),
            _ => bail!("unknown option {name}; see --help"),
        }
    }
    Ok(Some(config))
}
