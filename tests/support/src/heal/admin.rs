//! The console: one of many users is found in a table and changed with a form.
//!
//! The one decision: every row has the same three buttons, and the row tells only by its text whose they are.

use minijinja::{Value, context};

use super::answer::{Answer, Asked, Page};
use super::draw::Draw;
use super::judge::Posted;
use super::site::{Do, Target, Values};

pub(super) const VARIABLES: [&str; 3] = ["user", "role", "department"];

pub(super) const TARGETS: [Target; 5] = [
    Target::new("/", "#users .edit", "row"),
    Target::new("/users/", "#role", "select"),
    Target::new("/users/", "#department", "field"),
    Target::new("/users/", "#active", "check"),
    Target::new("/users/", "#save", "button"),
];

const ROLES: [&str; 5] = ["Viewer", "Author", "Editor", "Manager", "Auditor"];

struct User(&'static str, &'static str, &'static str, bool);

/// Name, role, department, and whether active. The task is always about one who is not and who is a viewer: so each of its
/// changes is one.
const USERS: [User; 16] = [
    User("Agnes Marlow", "Viewer", "Sales", false),
    User("Bruno Tessier", "Manager", "Sales", true),
    User("Carla Nieminen", "Viewer", "Support", false),
    User("Deniz Aydin", "Editor", "Press", true),
    User("Edmund Vale", "Viewer", "Stores", false),
    User("Fiona Gallo", "Author", "Press", true),
    User("Gerrit Postma", "Viewer", "Fleet", false),
    User("Hana Sugimoto", "Viewer", "Support", false),
    User("Imre Kovacs", "Auditor", "Finance", true),
    User("Jolene Carver", "Viewer", "Sales", true),
    User("Karim Belhadj", "Viewer", "Fleet", false),
    User("Lena Olofsson", "Manager", "Stores", true),
    User("Milo Santoro", "Viewer", "Press", false),
    User("Nina Osei", "Editor", "Support", false),
    User("Otto Brandl", "Viewer", "Finance", false),
    User("Petra Quist", "Author", "Finance", true),
];

impl User {
    fn email(&self) -> String {
        format!("{}@console.example", self.0.to_lowercase().replace(' ', "."))
    }

    fn in_page(&self, id: usize) -> Value {
        context! { id, name => self.0, email => self.email(), role => self.1, department => self.2, active => self.3 }
    }
}

/// A user's number is not their place in the table.
fn id_at(at: usize) -> usize {
    31 + at * 7
}

fn by_id(id: &str) -> Option<(usize, &'static User)> {
    let id = id.parse::<usize>().ok()?;
    USERS.iter().enumerate().map(|(at, user)| (id_at(at), user)).find(|(known, _)| *known == id)
}

pub(super) fn values(draw: &mut Draw) -> Values {
    let names: Vec<&str> = USERS.iter().filter(|user| user.1 == "Viewer" && !user.3).map(|user| user.0).collect();
    Values::of([
        ("user", draw.turn(&names).to_owned()),
        ("role", draw.turn(&["Author", "Editor", "Manager", "Auditor"]).to_owned()),
        ("department", draw.one(&["Logistics", "Field work", "Archive", "Design", "Night desk", "Legal", "Workshop"]).to_owned()),
    ])
}

pub(super) fn goal(values: &Values) -> String {
    let [user, role, department] = VARIABLES.map(|name| values.get(name));
    format!(
        "Make {user} a user with the role {role} in the department {department} and set them active. Change nobody else and nothing else."
    )
}

pub(super) fn steps(values: &Values) -> Vec<Do> {
    vec![
        Do::Open,
        Do::Click { role: "link".to_owned(), name: "Edit".to_owned(), within: Some(values.get("user").to_owned()) },
        Do::select("Role", values.get("role")),
        Do::fill("Department", values.get("department")),
        Do::Check { name: "Active".to_owned(), checked: true },
        Do::click("button", "Save changes"),
    ]
}

pub(super) fn checks(values: &Values) -> Vec<String> {
    vec!["url has /users/".to_owned(), format!("text has The changes to {} were saved", values.get("user")), "sent /users/".to_owned()]
}

pub(super) fn wanted(values: &Values) -> Vec<Posted> {
    let found = USERS.iter().enumerate().find(|(_, user)| user.0 == values.get("user"));
    let path = found.map_or_else(String::new, |(at, _)| format!("/users/{}", id_at(at)));
    let email = found.map(|(_, user)| user.email()).unwrap_or_default();
    let role = values.get("role").to_lowercase();
    let fields =
        [("name", values.get("user")), ("email", &email), ("role", &role), ("department", values.get("department")), ("active", "yes")];
    vec![Posted::new(&path, &fields)]
}

pub(super) fn page(asked: &Asked<'_>) -> Page {
    if asked.path == "/" {
        let users: Vec<Value> = USERS.iter().enumerate().map(|(at, user)| user.in_page(id_at(at))).collect();
        return Page::new("admin_users.html", context! { users });
    }
    let id = asked.path.strip_prefix("/users/").unwrap_or_default();
    if let Some((id, user)) = id.strip_suffix("/edit").and_then(by_id) {
        return Page::new("admin_edit.html", context! { user => user.in_page(id), roles => ROLES });
    }
    if let Some((_, user)) = by_id(id) {
        let changed = asked.log.iter().any(|posted| posted.path == asked.path);
        let text = if changed { format!("The changes to {} were saved.", user.0) } else { "Nothing was changed.".to_owned() };
        return Page::note("admin_user.html", user.0, &text);
    }
    match asked.path {
        "/note/done" => Page::note("admin_user.html", "Done", "That was done."),
        _ => Page::note("admin_user.html", "Console", "There is nothing here yet."),
    }
}

pub(super) fn post(posted: &Posted, _log: &[Posted]) -> Answer {
    let rest = posted.path.strip_prefix("/users/").unwrap_or_default();
    match rest.split_once('/') {
        None if by_id(rest).is_some() => Answer::Go(posted.path.clone()),
        Some((id, "disable" | "delete" | "reset")) if by_id(id).is_some() => Answer::Go("/note/done".to_owned()),
        _ if posted.path == "/invite" => Answer::Go("/note/done".to_owned()),
        _ => Answer::Missing,
    }
}
