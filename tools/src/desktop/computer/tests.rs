//! What each vocabulary means, without a display.

use handiwork_core::action::{MouseDeed, Press};
use serde_json::json;

use super::*;

fn frame() -> Frame {
    Frame { display: (2560, 1600), shown: (1280, 800), coordinates: Coordinates::Pixels }
}

fn told(of: Vocabulary, call: &serde_json::Value) -> Result<Vec<Step>, String> {
    read(of, call, &frame())
}

#[test]
fn every_action_of_all_versions_of_anthropics_tool_is_understood() {
    for call in [
        json!({"action": "key", "text": "ctrl+s"}),
        json!({"action": "type", "text": "hello"}),
        json!({"action": "mouse_move", "coordinate": [1, 2]}),
        json!({"action": "left_click", "coordinate": [1, 2]}),
        json!({"action": "left_click"}),
        json!({"action": "left_click", "coordinate": [1, 2], "text": "shift"}),
        json!({"action": "left_click_drag", "coordinate": [5, 6]}),
        json!({"action": "left_click_drag", "start_coordinate": [1, 2], "coordinate": [5, 6]}),
        json!({"action": "right_click", "coordinate": [1, 2]}),
        json!({"action": "middle_click", "coordinate": [1, 2]}),
        json!({"action": "double_click", "coordinate": [1, 2]}),
        json!({"action": "triple_click", "coordinate": [1, 2]}),
        json!({"action": "screenshot"}),
        json!({"action": "cursor_position"}),
        json!({"action": "left_mouse_down"}),
        json!({"action": "left_mouse_up", "coordinate": [9, 9]}),
        json!({"action": "scroll", "coordinate": [1, 2], "scroll_direction": "down", "scroll_amount": 3}),
        json!({"action": "hold_key", "text": "shift", "duration": 2}),
        json!({"action": "wait", "duration": 1}),
        json!({"action": "zoom", "region": [0, 0, 100, 50]}),
    ] {
        assert!(told(Vocabulary::Anthropic, &call).is_ok(), "{call}");
    }
}

#[test]
fn numbers_are_scaled_to_the_display() {
    let steps = told(Vocabulary::Anthropic, &json!({"action": "left_click", "coordinate": [640, 400]})).expect("understood");
    let [Step::Act(Action::Mouse(mouse))] = steps.as_slice() else { panic!("{steps:?}") };
    assert_eq!((mouse.r#do, mouse.x, mouse.y), (MouseDeed::Click, Some(1281.0), Some(801.0)));
    let normal = Frame { coordinates: Coordinates::Thousandths, ..frame() };
    assert_eq!(normal.point(0.0, 999.0), Ok((1.0, 1599.0)));
    assert_eq!(normal.point(500.0, 500.0), Ok((1281.0, 800.0)));
    assert!(normal.point(1000.0, 0.0).expect_err("outside").contains("from 0 to 999"));
    assert!(frame().point(-1.0, 0.0).is_err() && frame().point(1280.0, 0.0).is_err() && frame().point(f64::NAN, 0.0).is_err());
    assert_eq!(
        told(Vocabulary::Anthropic, &json!({"action": "zoom", "region": [0, 0, 640, 400]})).expect("understood"),
        [Step::Zoom(1, 1, 1279, 799)]
    );
}

#[test]
fn the_other_vocabularies_mean_the_same() {
    let press = |keys: &str| vec![Step::Act(Press { keys: keys.to_owned(), r#ref: None }.into())];
    assert_eq!(told(Vocabulary::OpenAi, &json!({"type": "keypress", "keys": ["CTRL", "S"]})), Ok(press("CTRL+S")));
    assert_eq!(told(Vocabulary::UiTars, &json!({"action": "hotkey", "key": "ctrl s"})), Ok(press("ctrl+s")));
    assert_eq!(told(Vocabulary::Anthropic, &json!({"action": "key", "text": "ctrl+s"})), Ok(press("ctrl+s")));
    let point = |steps: Result<Vec<Step>, String>| match steps.as_deref() {
        Ok([Step::Act(Action::Mouse(mouse))]) => (mouse.x, mouse.y, mouse.count),
        other => panic!("{other:?}"),
    };
    let anthropic = point(told(Vocabulary::Anthropic, &json!({"action": "double_click", "coordinate": [10, 20]})));
    assert_eq!(point(told(Vocabulary::OpenAi, &json!({"type": "double_click", "x": 10, "y": 20}))), anthropic);
    assert_eq!(point(told(Vocabulary::UiTars, &json!({"action": "left_double", "start_box": "(10,20)"}))), anthropic);
    let typed = told(Vocabulary::UiTars, &json!({"action": "type", "content": "tea\\n"})).expect("understood");
    assert_eq!(typed.len(), 2, "{typed:?}");
}

#[test]
fn what_makes_no_sense_is_told() {
    for (of, call, part) in [
        (Vocabulary::Anthropic, json!({"action": "dance"}), "there are: key"),
        (Vocabulary::Anthropic, json!({"coordinate": [1, 2]}), "names no action"),
        (Vocabulary::Anthropic, json!({"action": "left_click", "coordinate": [9999, 2]}), "outside"),
        (Vocabulary::Anthropic, json!({"action": "left_click", "coordinate": "here"}), "no point"),
        (Vocabulary::Anthropic, json!({"action": "scroll", "coordinate": [1, 2]}), "direction"),
        (Vocabulary::OpenAi, json!({"type": "click", "x": 1, "y": 2, "button": "third"}), "no button"),
        (Vocabulary::UiTars, json!({"action": "type"}), "needs a text"),
    ] {
        let problem = told(of, &call).expect_err("a problem");
        assert!(problem.contains(part), "{call}: {problem}");
    }
}
