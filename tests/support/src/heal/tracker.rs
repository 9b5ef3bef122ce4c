//! The issue tracker: a new issue is reported with a form of its own.
//!
//! The one decision: the form has a field that the task says nothing about; it must stay as it is.

use minijinja::context;

use super::answer::{Answer, Asked, Page};
use super::draw::Draw;
use super::judge::Posted;
use super::site::{Do, Target, Values};

pub(super) const VARIABLES: [&str; 4] = ["title", "description", "type", "priority"];

pub(super) const TARGETS: [Target; 7] = [
    Target::new("/", "#new-issue", "link"),
    Target::new("/issues/new", "#title", "field"),
    Target::new("/issues/new", "#description", "field"),
    Target::new("/issues/new", "#type", "select"),
    Target::new("/issues/new", "#issue-priority", "select"),
    Target::new("/issues/new", "#notify", "check"),
    Target::new("/issues/new", "#create", "button"),
];

const ISSUES: [(u32, &str, &str, &str); 10] = [
    (412, "Export leaves out the last line", "Bug", "Open"),
    (409, "Dark colours for the calendar", "Feature", "Open"),
    (405, "Sign-in takes ten seconds on Mondays", "Bug", "In review"),
    (398, "Rename the staging servers", "Task", "Open"),
    (391, "Where are old reports kept?", "Question", "Open"),
    (388, "Sorting by date is upside down", "Bug", "In review"),
    (377, "Keyboard shortcuts for the board", "Feature", "Open"),
    (371, "Update the licence texts", "Task", "Open"),
    (366, "Numbers are cut off in print", "Bug", "Open"),
    (352, "Drop support for the old importer", "Task", "In review"),
];

pub(super) fn values(draw: &mut Draw) -> Values {
    let title = format!(
        "{} {}",
        draw.one(&[
            "Upload stops",
            "Map stays empty",
            "Clock runs late",
            "Print button is missing",
            "Search finds nothing",
            "Mail comes twice"
        ]),
        draw.one(&["after an hour", "on small screens", "with two windows open", "since version 8", "for guests", "on Sundays"])
    );
    let description = format!(
        "{} Seen {} times in build {}.",
        draw.one(&[
            "Open any project and wait.",
            "Sign in as a guest first.",
            "Switch to another language and back.",
            "Reload the page quickly."
        ]),
        2 + draw.below(9),
        1000 + draw.below(9000)
    );
    Values::of([
        ("title", title),
        ("description", description),
        ("type", draw.turn(&["Bug", "Feature", "Question"]).to_owned()),
        ("priority", draw.turn(&["Low", "High", "Critical"]).to_owned()),
    ])
}

pub(super) fn goal(values: &Values) -> String {
    let [title, description, kind, priority] = VARIABLES.map(|name| values.get(name));
    format!(
        "Create an issue with the title \"{title}\" and the description \"{description}\", of type {kind} and priority {priority}, \
         and have yourself notified about it."
    )
}

pub(super) fn steps(values: &Values) -> Vec<Do> {
    vec![
        Do::Open,
        Do::click("link", "New issue"),
        Do::fill("Title", values.get("title")),
        Do::fill("Description", values.get("description")),
        Do::select("Type", values.get("type")),
        Do::select("Priority", values.get("priority")),
        Do::Check { name: "Notify me".to_owned(), checked: true },
        Do::click("button", "Create issue"),
    ]
}

pub(super) fn checks(values: &Values) -> Vec<String> {
    vec!["url has /issues/created/".to_owned(), format!("text has was created: {}", values.get("title")), "sent /issues".to_owned()]
}

pub(super) fn wanted(values: &Values) -> Vec<Posted> {
    let kind = values.get("type").to_lowercase();
    let priority = match values.get("priority") {
        "Low" => "p4",
        "High" => "p2",
        "Critical" => "p1",
        _ => "p3",
    };
    let [title, description] = ["title", "description"].map(|name| (name, values.get(name)));
    let others = [("type", kind.as_str()), ("priority", priority), ("assignee", ""), ("notify", "yes")];
    vec![Posted::new("/issues", &[[title, description].as_slice(), &others].concat())]
}

pub(super) fn page(asked: &Asked<'_>) -> Page {
    let made = |number: &str| asked.log.get(number.parse::<usize>().ok()?.checked_sub(501)?);
    match asked.path {
        "/" => Page::new("tracker_list.html", context! { issues => ISSUES.to_vec() }),
        "/issues/new" => Page::new("tracker_new.html", context! {}),
        "/note/template" => Page::note("tracker_issue.html", "Templates", "The template was saved."),
        "/note/import" => Page::note("tracker_issue.html", "Import", "The import has begun."),
        path => match path.strip_prefix("/issues/created/").map(|number| (number, made(number))) {
            Some((number, Some(posted))) => {
                let text = format!("Issue #{number} was created: {}", posted.field("title").unwrap_or("no title"));
                Page::note("tracker_issue.html", &format!("#{number}"), &text)
            }
            _ => Page::note("tracker_issue.html", "Burrow", "There is nothing here yet."),
        },
    }
}

pub(super) fn post(posted: &Posted, log: &[Posted]) -> Answer {
    match posted.path.as_str() {
        "/issues" => Answer::Go(format!("/issues/created/{}", 500 + log.len())),
        "/templates" => Answer::Go("/note/template".to_owned()),
        "/import" => Answer::Go("/note/import".to_owned()),
        _ => Answer::Missing,
    }
}
