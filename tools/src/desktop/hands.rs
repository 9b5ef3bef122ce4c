//! Hands: the mouse and the keyboard, by enigo, on one thread of their own.
//!
//! The one decision: a press that failed half-way is let go of. What is held when something goes wrong (a button, a modifier) would turn
//! every later click into another one.

use std::collections::HashSet;
use std::time::Duration;

use enigo::{Axis, Button, Coordinate, Direction, Enigo, Key, Keyboard as _, Mouse as _, Settings};
use handiwork_core::SurfaceError;

/// A pause between events that belong together, as a quick person makes.
const BEAT: Duration = Duration::from_millis(12);
/// Most letters that are kept on keys at the same time.
const MOST_BOUND: usize = 16;

/// The mouse and the keyboard of a display.
pub(crate) struct Hands {
    display: String,
    enigo: Enigo,
    /// The keyboard layout that `enigo` was made for.
    layout: Vec<u8>,
    x: super::x::X,
    /// Letters that have a key, though no keyboard has one for them.
    bound: HashSet<char>,
    /// Where the mouse was put last.
    pub(crate) put: Option<(i32, i32)>,
}

impl std::fmt::Debug for Hands {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Hands({})", self.display)
    }
}

/// Why something could not be done.
pub(crate) type Failed = String;

fn failed(error: impl std::fmt::Display) -> Failed {
    format!("the display takes no input: {error}")
}

impl Hands {
    /// Takes hold of a display.
    pub(crate) fn connect(display: &str) -> Result<Self, SurfaceError> {
        let mut x = super::x::X::connect(display)?;
        let enigo = new(display)
            .map_err(|problem| SurfaceError::NotAvailable { problem, hint: "the X server must have the extension XTEST".to_owned() })?;
        let layout = x.layout().unwrap_or_default();
        Ok(Self { display: display.to_owned(), enigo, layout, x, bound: HashSet::new(), put: None })
    }

    /// The keyboard as it is now: another layout may have been set.
    fn keyboard(&mut self) -> Result<&mut Enigo, Failed> {
        let layout = self.x.layout().map_err(failed)?;
        if layout != self.layout {
            self.enigo = new(&self.display)?;
            self.bound.clear();
            self.layout = layout;
        }
        Ok(&mut self.enigo)
    }

    /// Puts the mouse somewhere, at once: on its way it would open menus that it crosses.
    pub(crate) fn go(&mut self, x: i32, y: i32) -> Result<(), Failed> {
        self.enigo.move_mouse(x, y, Coordinate::Abs).map_err(failed)?;
        self.put = Some((x, y));
        Ok(())
    }

    /// Clicks where the mouse is, with keys held.
    pub(crate) fn click(&mut self, button: Button, count: u8, held: &[Key]) -> Result<(), Failed> {
        self.holding(held, |hands| {
            for at in 0..count.max(1) {
                if at > 0 {
                    std::thread::sleep(BEAT * 3);
                }
                hands.enigo.button(button, Direction::Press).map_err(failed)?;
                std::thread::sleep(BEAT);
                hands.enigo.button(button, Direction::Release).map_err(failed)?;
            }
            Ok(())
        })
    }

    /// Presses a button and leaves it pressed, or lets go of it.
    pub(crate) fn button(&mut self, button: Button, down: bool) -> Result<(), Failed> {
        self.enigo.button(button, if down { Direction::Press } else { Direction::Release }).map_err(failed)
    }

    /// Drags along points.
    pub(crate) fn drag(&mut self, points: &[(i32, i32)], button: Button) -> Result<(), Failed> {
        let Some(first) = points.first() else { return Ok(()) };
        self.go(first.0, first.1)?;
        std::thread::sleep(BEAT);
        self.enigo.button(button, Direction::Press).map_err(failed)?;
        let moved = self.along(points);
        std::thread::sleep(BEAT * 2);
        let released = self.enigo.button(button, Direction::Release).map_err(failed);
        moved.and(released)
    }

    fn along(&mut self, points: &[(i32, i32)]) -> Result<(), Failed> {
        for pair in points.windows(2) {
            let [from, to] = pair else { continue };
            let steps = ((to.0 - from.0).abs().max((to.1 - from.1).abs()) / 12).clamp(3, 40);
            for step in 1..=steps {
                let at = |from: i32, to: i32| from + (to - from) * step / steps;
                self.enigo.move_mouse(at(from.0, to.0), at(from.1, to.1), Coordinate::Abs).map_err(failed)?;
                std::thread::sleep(BEAT / 2);
            }
            self.put = Some(*to);
        }
        Ok(())
    }

    /// Turns the wheel.
    pub(crate) fn scroll(&mut self, dx: i32, dy: i32, held: &[Key]) -> Result<(), Failed> {
        self.holding(held, |hands| {
            for (length, axis) in [(dy, Axis::Vertical), (dx, Axis::Horizontal)] {
                for _ in 0..length.unsigned_abs() {
                    hands.enigo.scroll(length.signum(), axis).map_err(failed)?;
                    std::thread::sleep(BEAT / 2);
                }
            }
            Ok(())
        })
    }

    /// Presses a chord: the last key with all before it held, for so long.
    pub(crate) fn press(&mut self, chord: &[Key], hold: Duration) -> Result<(), Failed> {
        let Some((key, held)) = chord.split_last() else { return Ok(()) };
        self.keyboard()?;
        self.holding(held, |hands| {
            hands.enigo.key(*key, Direction::Press).map_err(failed)?;
            std::thread::sleep(hold.max(BEAT));
            hands.enigo.key(*key, Direction::Release).map_err(failed)
        })
    }

    /// Types text, key by key. `beat` is the pause after each.
    pub(crate) fn write(&mut self, text: &str, beat: Duration) -> Result<(), Failed> {
        self.keyboard()?;
        let letters: Vec<char> = text.chars().filter(|c| *c != '\r').collect();
        for (at, c) in letters.iter().enumerate() {
            if is_rare(*c) && !self.bound.contains(c) {
                self.bind(letters.get(at..).unwrap_or_default())?;
            }
            let key = match c {
                '\n' => Key::Return,
                '\t' => Key::Tab,
                c => Key::Unicode(*c),
            };
            self.enigo.key(key, Direction::Press).map_err(failed)?;
            self.enigo.key(key, Direction::Release).map_err(failed)?;
            std::thread::sleep(beat);
        }
        Ok(())
    }

    /// Puts the next rare letters on keys that are free, and gives programs the time to learn of it: one that is pressed at once is
    /// lost, or another one.
    fn bind(&mut self, letters: &[char]) -> Result<(), Failed> {
        // There are few free keys, and the first ones are used again when there are no more.
        if self.bound.len() >= MOST_BOUND {
            self.bound.clear();
        }
        let mut next: Vec<char> = Vec::new();
        for c in letters.iter().filter(|c| is_rare(**c)) {
            if next.len() < MOST_BOUND / 2 && !next.contains(c) && !self.bound.contains(c) {
                next.push(*c);
            }
        }
        for c in next {
            // To let go of what is not pressed does nothing, but it needs a key for it.
            self.enigo.key(Key::Unicode(c), Direction::Release).map_err(failed)?;
            self.bound.insert(c);
        }
        std::thread::sleep(BEAT * 5);
        Ok(())
    }

    fn holding(&mut self, held: &[Key], work: impl FnOnce(&mut Self) -> Result<(), Failed>) -> Result<(), Failed> {
        let mut pressed = Vec::new();
        let mut done = Ok(());
        for key in held {
            done = self.enigo.key(*key, Direction::Press).map_err(failed);
            if done.is_err() {
                break;
            }
            pressed.push(*key);
        }
        if done.is_ok() {
            done = work(self);
        }
        for key in pressed.into_iter().rev() {
            done = done.and(self.enigo.key(key, Direction::Release).map_err(failed));
        }
        done
    }
}

/// Whether a letter may have no key of its own. Capitals and signs have one with Shift only, and are put on another.
fn is_rare(c: char) -> bool {
    !(c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, ' ' | '\n' | '\t'))
}

fn new(display: &str) -> Result<Enigo, Failed> {
    let settings =
        Settings { x11_display: Some(display.to_owned()), linux_delay: 1, release_keys_when_dropped: true, ..Settings::default() };
    Enigo::new(&settings).map_err(failed)
}
