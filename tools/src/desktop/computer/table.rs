//! What each vocabulary calls things.
//!
//! One row for each word: whose it is, what it does, and under which names its arguments come. Another vocabulary is more rows.

use std::time::Duration;

use handiwork_core::Action;
use handiwork_core::action::{Button, Hold, Mouse, MouseDeed, Point, Press, Type};
use serde_json::Value;

use super::{Frame, Step, Vocabulary};

/// What a word does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Does {
    Click(Button, u8),
    /// A click whose button is an argument.
    ClickBy,
    Move,
    Down,
    Up,
    Drag,
    /// By notches, in a direction.
    Scroll,
    /// By pixels, as `scroll_x` and `scroll_y`.
    ScrollBy,
    Type,
    Key,
    Hold,
    Wait,
    Picture,
    Cursor,
    Zoom,
    Done,
    Ask,
}

use Vocabulary::{Anthropic, OpenAi, UiTars};

#[rustfmt::skip]
const WORDS: &[(Vocabulary, &str, Does)] = &[
    (Anthropic, "key", Does::Key),
    (Anthropic, "type", Does::Type),
    (Anthropic, "mouse_move", Does::Move),
    (Anthropic, "left_click", Does::Click(Button::Left, 1)),
    (Anthropic, "right_click", Does::Click(Button::Right, 1)),
    (Anthropic, "middle_click", Does::Click(Button::Middle, 1)),
    (Anthropic, "double_click", Does::Click(Button::Left, 2)),
    (Anthropic, "triple_click", Does::Click(Button::Left, 3)),
    (Anthropic, "left_click_drag", Does::Drag),
    (Anthropic, "left_mouse_down", Does::Down),
    (Anthropic, "left_mouse_up", Does::Up),
    (Anthropic, "scroll", Does::Scroll),
    (Anthropic, "hold_key", Does::Hold),
    (Anthropic, "wait", Does::Wait),
    (Anthropic, "screenshot", Does::Picture),
    (Anthropic, "cursor_position", Does::Cursor),
    (Anthropic, "zoom", Does::Zoom),

    (OpenAi, "click", Does::ClickBy),
    (OpenAi, "double_click", Does::Click(Button::Left, 2)),
    (OpenAi, "move", Does::Move),
    (OpenAi, "drag", Does::Drag),
    (OpenAi, "scroll", Does::ScrollBy),
    (OpenAi, "keypress", Does::Key),
    (OpenAi, "type", Does::Type),
    (OpenAi, "wait", Does::Wait),
    (OpenAi, "screenshot", Does::Picture),

    (UiTars, "click", Does::Click(Button::Left, 1)),
    (UiTars, "left_single", Does::Click(Button::Left, 1)),
    (UiTars, "left_double", Does::Click(Button::Left, 2)),
    (UiTars, "right_single", Does::Click(Button::Right, 1)),
    (UiTars, "drag", Does::Drag),
    (UiTars, "scroll", Does::Scroll),
    (UiTars, "hotkey", Does::Key),
    (UiTars, "press", Does::Key),
    (UiTars, "type", Does::Type),
    (UiTars, "wait", Does::Wait),
    (UiTars, "finished", Does::Done),
    (UiTars, "call_user", Does::Ask),
];

/// Names of arguments, in the order in which they are looked for.
const POINT: &[&str] = &["coordinate", "start_box", "start_point", "point"];
const FROM: &[&str] = &["start_coordinate", "start_box", "start_point"];
const TO: &[&str] = &["coordinate", "end_box", "end_point"];
const TEXT: &[&str] = &["text", "content", "key"];

/// Words of one vocabulary.
pub(super) fn words(of: Vocabulary) -> Vec<&'static str> {
    WORDS.iter().filter(|(whose, ..)| *whose == of).map(|(_, word, _)| *word).collect()
}

/// What a call asks for.
pub(super) fn read(of: Vocabulary, call: &Value, frame: &Frame) -> Result<Vec<Step>, String> {
    let word =
        ["action", "type", "action_type"].iter().find_map(|key| call.get(key).and_then(Value::as_str)).ok_or("it names no action")?;
    let (_, _, does) = WORDS
        .iter()
        .find(|(whose, known, _)| *whose == of && *known == word)
        .ok_or_else(|| format!("there is no action {word:?}; there are: {}", words(of).join(", ")))?;
    // UI-TARS has its arguments in an object of their own.
    let args = call.get("action_inputs").or_else(|| call.get("args")).unwrap_or(call);
    let text = || TEXT.iter().find_map(|key| args.get(key).and_then(Value::as_str));
    let need_text = || text().ok_or_else(|| format!("{word} needs a text"));
    let at = point(args, POINT, frame)?;
    let (x, y) = at.map_or((None, None), |(x, y)| (Some(x), Some(y)));
    let mouse = |deed: MouseDeed| Mouse { r#do: deed, x, y, to: None, dx: None, dy: None, button: None, count: None, held: None };
    let act = |action: Action| Ok(vec![Step::Act(action)]);
    match *does {
        Does::Click(button, count) => act(Mouse {
            button: Some(button),
            count: Some(count),
            held: text().filter(|_| of == Anthropic).map(chord),
            ..mouse(MouseDeed::Click)
        }
        .into()),
        Does::ClickBy => {
            let button = match args.get("button").and_then(Value::as_str).unwrap_or("left") {
                "left" => Button::Left,
                "right" => Button::Right,
                "wheel" | "middle" => Button::Middle,
                other => return Err(format!("there is no button {other:?}; there are left, right and wheel")),
            };
            act(Mouse { button: Some(button), held: keys(args), ..mouse(MouseDeed::Click) }.into())
        }
        Does::Move => {
            at.ok_or_else(|| format!("{word} needs a point"))?;
            act(mouse(MouseDeed::Move).into())
        }
        Does::Down => act(mouse(MouseDeed::Down).into()),
        Does::Up => act(mouse(MouseDeed::Up).into()),
        Does::Drag => drag(word, args, frame).map(|mouse| vec![Step::Act(mouse.into())]),
        Does::Scroll => {
            let amount = args.get("scroll_amount").and_then(Value::as_i64).unwrap_or(5).clamp(1, 100) as i32;
            let (dx, dy) = match args.get("scroll_direction").or_else(|| args.get("direction")).and_then(Value::as_str) {
                Some("up") => (0, -amount),
                Some("down") => (0, amount),
                Some("left") => (-amount, 0),
                Some("right") => (amount, 0),
                _ => return Err(format!("{word} needs a direction: up, down, left or right")),
            };
            act(Mouse { dx: Some(dx), dy: Some(dy), held: text().filter(|_| of == Anthropic).map(chord), ..mouse(MouseDeed::Scroll) }
                .into())
        }
        Does::ScrollBy => {
            // A notch is about a hundred pixels to a browser.
            let notches =
                |key: &str| args.get(key).and_then(Value::as_f64).map_or(0, |pixels| (pixels / 100.0).abs().ceil().copysign(pixels) as i32);
            act(Mouse { dx: Some(notches("scroll_x")), dy: Some(notches("scroll_y")), held: keys(args), ..mouse(MouseDeed::Scroll) }.into())
        }
        Does::Type => {
            let text = need_text()?;
            // UI-TARS ends what is to be sent by a line's end.
            match text.strip_suffix("\\n").or_else(|| text.strip_suffix('\n')).filter(|_| of == UiTars) {
                Some(text) => Ok(vec![
                    Step::Act(Type { r#ref: None, text: text.to_owned() }.into()),
                    Step::Act(Press { keys: "Enter".to_owned(), r#ref: None }.into()),
                ]),
                None => act(Type { r#ref: None, text: text.to_owned() }.into()),
            }
        }
        Does::Key => {
            let keys = match keys(args) {
                Some(keys) => keys,
                None => need_text()?.to_owned(),
            };
            // Several chords may be pressed one after the other, set apart by blanks; UI-TARS sets the keys of one apart by them.
            let chords: Vec<String> = if of == Anthropic { keys.split_whitespace().map(chord).collect() } else { vec![chord(&keys)] };
            Ok(chords.into_iter().map(|keys| Step::Act(Press { keys, r#ref: None }.into())).collect())
        }
        Does::Hold => act(Hold { keys: chord(need_text()?), seconds: seconds(args, 1.0).min(10.0) }.into()),
        Does::Wait => {
            let time = args.get("ms").and_then(Value::as_f64).map_or_else(|| seconds(args, 1.0), |ms| ms / 1000.0);
            Ok(vec![Step::Wait(Duration::from_secs_f64(time.clamp(0.0, 100.0)))])
        }
        Does::Picture => Ok(vec![Step::Picture]),
        Does::Cursor => Ok(vec![Step::Cursor]),
        Does::Zoom => {
            let region: Vec<f64> = args.get("region").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_f64).collect();
            let [left, top, right, bottom] = region.as_slice() else {
                return Err("zoom needs a region: [left, top, right, bottom]".to_owned());
            };
            let ((x0, y0), (x1, y1)) = (frame.point(*left, *top)?, frame.point((right - 1.0).max(0.0), (bottom - 1.0).max(0.0))?);
            if x1 <= x0 || y1 <= y0 {
                return Err("the region is empty: right must be more than left, bottom more than top".to_owned());
            }
            Ok(vec![Step::Zoom(x0 as i32, y0 as i32, (x1 - x0 + 1.0) as u32, (y1 - y0 + 1.0) as u32)])
        }
        Does::Done => Ok(vec![Step::Done(text().unwrap_or_default().to_owned())]),
        Does::Ask => Ok(vec![Step::Ask(text().unwrap_or("the model asks for help").to_owned())]),
    }
}

fn drag(word: &str, args: &Value, frame: &Frame) -> Result<Mouse, String> {
    let path = args.get("path").and_then(Value::as_array);
    let (from, to) = match path {
        Some(path) => {
            let end = |one: Option<&Value>| one.and_then(pair).map(|(x, y)| frame.point(x, y)).transpose();
            (end(path.first())?, end(path.last())?)
        }
        None => (point(args, FROM, frame)?, point(args, TO, frame)?),
    };
    let to = to.ok_or_else(|| format!("{word} needs a point to drag to"))?;
    let (x, y) = from.map_or((None, None), |(x, y)| (Some(x), Some(y)));
    Ok(Mouse {
        r#do: MouseDeed::Drag,
        x,
        y,
        to: Some(Point { x: to.0, y: to.1 }),
        dx: None,
        dy: None,
        button: None,
        count: None,
        held: None,
    })
}

/// A point of the display by any of its names; none if it is not given.
fn point(args: &Value, names: &[&str], frame: &Frame) -> Result<Option<(f64, f64)>, String> {
    let named = names.iter().find_map(|name| args.get(name)).filter(|value| !value.is_null());
    let given = match named {
        Some(value) => Some(pair(value).ok_or_else(|| format!("{value} is no point; write [x, y]"))?),
        None => args.get("x").and_then(Value::as_f64).zip(args.get("y").and_then(Value::as_f64)),
    };
    given.map(|(x, y)| frame.point(x, y)).transpose()
}

/// Two numbers as `[x, y]`, `{"x": x, "y": y}` or a text such as `(x,y)`; the middle of four.
fn pair(value: &Value) -> Option<(f64, f64)> {
    let numbers: Vec<f64> = match value {
        Value::Array(all) => all.iter().filter_map(Value::as_f64).collect(),
        Value::Object(fields) => return fields.get("x").and_then(Value::as_f64).zip(fields.get("y").and_then(Value::as_f64)),
        Value::String(text) => {
            text.split(|c: char| !(c.is_ascii_digit() || c == '.' || c == '-')).filter_map(|part| part.parse().ok()).collect()
        }
        _ => return None,
    };
    match numbers.as_slice() {
        [x, y] => Some((*x, *y)),
        [left, top, right, bottom] => Some((f64::midpoint(*left, *right), f64::midpoint(*top, *bottom))),
        _ => None,
    }
}

fn keys(args: &Value) -> Option<String> {
    let keys: Vec<&str> = args.get("keys").and_then(Value::as_array)?.iter().filter_map(Value::as_str).collect();
    (!keys.is_empty()).then(|| keys.join("+"))
}

/// A chord with pluses.
fn chord(keys: &str) -> String {
    keys.split_whitespace().collect::<Vec<_>>().join("+")
}

fn seconds(args: &Value, other: f64) -> f64 {
    args.get("duration")
        .or_else(|| args.get("seconds"))
        .and_then(Value::as_f64)
        .filter(|value| value.is_finite() && *value >= 0.0)
        .unwrap_or(other)
}
