//! A sheet, a terminal, a browser with a window, a canvas.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use handiwork_core::action::{Direction, Scroll};

use super::super::hand::Hand;

/// What another program reads in a sheet: cells by name.
fn cells(file: &Path) -> String {
    const READ: &str = r#"
import re, sys, zipfile
z = zipfile.ZipFile(sys.argv[1])
strings = re.findall(r'<si>.*?<t[^>]*>(.*?)</t>.*?</si>', z.read('xl/sharedStrings.xml').decode(), re.S) if 'xl/sharedStrings.xml' in z.namelist() else []
for ref, attrs, body in re.findall(r'<c r="([A-Z]+[0-9]+)"([^>]*)>(.*?)</c>', z.read('xl/worksheets/sheet1.xml').decode(), re.S):
    f = re.search(r'<f[^>]*>(.*?)</f>', body); v = re.search(r'<v>(.*?)</v>', body)
    value = v.group(1) if v else ''
    if 't="s"' in attrs and value: value = strings[int(value)]
    print(ref, '=' + f.group(1) if f else '', value, sep='|')
"#;
    let output = Command::new("python3").args(["-c", READ]).arg(file).output().expect("python3");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Goes to a cell by the name box, and puts something there.
async fn put(hand: &mut Hand, cell: &str, text: &str) -> Result<(), String> {
    let bar = hand.look().await;
    let at = bar
        .lines
        .iter()
        .position(|line| line.role == "toolbar" && line.name == "Formula Tool Bar")
        .ok_or_else(|| format!("no bar on\n{}", bar.text))?;
    let name = bar.lines[at..].iter().find(|line| line.role == "textbox").cloned().ok_or("no name box")?;
    if name.value.as_deref() != Some(cell) {
        hand.fill(&name, cell).await?;
        hand.key("Enter").await?;
    }
    hand.type_text(text).await?;
    hand.key("Enter").await
}

pub(super) async fn sheet(hand: &mut Hand) -> Result<(), String> {
    let (a, b) = (hand.number(1, 10, 99), hand.number(2, 10, 99));
    for (cell, text) in [
        ("A1", "plums".to_owned()),
        ("B1", a.to_string()),
        ("A2", "pears".to_owned()),
        ("B2", b.to_string()),
        ("B3", "=SUM(B1:B2)".to_owned()),
    ] {
        put(hand, cell, &text).await?;
    }
    // The sheet shows what came of the formula.
    let shown = hand.look().await;
    let sum = shown.find("cell", "B3").and_then(|line| line.value.clone()).unwrap_or_default();
    if sum != (a + b).to_string() {
        return Err(format!("B3 shows {sum:?}"));
    }
    hand.key("Control+Shift+s").await?;
    let field = hand.need("textbox", "Name").await?;
    let file = hand.path("fruit.xlsx");
    hand.fill(&field, &file.display().to_string()).await?;
    hand.click("button", "Save").await?;
    // It may ask whether this format is meant.
    for _ in 0..40 {
        let text = hand.look().await;
        if let Some(line) = text.live().find(|line| line.role == "button" && line.name.contains("Excel")).cloned() {
            hand.click("button", &line.name).await?;
        }
        if file.exists() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    let told = cells(&file);
    let wanted = [format!("B1||{a}"), format!("B3|=SUM(B1:B2)|{}", a + b), "A2||pears".to_owned()];
    if wanted.iter().all(|line| told.lines().any(|told| told == line)) { Ok(()) } else { Err(format!("the file holds\n{told}")) }
}

pub(super) fn stock(folder: &Path) {
    std::fs::write(folder.join("stock.csv"), "item,count\nbolts,12\nnuts,30\n").expect("written");
}

pub(super) async fn change(hand: &mut Hand) -> Result<(), String> {
    // It asks how the file is to be read.
    hand.click("button", "OK").await?;
    let count = hand.number(1, 40, 99);
    let line = hand.need("cell", "B2").await?;
    if line.value.as_deref() != Some("12") {
        return Err(format!("B2 shows {:?}", line.value));
    }
    hand.fill(&line, &count.to_string()).await?;
    hand.key("Control+s").await?;
    let keep = format!("bolts,{count}");
    for _ in 0..40 {
        let text = hand.look().await;
        if let Some(line) = text.live().find(|line| line.role == "button" && line.name.contains("Text CSV")).cloned() {
            hand.click("button", &line.name).await?;
        }
        if hand.file_now("stock.csv").contains(&keep) {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    Err(format!("the file holds {:?}", hand.file_now("stock.csv")))
}

/// Has a number told in the terminal, reads it off its pixels, and uses it.
pub(super) async fn command(hand: &mut Hand) -> Result<(), String> {
    let (a, b) = (hand.number(1, 1000, 9999), hand.number(2, 11, 99));
    hand.type_text(&format!("echo result $(( {a} * {b} ))")).await?;
    hand.key("Enter").await?;
    let mut told = None;
    for _ in 0..20 {
        let text = hand.look().await;
        told = text.lines.iter().find_map(|line| line.name.strip_prefix("result ").map(|rest| rest.trim().to_owned()));
        if told.is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(150)).await;
    }
    let told = told.ok_or("the result is not on the screen")?;
    hand.type_text(&format!("echo {told} > answer.txt")).await?;
    hand.key("Enter").await?;
    hand.file("answer.txt", |text| text.trim() == (a * b).to_string()).await
}

pub(super) fn poem(folder: &Path) {
    std::fs::write(folder.join("poem.txt"), "床前明月光\n疑是地上霜\n举头望明月\n低头思故乡\n").expect("written");
}

/// Reads Chinese off the pixels of a terminal, and writes it down elsewhere.
pub(super) async fn chinese_seen(hand: &mut Hand) -> Result<(), String> {
    let wanted = ["床前明月光", "疑是地上霜", "举头望明月", "低头思故乡"][hand.number(1, 0, 3) as usize];
    let number = ["床前明月光", "疑是地上霜", "举头望明月", "低头思故乡"].iter().position(|line| *line == wanted).unwrap_or_default() + 1;
    hand.type_text(&format!("clear; sed -n {number}p poem.txt")).await?;
    hand.key("Enter").await?;
    let mut read = None;
    for _ in 0..20 {
        let text = hand.look().await;
        let chinese = |name: &str| name.chars().filter(|c| ('\u{4e00}'..'\u{9fff}').contains(c)).collect::<String>();
        read = text.lines.iter().map(|line| chinese(&line.name)).find(|name| name.chars().count() >= 4);
        if read.is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(150)).await;
    }
    let read = read.ok_or("no Chinese is on the screen")?;
    hand.launch("mousepad").await?;
    let field = hand.need("textbox", "").await?;
    hand.fill(&field, &read).await?;
    hand.key("Control+s").await?;
    hand.save_as("line.txt").await?;
    hand.file("line.txt", |text| text.trim_end() == wanted).await
}

pub(super) async fn form_in_chromium(hand: &mut Hand) -> Result<(), String> {
    form(hand, "textbox", "Address and search bar").await
}

pub(super) async fn form_in_firefox(hand: &mut Hand) -> Result<(), String> {
    form(hand, "combobox", "enter address").await
}

/// A browser with a window, by its accessibility tree: the site itself says what it was sent.
async fn form(hand: &mut Hand, bar: &str, called: &str) -> Result<(), String> {
    let (sent, mut told) = tokio::sync::mpsc::unbounded_channel::<String>();
    // A list that is too long to be shown whole, and some of it can't be had.
    let each = |numbers: std::ops::Range<u32>, one: &dyn Fn(u32) -> String| numbers.map(one).collect::<Vec<_>>().concat();
    let boxes = each(1..80, &|number| format!("<option{}>box {number}", if number % 7 == 0 { " disabled" } else { "" }));
    let terms = each(1..60, &|number| format!("<p>Term {number}</p>"));
    let page = format!(
        "<title>Order</title><h1>Order tea</h1><form method=post action=/order><label>Name <input name=name></label><label>Cups <input name=cups type=number></label>\
        <label>Kind <select name=kind><option>green<option>black<option>white</select></label>\
        <label>Box <select name=box>{boxes}</select></label><label><input type=checkbox name=sugar> Sugar</label>{terms}<button>Order now</button></form>"
    );
    let app = axum::Router::new().route("/", axum::routing::get(move || async move { axum::response::Html(page) })).route(
        "/order",
        axum::routing::post(move |body: String| {
            let _ = sent.send(body);
            async { axum::response::Html("<title>Thanks</title><p>Thank you") }
        }),
    );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let server = tokio::spawn(async move { axum::serve(listener, app).await });
    let mut found = None;
    for _ in 0..40 {
        found = hand.look().await.live().find(|line| line.role == bar && line.name.contains(called)).cloned();
        if found.is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(150)).await;
    }
    let bar = found.ok_or("no address bar")?;
    hand.fill(&bar, &format!("http://{address}/")).await?;
    hand.key("Enter").await?;
    let name = hand.need("textbox", "Name").await?;
    let wanted = hand.word(1);
    hand.fill(&name, wanted).await?;
    let cups = hand.need("spinbutton", "Cups").await?;
    let number = hand.number(2, 2, 9);
    hand.fill(&cups, &number.to_string()).await?;
    let kind = hand.need("combobox", "Kind").await?;
    let leaf = ["black", "white"][hand.number(3, 0, 1) as usize];
    hand.select(&kind, leaf).await?;
    let shelf = hand.need("combobox", "Box").await?;
    let number_of_box = 7 * hand.number(4, 4, 10) + 3;
    hand.select(&shelf, &format!("box {number_of_box}")).await?;
    let sugar = hand.need("checkbox", "Sugar").await?;
    hand.check(&sugar, true).await?;
    // Below the terms, which nobody reads.
    let text = hand.look().await;
    if text.find("button", "Order now").is_some() || !text.text.contains("out of view") {
        return Err(format!("it is told of what can't be seen\n{}", text.text));
    }
    hand.surely(Scroll { direction: Direction::Bottom, r#ref: None }).await?;
    hand.click("button", "Order now").await?;
    let body = tokio::time::timeout(Duration::from_secs(10), told.recv()).await.ok().flatten().unwrap_or_default();
    server.abort();
    let expected = format!("name={wanted}&cups={number}&kind={leaf}&box=box+{number_of_box}&sugar=on");
    if body == expected { Ok(()) } else { Err(format!("the site was sent {body:?}, not {expected:?}")) }
}

/// Drags open an area on a canvas that tells nothing of itself, fills it, and saves the picture.
pub(super) async fn paint(hand: &mut Hand) -> Result<(), String> {
    let screen = hand.look().await;
    let window = screen.live().find(|line| line.role == "window" && line.name.starts_with("mtPaint")).cloned().ok_or("no window")?;
    // The window with the canvas was there before the one with its settings.
    hand.switch(1).await?;
    let (x, y) = (200.0 + hand.number(1, 0, 60) as f64, 220.0 + hand.number(2, 0, 40) as f64);
    hand.drag(&window, (x, y), (150.0, 60.0)).await?;
    hand.click("button", "Fill Selection").await?;
    hand.key("Control+s").await?;
    // The dialog wants a name; the folder is the program's own.
    let environment = hand.desktop.environment().await;
    let home = environment.iter().find(|(name, _)| name == "HOME").map(|(_, value)| value.clone()).unwrap_or_default();
    let file = Path::new(&home).join("line.png");
    let field = hand.need("textbox", "").await?;
    hand.fill(&field, "line.png").await?;
    hand.key("Enter").await?;
    for _ in 0..30 {
        if let Ok(bytes) = std::fs::read(&file)
            && !bytes.is_empty()
        {
            const READ: &str = "import sys\nfrom PIL import Image\nim = Image.open(sys.argv[1]).convert('RGB')\nground = im.getpixel((0, 0))\nprint(sum(1 for p in im.getdata() if p != ground))";
            let output = Command::new("/usr/bin/python3").args(["-c", READ]).arg(&file).output().expect("python3");
            let points: u64 = String::from_utf8_lossy(&output.stdout).trim().parse().unwrap_or_default();
            return if (8_000..10_000).contains(&points) {
                Ok(())
            } else {
                Err(format!("only {points} points are painted ({})", String::from_utf8_lossy(&output.stderr)))
            };
        }
        tokio::time::sleep(Duration::from_millis(150)).await;
    }
    Err("no picture was saved".to_owned())
}
