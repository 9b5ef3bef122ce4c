//! Whose a fact is, and who may see it.

use serde::{Deserialize, Serialize};

/// The user where nobody is named: a program of one person.
pub const DEFAULT_USER: &str = "me";

/// Whose a fact is and what it is about. A part that is not set does not narrow it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Scope {
    /// The person. Never shared.
    #[serde(default = "me")]
    pub user: String,
    /// The agent that it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// The site that it is about, as an origin: `https://shop.example`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
    /// The run that it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
}

fn me() -> String {
    DEFAULT_USER.to_owned()
}

impl Default for Scope {
    fn default() -> Self {
        Self { user: me(), agent: None, site: None, run: None }
    }
}

impl Scope {
    /// Of this user.
    #[must_use]
    pub fn of(user: impl Into<String>) -> Self {
        Self { user: user.into(), ..Self::default() }
    }

    /// About a site, by its origin.
    #[must_use]
    pub fn site(mut self, origin: impl Into<String>) -> Self {
        self.site = Some(origin.into());
        self
    }
}

/// Who looks. Sees a fact of the same user, if each other part of the fact's scope is either not set or the viewer's own.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Viewer {
    /// Who, as which agent, on which site, in which run.
    pub scope: Scope,
    /// Sees everything of its user: the person, going through what is kept.
    #[serde(default)]
    pub whole: bool,
}

impl Viewer {
    /// One who is where `scope` says.
    #[must_use]
    pub fn at(scope: Scope) -> Self {
        Self { scope, whole: false }
    }

    /// The person: everything of this user.
    #[must_use]
    pub fn whole(user: impl Into<String>) -> Self {
        Self { scope: Scope::of(user), whole: true }
    }

    /// Whether a fact of this scope may be seen. The store asks the same of its tables; this is what it is tested against.
    #[must_use]
    pub fn sees(&self, fact: &Scope) -> bool {
        let fits = |fact: Option<&String>, own: Option<&String>| fact.is_none() || self.whole || fact == own;
        fact.user == self.scope.user
            && fits(fact.agent.as_ref(), self.scope.agent.as_ref())
            && fits(fact.site.as_ref(), self.scope.site.as_ref())
            && fits(fact.run.as_ref(), self.scope.run.as_ref())
    }
}
