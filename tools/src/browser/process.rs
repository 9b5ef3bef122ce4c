//! The Chromium process: started, and surely ended.
//!
//! It speaks over two inherited pipes (`--remote-debugging-pipe`), not over a port: nobody else can connect, and Chromium ends
//! by itself when the pipes close, also when we are killed without a chance to clean up. It has its own process group, so one
//! signal ends it with all its helpers.

use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use command_fds::{CommandFdExt, FdMapping};
use handiwork_core::{ProcessMark, SurfaceError};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

use super::config::BrowserConfig;
use super::profile_lock::ProfileLock;
use crate::mark;
use crate::scratch::Scratch;

/// Variables of [`BrowserConfig::display`] that are passed on.
const DISPLAY: &[&str] = &["DISPLAY", "XAUTHORITY", "WAYLAND_DISPLAY", "XDG_RUNTIME_DIR"];

/// Switches that every browser gets: no traffic of its own, no dialogs of its own, no throttling of what we wait for.
const SWITCHES: &[&str] = &[
    "--remote-debugging-pipe",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-breakpad",
    "--disable-crash-reporter",
    "--disable-dev-shm-usage",
    "--disable-domain-reliability",
    "--disable-client-side-phishing-detection",
    "--disable-search-engine-choice-screen",
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    "--disable-hang-monitor",
    "--disable-prompt-on-repost",
    "--disable-features=Translate,OptimizationHints,MediaRouter,AutofillServerCommunication,PasswordLeakDetection,HttpsUpgrades",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--force-device-scale-factor=1",
    "--force-color-profile=srgb",
    "--font-render-hinting=none",
    "--hide-scrollbars",
    // As in a browser with a window: a frame of another site that hangs, or is hostile, has a process of its own.
    "--site-per-process",
    "--mute-audio",
    "--password-store=basic",
    "--use-mock-keychain",
    "--metrics-recording-only",
    "--lang=en-US",
];

/// A running browser and the folder that it lives in.
#[derive(Debug)]
pub(crate) struct Process {
    child: Mutex<Option<Child>>,
    pid: u32,
    mark: Option<ProcessMark>,
    temporary: Mutex<Option<Scratch>>,
    /// That of a folder which stays. Held by the browser, too.
    lock: Mutex<Option<ProfileLock>>,
}

/// The ends of the pipes that are ours.
#[derive(Debug)]
pub(crate) struct Pipes {
    /// What the browser says.
    pub(crate) from: OwnedFd,
    /// What it is told.
    pub(crate) to: OwnedFd,
}

impl Process {
    /// Starts Chromium.
    pub(crate) fn start(config: &BrowserConfig) -> Result<(Self, Pipes), SurfaceError> {
        let program = config.find_executable()?;
        let failed = |what: &str, error: &dyn std::fmt::Display| SurfaceError::NotAvailable {
            problem: format!("{what}: {error}"),
            hint: "check free space and permissions, then `handiwork doctor`".to_owned(),
        };
        let (profile, temporary) = profile_of(config).map_err(|error| failed("the browser's profile folder can't be made", &error))?;
        let mut lock = config.profile.is_some().then(|| ProfileLock::take(&profile)).transpose()?;
        let (their_in, to) = std::io::pipe().map_err(|error| failed("no pipe to the browser", &error))?;
        let (from, their_out) = std::io::pipe().map_err(|error| failed("no pipe from the browser", &error))?;

        let mut command = Command::new(&program);
        command
            .args(SWITCHES)
            .arg(format!("--window-size={},{}", config.viewport.0, config.viewport.1))
            .arg(format!("--user-data-dir={}", profile.display()))
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("HOME", &profile)
            .env("LANG", "C.UTF-8")
            .current_dir(&profile)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .process_group(0);
        if config.headless {
            command.arg("--headless");
        } else {
            command.envs(config.display.iter().filter(|(name, _)| DISPLAY.contains(&name.as_str())));
        }
        if rustix::process::geteuid().is_root() {
            // Chromium refuses to start its sandbox as root.
            command.arg("--no-sandbox");
        }
        if let Some(scale) = config.emulation.scale {
            // A frame of another site can be told its pixels in no other way. The last one counts.
            command.arg(format!("--force-device-scale-factor={scale}"));
        }
        if let Some(proxy) = &config.emulation.proxy {
            command.arg(format!("--proxy-server={}", proxy.server)).arg(format!("--proxy-bypass-list={}", proxy.bypass_list()));
        }
        command.args(&config.extra_args).arg("about:blank");
        let mut mappings =
            vec![FdMapping { parent_fd: their_in.into(), child_fd: 3 }, FdMapping { parent_fd: their_out.into(), child_fd: 4 }];
        if let Some(lock) = &lock {
            let shared = lock.share().map_err(|error| failed("the lock of the profile can't be passed on", &error))?;
            mappings.push(FdMapping { parent_fd: shared, child_fd: 5 });
        }
        command.fd_mappings(mappings).map_err(|error| failed("the pipes can't be passed on", &error))?;
        let mut child = command.spawn().map_err(|error| failed(&format!("{} can't be started", program.display()), &error))?;
        // Closes our copies of the browser's ends, or neither side would see the other go.
        drop(command);
        let pid = child.id();
        if let Some(lock) = &mut lock {
            lock.tell(pid);
        }
        if let Some(stderr) = child.stderr.take() {
            drain(stderr.into(), pid);
        }
        // Not reaped yet, so its id is its own.
        let process =
            Self { child: Mutex::new(Some(child)), pid, mark: mark::of(pid), temporary: Mutex::new(temporary), lock: Mutex::new(lock) };
        Ok((process, Pipes { from: from.into(), to: to.into() }))
    }

    /// Id of the browser's main process, which is also the id of its group.
    pub(crate) fn pid(&self) -> u32 {
        self.pid
    }

    /// It, as no other process is. None where that can't be known.
    pub(crate) fn mark(&self) -> Option<&ProcessMark> {
        self.mark.as_ref()
    }

    /// Bytes that it and its helpers take, what they share counted once. None where that can't be known.
    pub(crate) fn memory(&self) -> Option<u64> {
        let share = |pid: u32| {
            let rollup = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
            let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"))?;
            Some(line.split_whitespace().next()?.parse::<u64>().ok()? * 1024)
        };
        let sum: u64 = mark::group(self.pid).into_iter().filter_map(share).sum();
        (sum > 0).then_some(sum)
    }

    /// Waits until it has ended by itself, for at most `limit`. It is not reaped yet, so its id stays its own.
    pub(crate) fn wait(&self, limit: Duration) {
        let Some(pid) = self.raw() else { return };
        let end = Instant::now() + limit;
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        while Instant::now() < end && matches!(waitid(WaitId::Pid(pid), options), Ok(None)) {
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Ends it with all its helpers, reaps it and removes its temporary folder. Can be called again.
    pub(crate) fn kill(&self) {
        if let Ok(mut child) = self.child.lock()
            && let Some(mut child) = child.take()
        {
            // Its group goes before it is reaped: until then no other process can have got its id.
            if let Some(group) = self.raw() {
                let _ = kill_process_group(group, Signal::KILL);
            }
            let _ = child.kill();
            let _ = child.wait();
        }
        // Whoever still knows of it must not keep the next one out of its folder.
        if let Ok(mut lock) = self.lock.lock() {
            drop(lock.take());
        }
        if let Ok(mut folder) = self.temporary.lock()
            && let Some(folder) = folder.take()
        {
            folder.remove();
        }
    }

    pub(crate) fn raw(&self) -> Option<Pid> {
        i32::try_from(self.pid).ok().and_then(Pid::from_raw)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

fn profile_of(config: &BrowserConfig) -> std::io::Result<(PathBuf, Option<Scratch>)> {
    if let Some(path) = &config.profile {
        std::fs::create_dir_all(path)?;
        return Ok((Path::canonicalize(path)?, None));
    }
    let folder = Scratch::new("handiwork-browser-")?;
    Ok((folder.path().to_path_buf(), Some(folder)))
}

/// Reads what the browser complains of, so that it never blocks on a full pipe. The thread ends with the browser.
fn drain(stderr: OwnedFd, pid: u32) {
    let _ = std::thread::Builder::new().name("browser-stderr".to_owned()).spawn(move || {
        let mut stderr = File::from(stderr);
        let mut buffer = [0_u8; 4096];
        while let Ok(read @ 1..) = stderr.read(&mut buffer) {
            let text = String::from_utf8_lossy(buffer.get(..read).unwrap_or_default());
            for line in text.lines().filter(|line| !line.trim().is_empty()) {
                tracing::debug!(pid, "browser: {line}");
            }
        }
    });
}
