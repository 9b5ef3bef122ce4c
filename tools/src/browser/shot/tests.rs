//! Drawing, without a browser.

use handiwork_core::{Rect, Ref};

use super::draw::{Canvas, Kind, Mark, draw, place};

fn mark(number: u32, x: f64, y: f64, w: f64, h: f64) -> Mark {
    Mark { r#ref: Ref(number), rect: Rect { x, y, w, h }, kind: Kind::Button }
}

fn white(width: u32, height: u32, colour: png::ColorType) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, width, height);
    encoder.set_color(colour);
    let mut writer = encoder.write_header().expect("a header");
    writer.write_image_data(&vec![255; width as usize * height as usize * colour.samples()]).expect("pixels");
    writer.finish().expect("an end");
    out
}

#[test]
fn labels_stand_beside_their_elements_and_not_on_each_other() {
    // Rows of links with gaps between them, as a table has.
    let marks: Vec<Mark> =
        (0..60).map(|i| mark(i + 10, f64::from(i % 6) * 90.0 + 10.0, f64::from(i / 6) * 24.0 + 30.0, 50.0, 16.0)).collect();
    let labels = place(&marks, 600, 300);
    assert_eq!(labels.len(), marks.len());
    for (place, label) in labels.iter().enumerate() {
        for other in labels.iter().skip(place + 1) {
            let apart = label.at.r <= other.at.l || other.at.r <= label.at.l || label.at.b <= other.at.t || other.at.b <= label.at.t;
            assert!(apart, "{label:?} {other:?}");
        }
        for mark in &marks {
            let (l, t) = (mark.rect.x as i64, mark.rect.y as i64);
            let apart = label.at.r <= l || l + 50 <= label.at.l || label.at.b <= t || t + 16 <= label.at.t;
            assert!(apart, "{label:?} is on {mark:?}");
        }
    }
    // The same marks give the same picture.
    assert_eq!(labels, place(&marks, 600, 300));
}

#[test]
fn a_box_is_around_its_element_and_never_on_it() {
    for colour in [png::ColorType::Rgb, png::ColorType::Rgba] {
        let marks = [mark(1, 40.0, 40.0, 30.0, 20.0), mark(2, 0.0, 80.0, 100.0, 20.0)];
        let drawn = Canvas::decode(&draw(&white(100, 100, colour), &marks).expect("drawn")).expect("a picture");
        assert_eq!((drawn.width, drawn.height), (100, 100));
        let green = Kind::Button.colour();
        for (x, y) in [(39, 39), (39, 50), (70, 39), (70, 60), (55, 60), (0, 79), (99, 99)] {
            assert_eq!(drawn.at(x, y), green, "{x},{y}");
        }
        for y in 40..60 {
            for x in 40..70 {
                assert_eq!(drawn.at(x, y), [255; 3], "{x},{y}");
            }
        }
    }
}

#[test]
fn what_is_no_picture_is_an_error() {
    assert!(draw(b"no picture", &[]).is_err());
    assert!(draw(&[], &[]).is_err());
}
