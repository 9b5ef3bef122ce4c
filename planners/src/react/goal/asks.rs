//! Whether a goal asks for a deed or for an answer, and which values it spells out.
//!
//! It decides what a claim must be able to show. The one decision: it is read off the goal's words, and a goal in words that are
//! not known here is held to less, never to more.

use super::quoted;

/// What a goal asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::react) enum Asks {
    /// Something is to be changed.
    Deed,
    /// Something is to be opened or looked up.
    Move,
    /// Something is to be found out.
    Answer,
    /// It does not say, in words that are known here.
    Unknown,
}

/// Verbs of deeds.
const DEEDS: &[&str] = &[
    "add",
    "apply",
    "approve",
    "archive",
    "assign",
    "attach",
    "book",
    "buy",
    "cancel",
    "change",
    "check",
    "choose",
    "clear",
    "click",
    "close",
    "complete",
    "confirm",
    "copy",
    "create",
    "delete",
    "deselect",
    "download",
    "drag",
    "draw",
    "edit",
    "enter",
    "expand",
    "file",
    "fill",
    "forward",
    "increase",
    "insert",
    "like",
    "log",
    "mark",
    "move",
    "order",
    "pay",
    "pick",
    "place",
    "post",
    "press",
    "publish",
    "register",
    "remove",
    "rename",
    "reply",
    "request",
    "reserve",
    "save",
    "schedule",
    "select",
    "send",
    "set",
    "share",
    "sign",
    "star",
    "submit",
    "subscribe",
    "switch",
    "tick",
    "toggle",
    "type",
    "unassign",
    "uncheck",
    "unselect",
    "update",
    "upload",
    "write",
];

/// The same in Chinese; they stand without spaces.
const DEEDS_ZH: &[&str] = &[
    "提交", "填写", "点击", "删除", "添加", "新建", "创建", "购买", "下单", "发送", "上传", "下载", "登录", "注册", "修改", "保存", "选择",
    "勾选", "取消", "预订", "回复", "支付", "输入",
];

/// Deeds that end with something being sent.
const SENDS: &[&str] = &[
    "add",
    "apply",
    "book",
    "buy",
    "confirm",
    "create",
    "file",
    "log",
    "order",
    "pay",
    "post",
    "publish",
    "register",
    "reply",
    "request",
    "reserve",
    "save",
    "send",
    "share",
    "sign",
    "submit",
    "subscribe",
    "update",
];
const SENDS_ZH: &[&str] = &["提交", "发送", "下单", "购买", "登录", "注册", "保存", "预订", "支付", "新建", "创建"];
const DENIES: &[&str] = &["not", "don't", "never", "without", "no", "nothing"];

/// Verbs of going somewhere.
const MOVES: &[&str] = &["browse", "go", "navigate", "open", "scroll", "search", "visit"];
const MOVES_ZH: &[&str] = &["打开", "访问", "搜索", "进入"];

/// Words that begin a question, or ask for an answer.
const QUESTIONS: &[&str] = &[
    "compare",
    "count",
    "describe",
    "explain",
    "extract",
    "find",
    "get",
    "give",
    "how",
    "is",
    "are",
    "does",
    "list",
    "look",
    "read",
    "report",
    "say",
    "show",
    "summarise",
    "summarize",
    "tell",
    "what",
    "when",
    "where",
    "which",
    "who",
    "whose",
    "why",
];
const QUESTIONS_ZH: &[&str] = &["多少", "什么", "哪", "谁", "告诉", "列出", "总结", "查询", "是否", "吗"];

/// What the goal asks for. A deed counts most: "find the cheapest one and buy it" is one.
pub(in crate::react) fn asks_for(goal: &str) -> Asks {
    let verbs = Verbs::of(goal);
    if verbs.are(DEEDS, DEEDS_ZH) {
        Asks::Deed
    } else if verbs.are(QUESTIONS, QUESTIONS_ZH) || goal.trim_end().ends_with(['?', '？']) {
        Asks::Answer
    } else if verbs.are(MOVES, MOVES_ZH) {
        Asks::Move
    } else {
        Asks::Unknown
    }
}

/// Whether the goal wants something sent. One that speaks of what is not to be done is not taken to.
pub(in crate::react) fn asks_to_send(goal: &str) -> bool {
    let verbs = Verbs::of(goal);
    verbs.are(SENDS, SENDS_ZH) && !verbs.words.iter().any(|word| DENIES.contains(&word.as_str())) && !goal.contains(['不', '别'])
}

/// The words of a goal at places where a verb stands.
struct Verbs<'a> {
    goal: &'a str,
    words: Vec<String>,
    begins: Vec<usize>,
}

impl<'a> Verbs<'a> {
    fn of(goal: &'a str) -> Self {
        let lower = without_quotes(goal).to_lowercase();
        let words: Vec<String> =
            lower.split(|c: char| !c.is_alphanumeric() && c != '\'').filter(|word| !word.is_empty()).map(str::to_owned).collect();
        // A verb stands first, or after what joins or begins a clause: "the order" is no deed.
        let joins = ["and", "then", "to", "please", "also", "or", "now", "by", "must", "should", "you", "i"];
        let mut begins = vec![0];
        begins.extend(words.iter().enumerate().filter(|(_, word)| joins.contains(&word.as_str())).map(|(at, _)| at + 1));
        begins.extend(clauses(&lower));
        Self { goal, words, begins }
    }

    fn are(&self, list: &[&str], parts: &[&str]) -> bool {
        self.begins.iter().any(|at| self.words.get(*at).is_some_and(|word| list.contains(&word.as_str())))
            || parts.iter().any(|part| self.goal.contains(part))
    }
}

/// Places of the words that begin a clause: after a stop, comma or colon.
fn clauses(text: &str) -> Vec<usize> {
    let mut places = Vec::new();
    let (mut count, mut inside) = (0, false);
    for (at, c) in text.char_indices() {
        let is_word = c.is_alphanumeric() || c == '\'';
        if is_word && !inside {
            count += 1;
        }
        // A point within a number or an address begins nothing.
        let ends = text.get(at + c.len_utf8()..).is_none_or(|rest| rest.starts_with(char::is_whitespace));
        if matches!(c, ',' | ';' | ':' | '.' | '!' | '\n') && ends {
            places.push(count);
        }
        inside = is_word;
    }
    places
}

fn without_quotes(goal: &str) -> String {
    quoted(goal).into_iter().fold(goal.to_owned(), |goal, part| if part.is_empty() { goal } else { goal.replacen(part, "_", 1) })
}

/// Values that the goal spells out: what stands in quotation marks, addresses of mail, and numbers of some length. Dates and times
/// are written in too many ways to be looked for.
pub(in crate::react) fn literals(goal: &str) -> Vec<&str> {
    let mut found: Vec<&str> = quoted(goal).into_iter().filter(|part| part.trim().chars().count() > 1).collect();
    let inside = found.clone();
    for word in goal.split_whitespace() {
        let word = word.trim_matches(|c: char| !c.is_alphanumeric());
        let is_mail = word.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'));
        let digits = word.chars().filter(char::is_ascii_digit).count();
        let is_number = digits >= 2 && word.contains('.') && word.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ','));
        let is_long = digits >= 4 && word.chars().all(|c| c.is_ascii_digit()) && !is_year(word);
        if (is_mail || is_number || is_long) && !inside.iter().any(|part| part.contains(word)) && !is_date(word) {
            found.push(word);
        }
    }
    found
}

fn is_year(word: &str) -> bool {
    word.parse::<u32>().is_ok_and(|number| (1800..2200).contains(&number))
}

fn is_date(word: &str) -> bool {
    word.matches('.').count() > 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goals_ask_for() {
        for (goal, asks) in [
            ("Sign in as ana and file a claim", Asks::Deed),
            ("Click the \"Next\" button.", Asks::Deed),
            ("On the shop, find the cheapest mug and buy it", Asks::Deed),
            ("First search for tea. Then order it", Asks::Deed),
            ("What is the status of the order?", Asks::Answer),
            ("Tell me who filed the last claim", Asks::Answer),
            ("Find out when the order arrives", Asks::Answer),
            ("How many rows say \"click here\"?", Asks::Answer),
            ("Open the page of the project", Asks::Move),
            ("Kaufe eine Tasse", Asks::Unknown),
            ("请填写报销单并提交", Asks::Deed),
            ("订单的状态是什么", Asks::Answer),
            ("打开首页", Asks::Move),
        ] {
            assert_eq!(asks_for(goal), asks, "{goal}");
        }
    }

    #[test]
    fn what_goals_spell_out() {
        let goal =
            "Write \"Team lunch\" of 42.50 EUR for ana@example.org, order 47110, on 2026-11-03 at 10:15, in 2026, 3 times, 3.11.2026";
        assert_eq!(literals(goal), ["Team lunch", "42.50", "ana@example.org", "47110"]);
        assert!(literals("Add two rows").is_empty());
    }
}
