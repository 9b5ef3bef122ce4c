//! Words for what can't be taken back.
//!
//! They decide only upwards: a name that says "delete" makes an action graver, no name makes one harmless.

/// Words for what can't be taken back, in the languages that we know. Several words are a phrase.
const GRAVE: &[&str] = &[
    // English
    "pay",
    "buy",
    "purchase",
    "order now",
    "place order",
    "place your order",
    "place the order",
    "checkout now",
    "send",
    "delete",
    "remove",
    "erase",
    "destroy",
    "transfer",
    "publish",
    "unsubscribe",
    "unpublish",
    "donate",
    "withdraw",
    "wire",
    "terminate",
    "deactivate",
    "cancel subscription",
    "cancel order",
    "close account",
    "sell",
    "bid",
    "book now",
    "revoke",
    "wipe",
    "post",
    // German
    "bezahlen",
    "zahlen",
    "kaufen",
    "jetzt kaufen",
    "bestellen",
    "zahlungspflichtig bestellen",
    "senden",
    "absenden",
    "abschicken",
    "versenden",
    "löschen",
    "entfernen",
    "überweisen",
    "veröffentlichen",
    "abbestellen",
    "kündigen",
    "spenden",
    "verkaufen",
    // French
    "payer",
    "acheter",
    "commander",
    "passer la commande",
    "envoyer",
    "supprimer",
    "effacer",
    "retirer",
    "transférer",
    "virer",
    "publier",
    "se désabonner",
    "se désinscrire",
    "désabonner",
    "résilier",
    "vendre",
    // Spanish
    "pagar",
    "comprar",
    "realizar pedido",
    "hacer pedido",
    "enviar",
    "eliminar",
    "borrar",
    "quitar",
    "transferir",
    "publicar",
    "cancelar suscripción",
    "darse de baja",
    "donar",
    "vender",
];
/// The same in Chinese, which has no spaces between words.
const GRAVE_CHINESE: &[&str] = &[
    "支付",
    "付款",
    "购买",
    "立即购买",
    "下单",
    "提交订单",
    "发送",
    "删除",
    "移除",
    "转账",
    "发布",
    "退订",
    "注销",
    "捐款",
    "卖出",
    "付費",
    "購買",
    "發送",
    "刪除",
    "轉帳",
    "發佈",
];

/// Whether a name says that something can't be taken back.
pub(crate) fn is_grave(name: &str) -> bool {
    let lower = name.to_lowercase();
    if GRAVE_CHINESE.iter().any(|word| lower.contains(word)) {
        return true;
    }
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    GRAVE.iter().any(|phrase| {
        let phrase: Vec<&str> = phrase.split(' ').collect();
        words.windows(phrase.len()).any(|window| window == phrase)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grave_words_are_whole_words() {
        for name in ["Delete", "Pay €12.00", "PLACE ORDER", "Jetzt kaufen", "Löschen", "Se désabonner", "Enviar", "删除邮件"] {
            assert!(is_grave(name), "{name}");
        }
        for name in ["Sender settings", "Display", "Reorder", "Payment method", "Undeletable", "Postcode", "Next", "", "Absender"] {
            assert!(!is_grave(name), "{name}");
        }
    }
}
