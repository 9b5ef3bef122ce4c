//! Windows and programs: brought to the front, closed, started.

use std::time::Duration;

use handiwork_core::{Change, Reason, Receipt};
use tokio::time::Instant;

use super::super::Place;
use super::super::eyes::{Eyes, title};
use super::super::x::worker::gone;
use super::effects::Effects;
use super::{Deed, Halt};

/// How long a program may take to show its first window.
const FIRST_WINDOW: Duration = Duration::from_secs(25);

/// Starts a program and waits for a new window. Tells the number and title of the window; the error says what is wrong.
pub(crate) async fn launch(eyes: &mut Eyes, place: &Place, words: &[String], end: Instant) -> Result<(u32, String), String> {
    let (before, _) = eyes.glance(end).await.map_err(|error| error.to_string())?;
    let pid = place.seat.programs.start(words)?;
    let limit = end.min(Instant::now() + FIRST_WINDOW);
    let mut ended: Option<Instant> = None;
    loop {
        let (windows, _) = eyes.glance(end).await.map_err(|error| error.to_string())?;
        let fresh = windows.all.iter().find(|win| !win.popup && before.get(win.id).is_none());
        if let Some(win) = fresh {
            let id = win.id;
            // It is there; now it is waited until it shows what is in it.
            let mut look = eyes.look(end).await.map_err(|error| error.to_string())?;
            let filled = limit.min(Instant::now() + Duration::from_secs(8));
            while Instant::now() < filled && is_empty(eyes, &look, id) {
                tokio::time::sleep(Duration::from_millis(100)).await;
                look = eyes.look(end).await.map_err(|error| error.to_string())?;
            }
            let title = look.windows.get(id).map(title).unwrap_or_default();
            return Ok((eyes.numbers.get(&id).copied().unwrap_or_default(), title));
        }
        // One that hands over to another process of its kind ends before the window comes.
        if ended.is_none() && place.seat.programs.ended(pid).is_some() {
            ended = Some(Instant::now());
        }
        let program = words.first().map(String::as_str).unwrap_or_default();
        if ended.is_some_and(|ended| ended.elapsed() > Duration::from_secs(6)) {
            let how = place.seat.programs.ended(pid).unwrap_or_default();
            return Err(format!("{program} has ended ({how}) without showing a window"));
        }
        if Instant::now() >= limit {
            return Err(format!("{program} has shown no window yet; wait for it, or look again"));
        }
        tokio::time::sleep(Duration::from_millis(60)).await;
    }
}

/// Whether nothing of a window is known yet though its program may tell.
fn is_empty(eyes: &Eyes, look: &super::Look, id: u32) -> bool {
    let Some(win) = look.windows.get(id) else { return false };
    if eyes.bus.is_none() {
        return false;
    }
    match eyes.app_of(win) {
        Some(app) => super::super::eyes::top_for(app, win, &look.windows).is_none_or(|top| top.children.is_empty()),
        // Some programs have no tree at all: that is not waited for to the end.
        None => {
            eyes.last.windows.get(id).is_some_and(|_| !super::grave::is_terminal(&super::super::eyes::origin(win)))
                && eyes.silent.is_empty()
        }
    }
}

impl Deed<'_> {
    /// Gives a window the keyboard, and waits until it has it.
    pub(super) async fn activate(&mut self, id: u32, managed: bool) -> Result<(), Halt> {
        let limit = self.end.min(Instant::now() + Duration::from_secs(2));
        loop {
            let done = self.place.x.call("raising a window", self.end, move |x| x.activate(id, managed)).await?;
            done.map_err(|error| gone(error.to_string()))?;
            tokio::time::sleep(Duration::from_millis(50)).await;
            let (windows, _) = self.eyes.glance(self.end).await?;
            if windows.active == Some(id) || !managed || Instant::now() >= limit {
                self.eyes.last.windows = windows;
                return Ok(());
            }
        }
    }

    fn window(&self, number: u32) -> Result<u32, Halt> {
        let open = &self.eyes.last.windows;
        let found = self.eyes.numbers.iter().find(|(id, known)| **known == number && open.get(**id).is_some()).map(|(id, _)| *id);
        found.ok_or_else(|| {
            let numbers = open.all.iter().filter_map(|win| self.eyes.numbers.get(&win.id).copied()).collect();
            Reason::NoSuchTab { open: numbers }.into()
        })
    }

    pub(super) async fn switch(&mut self, number: u32) -> Result<Receipt, Halt> {
        let id = self.window(number)?;
        if self.eyes.last.windows.active == Some(id) {
            return Ok(Receipt::Verified { changes: Vec::new() });
        }
        self.activate(id, self.eyes.last.windows.managed).await?;
        let look = self.eyes.look(self.end).await?;
        Ok(if look.windows.active == Some(id) {
            Receipt::Verified { changes: vec![Change::TabSwitched { number }] }
        } else {
            Receipt::NoEffect
        })
    }

    pub(super) async fn close_window(&mut self, number: u32) -> Result<Receipt, Halt> {
        let id = self.window(number)?;
        let managed = self.eyes.last.windows.managed;
        let done = self.place.x.call("closing a window", self.end, move |x| x.close(id, managed)).await?;
        done.map_err(|error| gone(error.to_string()))?;
        self.effects(Effects::default()).await
    }

    pub(super) async fn launch(&mut self, program: &str) -> Result<Receipt, Halt> {
        let words = words(program).map_err(|problem| Reason::BadArguments { problem })?;
        match launch(self.eyes, self.place, &words, self.end).await {
            Ok((number, url)) => Ok(Receipt::Verified { changes: vec![Change::TabOpened { number, url }] }),
            Err(problem) => Err(Reason::BadArguments { problem }.into()),
        }
    }
}

/// The words of a command, with quotes taken away. No shell reads them.
///
/// # Errors
/// What is wrong with it: nothing is named, or a quote is not closed.
pub fn words(command: &str) -> Result<Vec<String>, String> {
    let mut out: Vec<String> = Vec::new();
    let mut open: Option<String> = None;
    let mut quote: Option<char> = None;
    for c in command.chars() {
        match (quote, c) {
            (Some(q), c) if c == q => quote = None,
            (None, '"' | '\'') => {
                quote = Some(c);
                open.get_or_insert_default();
            }
            (None, c) if c.is_whitespace() => out.extend(open.take()),
            (None | Some(_), c) => open.get_or_insert_default().push(c),
        }
    }
    if quote.is_some() {
        return Err(format!("a quote is not closed in {command:?}"));
    }
    out.extend(open);
    if out.is_empty() { Err("name a program".to_owned()) } else { Ok(out) }
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn a_command_is_words_and_no_shell() {
        assert_eq!(words("mousepad notes.txt").expect("words"), ["mousepad", "notes.txt"]);
        assert_eq!(words(r#"gedit "my notes.txt" 'a b'"#).expect("words"), ["gedit", "my notes.txt", "a b"]);
        assert_eq!(words("x; rm -rf $HOME").expect("words"), ["x;", "rm", "-rf", "$HOME"]);
        assert!(words("  ").is_err() && words("a \"b").is_err());
    }
}
