//! How grave an action on an element is, from what the element is and says.
//!
//! Words decide only upwards: a name that says "delete" makes an action graver, no name makes one harmless.

use handiwork_core::EffectClass;

use super::facts::Facts;
use crate::grave::is_grave;

/// What a click on an element does.
pub(crate) fn of_click(facts: &Facts) -> EffectClass {
    let grave = is_grave(&facts.name);
    if let Some(form) = facts.form.as_ref().filter(|form| form.submits) {
        return match (form.method.as_str(), grave || is_grave(&form.button)) {
            ("GET", false) if form.plain => EffectClass::Read,
            // The origin of a form that a script handles is its own page's.
            (_, false) if form.origin == facts.origin => EffectClass::Write,
            _ => EffectClass::Irreversible,
        };
    }
    let is_link = facts.href.starts_with("http") && !facts.scripted;
    if is_link {
        // A link that is called "Remove" is a button in a link's clothes; a headline that has the word in it is not.
        let short = facts.name.split_whitespace().count() <= 3;
        return if grave && short { EffectClass::Irreversible } else { EffectClass::Read };
    }
    match facts.role.as_str() {
        _ if grave => EffectClass::Irreversible,
        "tab" | "treeitem" | "combobox" | "textbox" | "searchbox" | "spinbutton" => EffectClass::Read,
        _ if facts.opens => EffectClass::Read,
        _ => EffectClass::Write,
    }
}

/// What a key does to the element that gets it. `keys` is the chord as it was asked for.
pub(crate) fn of_press(keys: &str, facts: Option<&Facts>) -> EffectClass {
    let last = keys.rsplit('+').next().unwrap_or(keys);
    let plain = !keys.trim_end_matches(last).to_lowercase().contains(['a', 'c', 'm', 'o']);
    match last.to_lowercase().as_str() {
        "enter" | "return" => facts.map_or(EffectClass::Write, |facts| match &facts.form {
            Some(form) if form.submits => of_click(facts),
            _ if facts.editable => EffectClass::Write,
            _ => of_click(facts),
        }),
        "space" | " " | "" => facts.filter(|facts| !facts.editable).map_or(EffectClass::Write, of_click),
        "tab" | "escape" | "esc" | "home" | "end" | "pageup" | "pagedown" | "arrowup" | "arrowdown" | "arrowleft" | "arrowright" | "up"
        | "down" | "left" | "right"
            if plain =>
        {
            EffectClass::Read
        }
        _ => EffectClass::Write,
    }
}

#[cfg(test)]
mod tests {
    use super::super::facts::FormFacts;
    use super::*;

    fn button(name: &str) -> Facts {
        Facts { role: "button".to_owned(), name: name.to_owned(), origin: "https://a.example".to_owned(), ..Facts::default() }
    }

    fn in_form(name: &str, method: &str, origin: &str, plain: bool) -> Facts {
        let form = FormFacts { method: method.to_owned(), origin: origin.to_owned(), submits: true, plain, button: String::new() };
        Facts { form: Some(form), ..button(name) }
    }

    #[test]
    fn forms_are_judged_by_method_origin_and_name() {
        let here = "https://a.example";
        assert_eq!(of_click(&in_form("Search", "GET", here, true)), EffectClass::Read);
        assert_eq!(of_click(&in_form("Save", "GET", here, false)), EffectClass::Write);
        assert_eq!(of_click(&in_form("Save", "POST", here, false)), EffectClass::Write);
        assert_eq!(of_click(&in_form("Save", "POST", "https://b.example", false)), EffectClass::Irreversible);
        assert_eq!(of_click(&in_form("Send", "POST", here, false)), EffectClass::Irreversible);
    }

    #[test]
    fn links_read_and_buttons_write() {
        let link = |name: &str| Facts { role: "link".to_owned(), href: "https://a.example/x".to_owned(), ..button(name) };
        assert_eq!(of_click(&link("How to delete your old mail for good")), EffectClass::Read);
        assert_eq!(of_click(&link("Delete account")), EffectClass::Irreversible);
        assert_eq!(of_click(&button("Next")), EffectClass::Write);
        assert_eq!(of_click(&Facts { opens: true, ..button("Menu") }), EffectClass::Read);
    }

    #[test]
    fn enter_is_the_click_on_the_submit_button() {
        let mut field = in_form("Amount", "POST", "https://a.example", false);
        field.editable = true;
        assert_eq!(of_press("Enter", Some(&field)), EffectClass::Write);
        if let Some(form) = &mut field.form {
            form.button = "Pay".to_owned();
        }
        assert_eq!(of_press("Enter", Some(&field)), EffectClass::Irreversible);
        assert_eq!(of_press("Tab", Some(&field)), EffectClass::Read);
        assert_eq!(of_press("Control+a", None), EffectClass::Write);
        assert_eq!(of_press("Shift+Tab", None), EffectClass::Read);
    }
}
