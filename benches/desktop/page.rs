//! Pages with words of known places.

use handiwork::core::action::Navigate;
use handiwork::core::{Action, Context, Surface as _};
use handiwork::tools::browser::shot::{Scope, ShotOptions};
use handiwork::tools::browser::{Browser, BrowserConfig};
use serde::Deserialize;

/// Sizes of letters, in pixels.
pub(crate) const SIZES: [u32; 7] = [8, 10, 12, 14, 16, 18, 20];

const ENGLISH: &[&str] = &[
    "Save",
    "Cancel",
    "Settings",
    "Find",
    "Replace",
    "Document",
    "Account",
    "Network",
    "Preview",
    "Insert",
    "Format",
    "Printer",
    "Untitled",
    "Close",
    "Window",
    "Search",
    "Folder",
    "Archive",
    "Message",
    "Reply",
    "Forward",
    "Delete",
    "Contacts",
    "Calendar",
    "Location",
    "Profile",
    "Privacy",
    "Advanced",
    "Options",
    "Language",
    "Keyboard",
    "Volume",
    "Display",
    "Battery",
    "Invoice",
    "Customer",
    "Quantity",
    "Total",
    "12,480.50",
    "2026-11-28",
    "14:35",
    "report.xlsx",
    "ana@mail.example",
    "100%",
    "Version 4.2",
    "Page 3 of 7",
    "No results",
    "Sign out",
];
const CHINESE: &[&str] = &[
    "保存",
    "取消",
    "设置",
    "查找",
    "替换",
    "文件",
    "编辑",
    "视图",
    "插入",
    "格式",
    "工具",
    "窗口",
    "帮助",
    "打开",
    "关闭",
    "打印",
    "删除",
    "复制",
    "粘贴",
    "搜索",
    "发送邮件",
    "联系人",
    "日历",
    "位置信息",
    "个人资料",
    "隐私政策",
    "高级选项",
    "语言",
    "键盘",
    "音量",
    "显示器",
    "电池",
    "发票",
    "客户",
    "数量",
    "总计",
    "下一步",
    "确定",
    "登录",
    "退出",
    "用户名",
    "密码",
    "新建文档",
    "下载完成",
];

/// A word that is on a page.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Word {
    pub(crate) text: String,
    pub(crate) size: u32,
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) w: f64,
    pub(crate) h: f64,
}

/// A page as a picture, and what is on it.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) chinese: bool,
    pub(crate) dark: bool,
    pub(crate) png: Vec<u8>,
    pub(crate) words: Vec<Word>,
}

/// One page in each language and each light.
pub(crate) async fn all(seed: u64) -> Vec<Page> {
    let browser = Browser::launch(BrowserConfig { viewport: (1280, 800), ..BrowserConfig::default() }).await.expect("a browser");
    let mut pages = Vec::new();
    for (chinese, dark) in [(false, false), (false, true), (true, false), (true, true)] {
        pages.push(one(&browser, seed, chinese, dark).await);
    }
    browser.close().await;
    pages
}

async fn one(browser: &Browser, seed: u64, chinese: bool, dark: bool) -> Page {
    let words = if chinese { CHINESE } else { ENGLISH };
    let mut state = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(u64::from(chinese) * 2 + u64::from(dark) + 1);
    let mut next = |most: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % most
    };
    let mut rows = String::new();
    for (at, size) in SIZES.iter().cycle().take(21).enumerate() {
        rows.push_str(&format!("<div class=row style='font-size:{size}px;top:{}px'>", 12 + at * 37));
        for column in 0..7 {
            let word = words[next(words.len())];
            rows.push_str(&format!("<span data-size={size} style='left:{}px'>{word}</span>", 20 + column * 178 + next(12)));
        }
        rows.push_str("</div>");
    }
    let (ground, front) = if dark { ("#202124", "#e8eaed") } else { ("#ffffff", "#1f1f1f") };
    let html = format!(
        "<!doctype html><meta charset=utf-8><style>body{{margin:0;background:{ground};color:{front};font-family:'DejaVu Sans','Noto Sans CJK SC',sans-serif}}
        .row{{position:absolute;left:0;width:1280px;height:30px}}span{{position:absolute;white-space:nowrap}}</style>{rows}<script>
        document.title = JSON.stringify([...document.querySelectorAll('span')].map(s => {{ const r = s.getBoundingClientRect();
        return {{ text: s.textContent, size: +s.dataset.size, x: r.x, y: r.y, w: r.width, h: r.height }} }}))</script>"
    );
    let app = axum::Router::new().route("/", axum::routing::get(move || async move { axum::response::Html(html) }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    let server = tokio::spawn(async move { axum::serve(listener, app).await });
    let cx = Context::default();
    let resolved = browser.resolve(&cx, &Action::from(Navigate { url })).await.expect("resolved");
    assert!(browser.dispatch(&cx, &resolved).await.expect("a receipt").is_verified());
    let title = browser.observe(&cx).await.expect("a screen").title;
    let words: Vec<Word> = serde_json::from_str(&title).expect("words");
    let shot = browser
        .shot(&cx, ShotOptions { scope: Scope::View, refs: false, ..ShotOptions::default() })
        .await
        .expect("taken")
        .expect("a picture");
    server.abort();
    Page { chinese, dark, png: shot.shot.bytes, words }
}
