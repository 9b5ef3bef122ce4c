//! What stands around a text that was read off pixels: a button or a field, and in which colours.

use super::super::x::Area;
use super::super::x::pixels::{Pixels, word};

/// How far from the text an edge may be, up and down, and to the sides.
const REACH: (i32, i32) = (16, 90);

/// What a text is by its looks.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    /// `button`, `textbox` or `text`.
    pub(crate) role: &'static str,
    /// Its colours, where they say something.
    pub(crate) colours: String,
}

/// Looks around a text.
pub(crate) fn of(pixels: &Pixels, area: Area) -> Shape {
    let Some((ground, front)) = pixels.colours(area) else { return Shape { role: "text", colours: String::new() } };
    let coloured = |colour: [u8; 3]| !matches!(word(colour), "black" | "white" | "grey" | "light grey");
    let colours = match (coloured(front), coloured(ground)) {
        (false, false) => String::new(),
        (true, false) => word(front).to_owned(),
        (_, true) => format!("{} on {}", word(front), word(ground)),
    };
    let edges = [
        edge(pixels, area, ground, (-1, 0)),
        edge(pixels, area, ground, (1, 0)),
        edge(pixels, area, ground, (0, -1)),
        edge(pixels, area, ground, (0, 1)),
    ];
    let role = match edges {
        [Some(left), Some(right), Some(_), Some(_)] if (left - right).abs() <= 4 + left.max(right) / 4 => "button",
        [Some(left), Some(right), Some(_), Some(_)] if left < 20 && right > 2 * left + 8 => "textbox",
        [Some(left), None, Some(_), Some(_)] if left < 20 => "textbox",
        _ => "text",
    };
    Shape { role, colours }
}

/// How far away the ground ends in a direction, along the whole side.
fn edge(pixels: &Pixels, area: Area, ground: [u8; 3], (dx, dy): (i32, i32)) -> Option<i32> {
    let reach = if dx == 0 { REACH.0 } else { REACH.1 };
    let differs = |x: i32, y: i32| {
        pixels.at(x, y).is_none_or(|colour| {
            colour.iter().zip(ground).map(|(one, other)| i32::from(one.abs_diff(other & 0xF0)).max(0)).sum::<i32>() > 60
        })
    };
    for far in 1..=reach {
        let line: Vec<(i32, i32)> = if dx == 0 {
            let y = if dy < 0 { area.y - far } else { area.y + area.h - 1 + far };
            (area.x..area.x + area.w).map(|x| (x, y)).collect()
        } else {
            let x = if dx < 0 { area.x - far } else { area.x + area.w - 1 + far };
            // The sides are looked at where no letter's foot reaches.
            (area.y + area.h / 4..area.y + area.h * 3 / 4).map(|y| (x, y)).collect()
        };
        let hit = line.iter().filter(|(x, y)| differs(*x, *y)).count();
        if !line.is_empty() && hit * 10 >= line.len() * 9 {
            return Some(far);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A picture with a frame and a text in it.
    fn framed(frame: Area, ink: [u8; 3]) -> Pixels {
        let area = Area::new(0, 0, 300, 100);
        let mut data = [250, 250, 250, 255].repeat(area.size() as usize);
        let mut paint = |x: i32, y: i32, colour: [u8; 3]| {
            let at = ((y * 300 + x) * 4) as usize;
            data[at..at + 3].copy_from_slice(&colour);
        };
        for x in frame.x..frame.x + frame.w {
            paint(x, frame.y, [90, 90, 90]);
            paint(x, frame.y + frame.h - 1, [90, 90, 90]);
        }
        for y in frame.y..frame.y + frame.h {
            paint(frame.x, y, [90, 90, 90]);
            paint(frame.x + frame.w - 1, y, [90, 90, 90]);
        }
        for x in (100..140).step_by(3) {
            for y in 44..54 {
                paint(x, y, ink);
            }
        }
        Pixels { area, data }
    }

    #[test]
    fn a_frame_around_the_middle_is_a_button_and_one_to_the_right_a_field() {
        let text = Area::new(98, 42, 44, 14);
        assert_eq!(of(&framed(Area::new(85, 35, 70, 28), [0, 0, 0]), text).role, "button");
        assert_eq!(of(&framed(Area::new(92, 35, 130, 28), [0, 0, 0]), text).role, "textbox");
        let plain = of(&framed(Area::new(0, 0, 300, 100), [200, 20, 20]), text);
        assert_eq!((plain.role, plain.colours.as_str()), ("text", "red"));
    }
}
