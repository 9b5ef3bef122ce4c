//! Where a thought ends, however its end is cut into tokens.

use crate::model::local::draft::Draft;

#[test]
fn the_end_of_a_thought_is_found_in_any_cut() {
    let text = "First <b>, then </thin> and 中文.</think>\n\nrest";
    for size in 1..=text.len() {
        let mut draft = Draft::default();
        let mut ended_at = None;
        for (index, piece) in text.as_bytes().chunks(size).enumerate() {
            if draft.think(piece) {
                ended_at = Some(index);
                break;
            }
        }
        let end = text.find("</think>").unwrap() + "</think>".len();
        assert_eq!(ended_at, Some((end - 1) / size), "cut every {size} bytes");
        assert_eq!(String::from_utf8(draft.thought).unwrap(), "First <b>, then </thin> and 中文.");
        assert_eq!(draft.thought_count, (end - 1) / size + 1);
    }
}

#[test]
fn a_thought_may_have_no_end() {
    let mut draft = Draft::default();
    assert!(!"no end </think".split_inclusive(' ').any(|piece| draft.think(piece.as_bytes())));
}
