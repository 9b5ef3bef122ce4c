//! The mail site: a message is written in an overlay and sent.
//!
//! The one decision: drafts, and what is done with the messages of the inbox, are as easy to reach as the right button is.

use minijinja::context;

use super::answer::{Answer, Asked, Page};
use super::draw::Draw;
use super::judge::Posted;
use super::site::{Do, Target, Values};

pub(super) const VARIABLES: [&str; 4] = ["to", "subject", "message", "priority"];

pub(super) const TARGETS: [Target; 6] = [
    Target::new("/", "#compose-open", "button"),
    Target::new("/", "#to", "field"),
    Target::new("/", "#subject", "field"),
    Target::new("/", "#message", "field"),
    Target::new("/", "#priority", "select"),
    Target::new("/", "#send", "button"),
];

const MAILS: [(&str, &str, &str); 9] = [
    ("Nadia Petrov", "Minutes of the last meeting", "09:12"),
    ("Building services", "Water off on Thursday morning", "08:40"),
    ("Tom Akintola", "Re: figures for the second quarter", "08:05"),
    ("Library", "Two books are due", "Yesterday"),
    ("Sunniva Dahl", "Photos of the boat", "Yesterday"),
    ("Payroll", "Your pay slip is ready", "Monday"),
    ("Heron Mail", "New sign-in from a laptop", "Monday"),
    ("Marco Bellini", "Lunch next week?", "Sunday"),
    ("Cycling club", "Route for the spring ride", "Friday"),
];

pub(super) fn values(draw: &mut Draw) -> Values {
    let about = draw.one(&["Budget", "Harbour visit", "Training day", "Contract", "Room plan", "Delivery", "Interview", "Stocktaking"]);
    let when = draw.one(&["for spring", "in week 14", "on Tuesday", "with the Lisbon team", "after the holidays", "on the third floor"]);
    let user = draw.one(&["anna.berg", "j.okafor", "team-lead", "press", "m.sato", "office", "louise.v", "workshop"]);
    let host = draw.one(&["northwind.example", "quay.example", "atelier.example", "fjord.example"]);
    let message = format!(
        "{} {} Reference {}.",
        draw.one(&[
            "Please look at the plan I left on your desk.",
            "The numbers are ready now.",
            "Could we move it by an hour?",
            "All has been agreed."
        ]),
        draw.one(&[
            "I shall be in from nine.",
            "Call me if it is not clear.",
            "Nothing else has changed.",
            "Thank you for the quick help."
        ]),
        100 + draw.below(900)
    );
    Values::of([
        ("to", format!("{user}@{host}")),
        ("subject", format!("{about} {when}")),
        ("message", message),
        ("priority", draw.turn(&["Low", "High", "Urgent"]).to_owned()),
    ])
}

pub(super) fn goal(values: &Values) -> String {
    let [to, subject, message, priority] = VARIABLES.map(|name| values.get(name));
    format!("Send one mail to {to} with the subject \"{subject}\" and the message \"{message}\", with priority {priority}.")
}

pub(super) fn steps(values: &Values) -> Vec<Do> {
    vec![
        Do::Open,
        Do::click("button", "Compose"),
        Do::fill("To", values.get("to")),
        Do::fill("Subject", values.get("subject")),
        Do::fill("Message", values.get("message")),
        Do::select("Priority", values.get("priority")),
        Do::click("button", "Send"),
    ]
}

pub(super) fn checks(values: &Values) -> Vec<String> {
    vec!["url has /sent/".to_owned(), format!("text has Your message to {} was sent", values.get("to")), "sent /send".to_owned()]
}

pub(super) fn wanted(values: &Values) -> Vec<Posted> {
    let priority = values.get("priority").to_lowercase();
    let [to, subject, message] = ["to", "subject", "message"].map(|name| (name, values.get(name)));
    vec![Posted::new("/send", &[to, subject, message, ("priority", &priority)])]
}

pub(super) fn page(asked: &Asked<'_>) -> Page {
    if asked.path == "/" {
        return Page::new("mail_inbox.html", context! { mails => MAILS.to_vec() });
    }
    let sent = asked.path.strip_prefix("/sent/").and_then(|number| number.parse::<usize>().ok());
    if let Some(posted) = sent.and_then(|number| asked.log.get(number.checked_sub(1)?)) {
        let text = format!("Your message to {} was sent.", posted.field("to").unwrap_or("nobody"));
        let sent = context! { subject => posted.field("subject"), priority => posted.field("priority") };
        return Page::new("mail_sent.html", context! { title => "Sent", text, sent });
    }
    match asked.path {
        "/note/draft" => Page::note("mail_sent.html", "Drafts", "The draft was saved."),
        "/note/messages" => Page::note("mail_sent.html", "Inbox", "Done."),
        _ => Page::note("mail_sent.html", "Heron Mail", "There is nothing here yet."),
    }
}

pub(super) fn post(posted: &Posted, log: &[Posted]) -> Answer {
    match posted.path.as_str() {
        "/send" => Answer::Go(format!("/sent/{}", log.len())),
        "/draft" => Answer::Go("/note/draft".to_owned()),
        "/messages" => Answer::Go("/note/messages".to_owned()),
        _ => Answer::Missing,
    }
}
