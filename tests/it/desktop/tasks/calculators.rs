//! Calculators: what they say is taken from the clipboard, by another program.

use super::super::hand::Hand;

async fn buttons(hand: &mut Hand, keys: &str) -> Result<(), String> {
    for key in keys.chars() {
        let line = hand.need("button", &key.to_string()).await?;
        // What an operator does is not to be seen before the next number.
        let receipt = hand.act(handiwork_core::action::Click { r#ref: line.r#ref.expect("a ref") }).await;
        let silent = matches!(receipt, handiwork_core::Receipt::NoEffect) && "+-*".contains(key);
        if !receipt.is_verified() && !silent {
            return Err(format!("{key}: {receipt}"));
        }
    }
    Ok(())
}

async fn says(hand: &Hand, wanted: u64) -> Result<(), String> {
    let copied = hand.copied().await;
    if copied.replace(',', "") == wanted.to_string() { Ok(()) } else { Err(format!("it says {copied:?}, not {wanted}")) }
}

pub(super) async fn product(hand: &mut Hand) -> Result<(), String> {
    let (a, b) = (hand.number(1, 12, 98), hand.number(2, 12, 98));
    buttons(hand, &format!("{a}*{b}=")).await?;
    says(hand, a * b).await
}

/// Reads its own result, and goes on with it.
pub(super) async fn chain(hand: &mut Hand) -> Result<(), String> {
    let (a, b) = (hand.number(1, 100, 998), hand.number(2, 100, 998));
    buttons(hand, &format!("{a}+{b}=")).await?;
    let shown = hand.look().await;
    let sum = shown.all("textbox").first().and_then(|line| line.value.clone()).ok_or("no display")?;
    hand.click("button", "AC").await?;
    buttons(hand, &format!("{sum}-{a}=")).await?;
    says(hand, b).await
}

/// Changes the mode by the menu; the program keeps it in its settings when it ends.
pub(super) async fn scientific(hand: &mut Hand) -> Result<(), String> {
    hand.click("menuitem", "View").await?;
    let line = hand.need("menuitemradio", "Scientific Mode").await?;
    hand.check(&line, true).await.or_else(|problem| if problem.contains("gone") { Ok(()) } else { Err(problem) })?;
    hand.need("button", "sin").await?;
    let a = hand.number(1, 2, 9);
    buttons(hand, &a.to_string()).await?;
    hand.click("button", "x^2").await.or(Ok::<(), String>(()))?;
    hand.click("button", "=").await.or(Ok::<(), String>(()))?;
    hand.click("menuitem", "File").await?;
    hand.click("menuitem", "Quit").await?;
    // It is gone when it has written them.
    for _ in 0..30 {
        let environment = hand.desktop.environment().await;
        let home = environment.into_iter().find(|(name, _)| name == "HOME").map(|(_, value)| value).unwrap_or_default();
        let text = std::fs::read_to_string(std::path::Path::new(&home).join(".galculator")).unwrap_or_default()
            + &std::fs::read_to_string(std::path::Path::new(&home).join(".config/galculator/galculator.conf")).unwrap_or_default();
        if text.contains("mode=1") {
            return Ok(());
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    Err("its settings do not say that the mode is another one".to_owned())
}

pub(super) async fn typed(hand: &mut Hand) -> Result<(), String> {
    let (a, b) = (hand.number(1, 100, 998), hand.number(2, 12, 98));
    let field = hand.need("textbox", "").await?;
    hand.type_into(&field, &format!("{a}*{b}")).await?;
    hand.key("Enter").await?;
    hand.key("Control+a").await.or(Ok::<(), String>(()))?;
    says(hand, a * b).await
}

pub(super) async fn pressed(hand: &mut Hand) -> Result<(), String> {
    let (a, b) = (hand.number(1, 100, 998), hand.number(2, 12, 98));
    buttons(hand, &format!("{a}+{b}=")).await?;
    hand.key("Control+a").await.or(Ok::<(), String>(()))?;
    says(hand, a + b).await
}
