//! Words: where they begin and end, which of them tell something, and what their stem is. Pure.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use jieba_rs::Jieba;
use rust_stemmers::{Algorithm, Stemmer};
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// Words that tell nothing about what a text is about.
const STOP: &str = "a about above after again against all am an and any are aren't as at be because been before being below between both \
    but by can can't cannot could couldn't did didn't do does doesn't doing don't down during each ever few for from further get got had \
    hadn't has hasn't have haven't having he her here hers herself him himself his how i i'd i'll i'm i've if in into is isn't it its \
    itself just let let's like many may me might more most much must my myself no nor not now of off on once only or other our ours \
    ourselves out over own same shall she should shouldn't so some such than that that's the their theirs them themselves then there \
    these they they're this those through to too under until up upon us very was wasn't we were weren't what what's when where which \
    while who whom whose why will with won't would wouldn't yes you your yours yourself yourselves \
    的 了 和 是 在 我 有 就 不 人 都 一 一个 上 也 很 到 说 要 去 你 会 着 没有 看 自己 这 那 他 她 它 们 我们 你们 他们 什么 哪 哪里 哪个 \
    怎么 怎样 为什么 吗 呢 吧 啊 呀 与 及 或 但 而 被 把 让 给 对 从 向 以 为 于 之 其 这个 那个 多少 几 谁 何时 请 能 可以";

/// Words of a question that are not looked for. Measured: a longer list finds less.
const UNASKED: &str = "a an the and or but if of to in on at by for with about from as into is are was were be been being am do does did doing \
    have has had having i me my we our you your he him his she her it its they them their this that these those what which who whom whose \
    when where why how not no so than too very can will just would could should s t d ll m re ve \
    的 了 和 是 在 我 有 就 不 都 也 你 他 她 它 这 那 什么 哪 哪里 哪个 谁 吗 呢 吧 啊 与 被 把 之 多少 几 怎么 为什么";

fn unasked() -> &'static BTreeSet<&'static str> {
    static WORDS: OnceLock<BTreeSet<&'static str>> = OnceLock::new();
    WORDS.get_or_init(|| UNASKED.split_whitespace().collect())
}

fn stop_words() -> &'static BTreeSet<&'static str> {
    static WORDS: OnceLock<BTreeSet<&'static str>> = OnceLock::new();
    WORDS.get_or_init(|| STOP.split_whitespace().collect())
}

fn jieba() -> &'static Jieba {
    // Its dictionary takes a moment to load, and only whoever writes Chinese needs it.
    static JIEBA: OnceLock<Jieba> = OnceLock::new();
    JIEBA.get_or_init(Jieba::new)
}

/// Whether a character is written without spaces between words.
fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}')
}

/// The text with a space between any two words, if it is written without. A long word is there whole and in its parts.
pub(crate) fn spaced(text: &str) -> Option<String> {
    if !text.chars().any(is_han) {
        return None;
    }
    let words: Vec<&str> =
        jieba().cut_for_search(text, true).into_iter().map(|token| token.word).filter(|word| !word.trim().is_empty()).collect();
    Some(words.join(" "))
}

/// The words of a text, in order, in lower case.
pub(crate) fn words(text: &str) -> Vec<String> {
    let spaced = spaced(text);
    let text = spaced.as_deref().unwrap_or(text);
    text.split(|c: char| !c.is_alphanumeric() && c != '\'' && c != '’')
        .map(|word| word.replace('’', "'").trim_matches('\'').to_lowercase())
        .filter(|word| !word.is_empty())
        .collect()
}

/// The words of a text as the index of words has them, before their endings are taken off.
pub(crate) fn tokens(text: &str) -> Vec<String> {
    let spaced = spaced(text);
    let plain: String = spaced.as_deref().unwrap_or(text).nfd().filter(|c| !is_combining_mark(*c)).collect();
    plain.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

/// Whether a word of a question is not looked for.
pub(crate) fn is_unasked(word: &str) -> bool {
    unasked().contains(word)
}

/// Whether a word is written in a script that has vectors here.
pub(crate) fn has_letters(word: &str) -> bool {
    word.chars().all(|c| c.is_alphanumeric() && (c as u32) < 0x2e80)
}

/// Whether a word tells nothing.
pub(crate) fn is_stop(word: &str) -> bool {
    stop_words().contains(word)
}

/// A word without its ending.
pub(crate) fn stem(word: &str) -> String {
    let word = word.strip_suffix("'s").unwrap_or(word);
    if word.is_ascii() { Stemmer::create(Algorithm::English).stem(word).into_owned() } else { word.to_owned() }
}

/// What a text is about: the stems of its telling words. If none tells anything, of all.
pub(crate) fn stems(text: &str) -> BTreeSet<String> {
    let words = words(text);
    let telling: BTreeSet<String> = words.iter().filter(|word| !is_stop(word)).map(|word| stem(word)).collect();
    if telling.is_empty() { words.iter().map(|word| stem(word)).collect() } else { telling }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_is_taken_apart_and_other_text_is_left() {
        assert_eq!(spaced("The meeting is at ten"), None);
        let spaced = spaced("我明天去医院体检，order 42 要退款").expect("it has Chinese");
        let words: Vec<&str> = spaced.split_whitespace().collect();
        for word in ["医院", "体检", "order", "42", "退款"] {
            assert!(words.contains(&word), "{word} in {words:?}");
        }
    }

    #[test]
    fn telling_words_are_told_from_others() {
        assert_eq!(tokens("Zoë’s café: ABC-12"), ["zoe", "s", "cafe", "abc", "12"]);
        assert_eq!(stems("Ana's meetings are on Mondays"), stems("monday: meeting, Ana"));
    }
}
