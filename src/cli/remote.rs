//! `handiwork model list --remote`: DeepSeek's models, what they cost and what the account has left.

use handiwork::core::ModelError;
use handiwork::core::model::deepseek::{Balance, ModelListing};
use serde_json::json;

use super::print::{self, Out};
use super::{Code, Failure, models};

pub(crate) async fn list(out: Out) -> Result<(), Failure> {
    let account = models::deepseek()?;
    let listed = account.models().await.map_err(failure)?;
    let balance = match account.balance().await {
        Ok(balance) => Some(balance),
        // Another server of the protocol, by DEEPSEEK_BASE_URL.
        Err(ModelError::BadRequest(why)) => {
            print::note(&format!("no balance: {why}"));
            None
        }
        Err(error) => return Err(failure(error)),
    };
    out.result(&json!({ "models": listed, "balance": balance }), || {
        let mut lines: Vec<String> = listed.iter().map(line).collect();
        lines.extend(balance.as_ref().map(left));
        lines.join("\n")
    });
    Ok(())
}

fn line(model: &ModelListing) -> String {
    let price = model.price.map_or_else(
        || "price not known".to_owned(),
        |price| format!("{} in, {} cached, {} out, USD per million tokens off-peak", price.miss, price.hit, price.output),
    );
    format!("{:<22} {price}", model.id)
}

fn left(balance: &Balance) -> String {
    let amounts: Vec<String> = balance.amounts.iter().map(|amount| format!("{} {}", amount.total, amount.currency)).collect();
    let amounts = if amounts.is_empty() { "nothing".to_owned() } else { amounts.join(", ") };
    format!("balance: {amounts}{}", if balance.available { "" } else { "; not enough to be answered, top it up" })
}

fn failure(error: ModelError) -> Failure {
    match error {
        ModelError::Unauthorized(_) => Failure::new(Code::Missing, error).hint("set DEEPSEEK_API_KEY to a key of this account"),
        other => Failure::new(Code::Model, other),
    }
}
