//! Facts in words, for people.

use handiwork::core::memory::{Fact, Recalled};

pub(super) fn line(fact: &Fact) -> String {
    let site = fact.scope.site.as_ref().map(|site| format!("[{site}] ")).unwrap_or_default();
    let closed = if fact.closed_at.is_some() { "  (no longer)" } else { "" };
    let trusted = if fact.source.trusted { "" } else { "  (not checked)" };
    format!("{:>5}  {:<10}  {site}{}{closed}{trusted}", fact.id, fact.kind.name(), fact.text)
}

pub(super) fn explained(Recalled { score, scores, .. }: &Recalled) -> String {
    let parts = [
        ("words", scores.words),
        ("meaning", scores.meaning),
        ("speaker", scores.speaker),
        ("date", scores.date),
        ("thread", scores.thread),
    ];
    let told: Vec<String> = parts.iter().filter(|(_, part)| part.abs() >= 0.0005).map(|(name, part)| format!("{name} {part:.3}")).collect();
    format!("       {score:.3} = ({}) times {:.3} for time, age, use and confidence", told.join(" + "), scores.prior)
}

pub(super) fn told(fact: &Fact) -> String {
    let day = |at: i64| jiff::Timestamp::from_millisecond(at).map(|at| at.strftime("%Y-%m-%d %H:%M UTC").to_string()).unwrap_or_default();
    let mut lines = vec![
        fact.text.clone(),
        format!("kind        {}", fact.kind.name()),
        format!("from        {}", fact.source),
        format!("holds       since {}{}", day(fact.valid_from), fact.valid_to.map(|to| format!(", until {}", day(to))).unwrap_or_default()),
        format!("recorded    {}", day(fact.recorded_at)),
        format!("confidence  {:.2}", fact.confidence),
        format!("used        {} times{}", fact.uses, fact.used_at.map(|at| format!(", last {}", day(at))).unwrap_or_default()),
    ];
    if let Some(site) = &fact.scope.site {
        lines.push(format!("site        {site}"));
    }
    if let Some(about) = &fact.about {
        lines.push(format!("about       {about}"));
    }
    if let Some(run) = &fact.source.run {
        lines.push(format!("run         {run}, event {}", fact.source.event.unwrap_or_default()));
    }
    if let Some(by) = fact.closed_by {
        lines.push(format!("replaced    by {by}"));
    }
    lines.join("\n")
}
