//! A private display: X server, window manager and message bus, each started and waited for by what it says.

use std::fs;
use std::io::Read as _;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use command_fds::{CommandFdExt as _, FdMapping};
use handiwork_core::SurfaceError;
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::programs::{PATH, Programs, find};
use super::sweep::MARK;
use super::{Seat, failed, new_scratch, watch};
use crate::desktop::config::DesktopConfig;

/// How long a part of it may take to start.
const STARTING: Duration = Duration::from_secs(15);

/// What the display needs, and the packages that have it.
const NEEDED: &[(&str, &str)] =
    &[("Xvfb", "xvfb"), ("openbox", "openbox"), ("dbus-daemon", "dbus"), ("/usr/libexec/at-spi-bus-launcher", "at-spi2-core")];

/// One desktop, no keys and no buttons of its own but those that move windows: what is typed belongs to the programs.
const OPENBOX: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<openbox_config xmlns="http://openbox.org/3.4/rc">
  <focus><focusNew>yes</focusNew><followMouse>no</followMouse></focus>
  <placement><policy>Smart</policy><center>yes</center></placement>
  <theme><name>Clearlooks</name><titleLayout>LC</titleLayout><animateIconify>no</animateIconify></theme>
  <desktops><number>1</number><firstdesk>1</firstdesk></desktops>
  <keyboard><keybind key="A-F4"><action name="Close"/></keybind></keyboard>
  <mouse>
    <context name="Titlebar">
      <mousebind button="Left" action="Press"><action name="Focus"/><action name="Raise"/></mousebind>
      <mousebind button="Left" action="Drag"><action name="Move"/></mousebind>
    </context>
    <context name="Client">
      <mousebind button="Left" action="Press"><action name="Focus"/><action name="Raise"/></mousebind>
      <mousebind button="Right" action="Press"><action name="Focus"/><action name="Raise"/></mousebind>
    </context>
    <context name="Close"><mousebind button="Left" action="Click"><action name="Close"/></mousebind></context>
  </mouse>
  <menu/>
  <applications/>
</openbox_config>
"#;

/// What programs of all toolkits need to show themselves to us, and to look the same everywhere.
const ENVIRONMENT: &[(&str, &str)] = &[
    ("LANG", "C.UTF-8"),
    ("LC_ALL", "C.UTF-8"),
    ("XDG_SESSION_TYPE", "x11"),
    ("XDG_CURRENT_DESKTOP", "handiwork"),
    ("GDK_BACKEND", "x11"),
    ("GSETTINGS_BACKEND", "memory"),
    ("GTK_MODULES", "gail:atk-bridge"),
    ("GTK_USE_PORTAL", "0"),
    ("GTK_THEME", "Adwaita"),
    ("GSK_RENDERER", "cairo"),
    ("GVFS_DISABLE_FUSE", "1"),
    ("GIO_USE_VFS", "local"),
    ("LIBGL_ALWAYS_SOFTWARE", "1"),
    ("QT_ACCESSIBILITY", "1"),
    ("QT_LINUX_ACCESSIBILITY_ALWAYS_ON", "1"),
    ("QT_QPA_PLATFORM", "xcb"),
    ("GNOME_ACCESSIBILITY", "1"),
    ("ACCESSIBILITY_ENABLED", "1"),
    ("SAL_USE_VCLPLUGIN", "gtk3"),
    ("MOZ_ENABLE_WAYLAND", "0"),
    ("MOZ_LEGACY_PROFILES", "1"),
];

/// Packages that a private display needs and this machine has not.
pub(crate) fn missing_packages() -> Vec<&'static str> {
    NEEDED.iter().filter(|(program, _)| find(program).is_none()).map(|(_, package)| *package).collect()
}

/// Starts one. Blocks.
pub(super) fn start(config: &DesktopConfig, (width, height): (u32, u32)) -> Result<Seat, SurfaceError> {
    let missing: Vec<&(&str, &str)> = NEEDED.iter().filter(|(program, _)| find(program).is_none()).collect();
    if !missing.is_empty() {
        let names: Vec<&str> = missing.iter().map(|(program, _)| program.rsplit('/').next().unwrap_or(program)).collect();
        let packages: Vec<&str> = missing.iter().map(|(_, package)| *package).collect();
        return Err(SurfaceError::NotAvailable {
            problem: format!("a private display needs {}, which this machine has not", names.join(", ")),
            hint: format!("apt-get install --no-install-recommends {}", packages.join(" ")),
        });
    }
    let scratch = new_scratch()?;
    let mark = uuid::Uuid::now_v7().simple().to_string();
    let watchman = watch(&mark, &scratch)?;
    let (home, runtime) = (scratch.path().join("home"), scratch.path().join("run"));
    super::home::make(&home, &runtime).map_err(|error| failed("the folders of the desktop can't be made", &error))?;

    let mut environment: Vec<(String, String)> =
        ENVIRONMENT.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    environment.push(("HOME".to_owned(), home.display().to_string()));
    environment.push(("XDG_RUNTIME_DIR".to_owned(), runtime.display().to_string()));
    environment.push((MARK.to_owned(), mark.clone()));

    let (server, name) = server(&environment, &home, (width, height))?;
    let server_id = server.id();
    let mut helpers = vec![server];
    let started = (|| {
        environment.push(("DISPLAY".to_owned(), name.clone()));
        if let Some(layout) = &config.layout {
            keyboard(&environment, layout)?;
        }
        let (bus, address) = bus(&environment, &runtime)?;
        helpers.push(bus);
        environment.push(("DBUS_SESSION_BUS_ADDRESS".to_owned(), address.clone()));
        let rules = scratch.path().join("openbox.xml");
        fs::write(&rules, OPENBOX).map_err(|error| failed("the rules of the window manager can't be written", &error))?;
        let mut manager = command("openbox", &environment, &home);
        manager.arg("--sm-disable").arg("--config-file").arg(&rules);
        helpers.push(manager.spawn().map_err(|error| failed("the window manager can't be started", &error))?);
        Ok(address)
    })();
    let folder = config.folder.clone().unwrap_or_else(|| home.clone());
    let programs = Programs::new(environment, &mark, folder);
    helpers.into_iter().for_each(|helper| programs.own(helper));
    let mut seat = Seat {
        name,
        bus: None,
        private: true,
        programs,
        mark,
        server: Some(server_id),
        watchman: Mutex::new(Some(watchman)),
        scratch: Mutex::new(Some(scratch)),
    };
    // What was started ends with the seat if the rest could not be.
    seat.bus = Some(started?);
    Ok(seat)
}

fn command(program: &str, environment: &[(String, String)], folder: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("PATH", PATH)
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0);
    command
}

/// The X server, on the first number that is free.
fn server(environment: &[(String, String)], home: &Path, (width, height): (u32, u32)) -> Result<(Child, String), SurfaceError> {
    let (told, theirs) = std::io::pipe().map_err(|error| failed("no pipe to the X server", &error))?;
    let mut command = command("Xvfb", environment, home);
    command.args(["-displayfd", "3", "-screen", "0", &format!("{width}x{height}x24")]);
    // Nobody connects from elsewhere; it stays when its last window closes, and has no saver and no cursor of its own to blink.
    command.args(["-nolisten", "tcp", "-noreset", "-s", "0", "-dpi", "96"]);
    command
        .fd_mappings(vec![FdMapping { parent_fd: OwnedFd::from(theirs), child_fd: 3 }])
        .map_err(|error| failed("no pipe to the X server", &error))?;
    let mut child = command.spawn().map_err(|error| failed("the X server can't be started", &error))?;
    drop(command);
    match line(told, STARTING).map(|text| text.trim().parse::<u32>()) {
        Ok(Ok(number)) => Ok((child, format!(":{number}"))),
        other => {
            let _ = child.kill();
            let _ = child.wait();
            Err(failed("the X server did not start", &format!("it said {other:?}")))
        }
    }
}

/// The message bus.
fn bus(environment: &[(String, String)], runtime: &Path) -> Result<(Child, String), SurfaceError> {
    let (told, theirs) = std::io::pipe().map_err(|error| failed("no pipe to the message bus", &error))?;
    let mut command = command("dbus-daemon", environment, runtime);
    command.args(["--session", "--nofork", "--nopidfile", "--print-address=3"]);
    command.arg(format!("--address=unix:path={}", runtime.join("bus").display()));
    command
        .fd_mappings(vec![FdMapping { parent_fd: OwnedFd::from(theirs), child_fd: 3 }])
        .map_err(|error| failed("no pipe to the message bus", &error))?;
    let mut child = command.spawn().map_err(|error| failed("the message bus can't be started", &error))?;
    drop(command);
    match line(told, STARTING) {
        Ok(address) if address.starts_with("unix:") => Ok((child, address.trim().to_owned())),
        other => {
            let _ = child.kill();
            let _ = child.wait();
            Err(failed("the message bus did not start", &format!("it said {other:?}")))
        }
    }
}

fn keyboard(environment: &[(String, String)], layout: &str) -> Result<(), SurfaceError> {
    let missing = |problem: String| SurfaceError::NotAvailable { problem, hint: "apt-get install x11-xkb-utils xkb-data".to_owned() };
    let mut command = command("setxkbmap", environment, Path::new("/"));
    let mut child = command.arg(layout).spawn().map_err(|error| missing(format!("the keyboard layout can't be set: {error}")))?;
    let end = Instant::now() + STARTING;
    loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(()),
            Ok(Some(_)) => return Err(missing(format!("there is no keyboard layout {layout:?}"))),
            Ok(None) if Instant::now() < end => std::thread::sleep(Duration::from_millis(10)),
            Ok(None) | Err(_) => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(failed("the keyboard layout can't be set", &"setxkbmap does not end"));
            }
        }
    }
}

/// The first line that comes through a pipe, within `limit`. Blocks.
fn line(pipe: std::io::PipeReader, limit: Duration) -> Result<String, String> {
    let end = Instant::now() + limit;
    let mut pipe = pipe;
    let mut out = Vec::new();
    loop {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(format!("nothing within {} s", limit.as_secs()));
        }
        let wait = Timespec { tv_sec: left.as_secs() as i64, tv_nsec: i64::from(left.subsec_nanos()) };
        let fd = pipe.as_fd();
        let mut ready = [PollFd::new(&fd, PollFlags::IN)];
        if poll(&mut ready, Some(&wait)).is_ok_and(|count| count == 0) {
            continue;
        }
        let mut some = [0_u8; 256];
        match pipe.read(&mut some) {
            Ok(0) => return Err(format!("it ended, after {:?}", String::from_utf8_lossy(&out))),
            Ok(count) => out.extend(some.get(..count).unwrap_or_default()),
            Err(error) => return Err(error.to_string()),
        }
        if let Some(at) = out.iter().position(|byte| *byte == b'\n') {
            return Ok(String::from_utf8_lossy(out.get(..at).unwrap_or_default()).into_owned());
        }
    }
}
