//! From a map that tells how likely each point belongs to text, to boxes around lines of text.
//!
//! Text on a screen is level, so boxes are too: what is found is made of points that touch, and enlarged by as much as the network was
//! taught to shrink it.

use super::super::x::Area;

/// From here on a point belongs to text.
const POINT: f32 = 0.3;
/// Mean of the points of a box that is one.
const BOX: f32 = 0.5;
/// How much larger a line is than its heart.
const UNCLIP: f32 = 1.6;

/// Boxes on a map of `w` by `h` points, in its points.
pub(crate) fn find(map: &[f32], w: usize, h: usize) -> Vec<(Area, f32)> {
    let mut label = vec![0_u32; w * h];
    let mut out = Vec::new();
    let mut stack: Vec<usize> = Vec::new();
    for start in 0..w * h {
        if map.get(start).is_none_or(|p| *p < POINT) || label.get(start).is_none_or(|l| *l != 0) {
            continue;
        }
        let (mut left, mut top, mut right, mut bottom) = (w, h, 0, 0);
        let (mut sum, mut count) = (0.0_f32, 0_u32);
        stack.push(start);
        if let Some(one) = label.get_mut(start) {
            *one = 1;
        }
        while let Some(at) = stack.pop() {
            let (x, y) = (at % w, at / w);
            (left, top, right, bottom) = (left.min(x), top.min(y), right.max(x), bottom.max(y));
            sum += map.get(at).copied().unwrap_or_default();
            count += 1;
            for (dx, dy) in [(-1_isize, 0_isize), (1, 0), (0, -1), (0, 1), (-1, -1), (1, 1), (-1, 1), (1, -1)] {
                let (Some(nx), Some(ny)) = (x.checked_add_signed(dx), y.checked_add_signed(dy)) else { continue };
                if nx >= w || ny >= h {
                    continue;
                }
                let next = ny * w + nx;
                if let (Some(p), Some(mark)) = (map.get(next), label.get_mut(next))
                    && *p >= POINT
                    && *mark == 0
                {
                    *mark = 1;
                    stack.push(next);
                }
            }
        }
        let (bw, bh) = ((right - left + 1) as f32, (bottom - top + 1) as f32);
        let score = sum / count.max(1) as f32;
        if bw < 2.0 || bh < 2.0 || score < BOX {
            continue;
        }
        let grow = bw * bh * UNCLIP / (2.0 * (bw + bh));
        let (x0, y0) = ((left as f32 - grow).max(0.0), (top as f32 - grow).max(0.0));
        let (x1, y1) = ((right as f32 + 1.0 + grow).min(w as f32), (bottom as f32 + 1.0 + grow).min(h as f32));
        out.push((Area::new(x0.round() as i32, y0.round() as i32, (x1 - x0).round() as i32, (y1 - y0).round() as i32), score));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_found_whole_and_noise_is_not() {
        let (w, h) = (60, 30);
        let mut map = vec![0.0; w * h];
        for y in 10..14 {
            for x in 5..40 {
                map[y * w + x] = 0.9;
            }
        }
        map[25 * w + 50] = 0.9;
        let found = find(&map, w, h);
        assert_eq!(found.len(), 1, "{found:?}");
        let (area, score) = found[0];
        assert!(area.x < 5 && area.y < 10 && area.x + area.w > 40 && area.y + area.h > 14, "{area:?}");
        assert!(score > 0.8);
    }
}
