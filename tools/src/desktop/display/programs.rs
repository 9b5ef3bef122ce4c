//! Programs that are started on a display: with a clean environment, and owned.

use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use super::sweep::MARK;

/// Where programs are looked for.
pub(crate) const PATH: &str = "/usr/local/bin:/usr/bin:/bin:/usr/games";

/// What is started with what.
#[derive(Debug)]
pub(crate) struct Programs {
    environment: Vec<(String, String)>,
    folder: PathBuf,
    mark: String,
    running: Mutex<Vec<(Vec<String>, Child)>>,
}

/// Switches without which a program can't be worked with, by its name.
const SWITCHES: &[(&[&str], &[&str])] = &[
    (
        &["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"],
        &[
            "--force-renderer-accessibility",
            "--no-first-run",
            "--no-default-browser-check",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--password-store=basic",
            "--use-mock-keychain",
            "--disable-gpu",
            "--test-type",
        ],
    ),
    (&["soffice", "localc", "lowriter", "libreoffice"], &["--norestore", "--nologo", "--nofirststartwizard"]),
];

impl Programs {
    pub(crate) fn new(environment: Vec<(String, String)>, mark: &str, folder: PathBuf) -> Self {
        Self { environment, folder, mark: mark.to_owned(), running: Mutex::new(Vec::new()) }
    }

    fn running(&self) -> MutexGuard<'_, Vec<(Vec<String>, Child)>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What programs have in their environment.
    pub(crate) fn environment(&self) -> Vec<(String, String)> {
        let mut all = self.environment.clone();
        all.push(("PATH".to_owned(), PATH.to_owned()));
        if !all.iter().any(|(name, _)| name == MARK) {
            all.push((MARK.to_owned(), self.mark.clone()));
        }
        all
    }

    /// Starts a program and tells its process. The error says what is wrong.
    pub(crate) fn start(&self, words: &[String]) -> Result<u32, String> {
        let (program, args) = words.split_first().ok_or("no program is named")?;
        let path = find(program).ok_or_else(|| format!("there is no program {program:?} on this machine"))?;
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        let mut command = Command::new(&path);
        let extra = SWITCHES.iter().find(|(names, _)| names.contains(&name.as_str())).map_or(&[][..], |(_, switches)| switches);
        command.args(extra);
        if name.starts_with("chrom") && rustix::process::geteuid().is_root() {
            command.arg("--no-sandbox");
        }
        command
            .args(args)
            .env_clear()
            .env("PATH", PATH)
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .env(MARK, &self.mark)
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let child = command.process_group(0).spawn().map_err(|error| format!("{program} can't be started: {error}"))?;
        let pid = child.id();
        self.running().push((words.to_vec(), child));
        Ok(pid)
    }

    /// Takes a process as one of the programs, so that it is reaped.
    pub(crate) fn own(&self, child: Child) {
        self.running().push((Vec::new(), child));
    }

    /// Programs that run, as they were started.
    pub(crate) fn list(&self) -> Vec<Vec<String>> {
        let mut running = self.running();
        running
            .iter_mut()
            .filter_map(|(words, child)| (!words.is_empty() && matches!(child.try_wait(), Ok(None))).then(|| words.clone()))
            .collect()
    }

    /// How a program has ended, if it has.
    pub(crate) fn ended(&self, pid: u32) -> Option<String> {
        let mut running = self.running();
        let (_, child) = running.iter_mut().find(|(_, child)| child.id() == pid)?;
        child.try_wait().ok().flatten().map(|status| status.to_string())
    }

    /// Asks all of them to end, and gives them a moment. Blocks.
    pub(crate) fn ask_to_end(&self) {
        let mut running = self.running();
        for (_, child) in running.iter_mut().filter(|(words, _)| !words.is_empty()).rev() {
            let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
            if let Some(group) = group.filter(|_| matches!(child.try_wait(), Ok(None))) {
                let _ = kill_process_group(group, Signal::TERM);
            }
        }
        let end = Instant::now() + Duration::from_millis(300);
        while Instant::now() < end && running.iter_mut().any(|(words, child)| !words.is_empty() && matches!(child.try_wait(), Ok(None))) {
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Takes note of those that have ended. Blocks until all have.
    pub(crate) fn reap(&self) {
        for (_, mut child) in self.running().drain(..) {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Where a program is.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    if program.contains('/') {
        return Some(PathBuf::from(program)).filter(|path| path.is_file());
    }
    PATH.split(':').map(|folder| Path::new(folder).join(program)).find(|path| path.is_file())
}
