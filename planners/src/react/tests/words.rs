//! What is said once to every model: the system prompt and the tools, as they are. Whoever changes a word sees here what is sent, and
//! raises the planner's version.

use handiwork_core::event::Started;
use handiwork_core::{Action, ModelInfo, Planner as _, SurfaceInfo};

use crate::react::{React, prompt};
use crate::{BestOf, Plan};

fn started(small: bool, plan: bool) -> String {
    let started = Started {
        goal: "g".to_owned(),
        model: ModelInfo { small, constrained: small, context: 32_768, ..ModelInfo::default() },
        surface: Some(SurfaceInfo {
            kind: "browser".to_owned(),
            actions: Action::NAMES.iter().filter(|name| !Action::OF_DESKTOPS.contains(name)).map(|name| (*name).to_owned()).collect(),
        }),
        secrets: vec![("password".to_owned(), "https://shop.example".to_owned())],
        ..Started::default()
    };
    let tools = prompt::tools(&started, plan);
    let tools: Vec<String> = tools.iter().map(|tool| format!("{}: {} {}", tool.name, tool.description, tool.parameters)).collect();
    format!("{}\n\n{}", prompt::system(&started, plan), tools.join("\n"))
}

#[test]
fn a_large_model_is_told_this() {
    insta::assert_snapshot!(format!("react {}\n\n{}", React::default().version(), started(false, false)));
}

#[test]
fn with_a_plan_it_is_told_this() {
    insta::assert_snapshot!(format!("plan {}\n\n{}", Plan::default().version(), started(false, true)));
}

#[test]
fn a_small_model_is_told_this() {
    insta::assert_snapshot!(format!("react {}\n\n{}", React::default().version(), started(true, false)));
}

#[test]
fn a_judge_has_a_version_too() {
    assert_eq!(BestOf::default().version(), 1);
}
