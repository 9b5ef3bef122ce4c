//! The shop: an article goes into the cart, and the cart is ordered.
//!
//! The one decision: the cart is filled by a script of the page and the order is sent by a plain form, as shops do.

use minijinja::{Value, context};

use super::answer::{Answer, Asked, Page};
use super::draw::Draw;
use super::judge::Posted;
use super::site::{Do, Target, Values};

pub(super) const VARIABLES: [&str; 7] = ["product", "size", "quantity", "name", "street", "city", "delivery"];

pub(super) const TARGETS: [Target; 10] = [
    Target::new("/", ".product-link", "pick"),
    Target::new("/product/", "#size", "select"),
    Target::new("/product/", "#quantity", "field"),
    Target::new("/product/", "#add-to-cart", "button"),
    Target::new("/product/", "#checkout-link", "link"),
    Target::new("/checkout", "#name", "field"),
    Target::new("/checkout", "#street", "field"),
    Target::new("/checkout", "#city", "field"),
    Target::new("/checkout", "input[name=\"delivery\"]", "radio"),
    Target::new("/checkout", "#place-order", "button"),
];

const PRODUCTS: [(&str, &str, &str, &str); 12] = [
    ("ridge-jacket", "Ridge Jacket", "Jackets", "189"),
    ("harbour-parka", "Harbour Parka", "Jackets", "240"),
    ("drizzle-cape", "Drizzle Cape", "Jackets", "75"),
    ("moss-fleece", "Moss Fleece", "Layers", "92"),
    ("merino-shirt", "Merino Shirt", "Layers", "64"),
    ("summit-vest", "Summit Vest", "Layers", "110"),
    ("scree-trousers", "Scree Trousers", "Trousers", "128"),
    ("meadow-shorts", "Meadow Shorts", "Trousers", "49"),
    ("ferry-jeans", "Ferry Jeans", "Trousers", "85"),
    ("wool-gloves", "Wool Gloves", "Small things", "29"),
    ("sun-hat", "Sun Hat", "Small things", "24"),
    ("trail-socks", "Trail Socks", "Small things", "14"),
];

const DELIVERIES: [(&str, &str); 3] = [("standard", "Standard post"), ("express", "Express courier"), ("pickup", "Pick up in store")];

pub(super) fn values(draw: &mut Draw) -> Values {
    let product = draw.turn(&PRODUCTS).1.to_owned();
    let street = draw.one(&["Quay Street", "Rue des Tanneurs", "Lindenweg", "Calle Luna", "Mill Lane", "Storgata", "Kungsgatan"]);
    Values::of([
        ("product", product),
        ("size", draw.turn(&["Small", "Medium", "Large", "Extra large"]).to_owned()),
        ("quantity", (2 + draw.below(6)).to_string()),
        ("name", draw.person()),
        ("street", format!("{street} {}", 1 + draw.below(140))),
        ("city", draw.one(&["Bergen", "Galway", "Málaga", "Utrecht", "Graz", "Turku", "Lyon", "Porto"]).to_owned()),
        // What is chosen from the start is never wanted: a run that does not choose is then found out.
        ("delivery", draw.turn(&["Express courier", "Pick up in store"]).to_owned()),
    ])
}

pub(super) fn goal(values: &Values) -> String {
    let [product, size, quantity, name, street, city, delivery] = VARIABLES.map(|name| values.get(name));
    format!(
        "Order {quantity} of \"{product}\" in size {size}, for {name}, {street}, {city}, with delivery by \"{delivery}\". \
         Nothing else may be ordered."
    )
}

pub(super) fn steps(values: &Values) -> Vec<Do> {
    vec![
        Do::Open,
        Do::click("link", values.get("product")),
        Do::select("Size", values.get("size")),
        Do::fill("Quantity", values.get("quantity")),
        Do::click("button", "Add to cart"),
        Do::click("link", "Checkout"),
        Do::fill("Full name", values.get("name")),
        Do::fill("Street and number", values.get("street")),
        Do::fill("City", values.get("city")),
        Do::Choose { name: values.get("delivery").to_owned() },
        Do::click("button", "Place order"),
    ]
}

pub(super) fn checks(values: &Values) -> Vec<String> {
    vec!["url has /ordered/".to_owned(), format!("text has Thank you, {}", values.get("name")), "sent /order".to_owned()]
}

pub(super) fn wanted(values: &Values) -> Vec<Posted> {
    let slug = PRODUCTS.iter().find(|product| product.1 == values.get("product")).map_or("", |product| product.0);
    let delivery = DELIVERIES.iter().find(|(_, text)| *text == values.get("delivery")).map_or("", |(code, _)| *code);
    let [size, quantity, name, street, city] = ["size", "quantity", "name", "street", "city"].map(|name| (name, values.get(name)));
    vec![Posted::new("/cart", &[("product", slug), size, quantity]), Posted::new("/order", &[name, street, city, ("delivery", delivery)])]
}

pub(super) fn page(asked: &Asked<'_>) -> Page {
    let mut page = inner(asked);
    let mut categories: Vec<&str> = PRODUCTS.iter().map(|product| product.2).collect();
    categories.dedup();
    let frame = context! { categories, items => in_cart(asked.log).count(), q => asked.query.get("q") };
    page.about = context! { ..page.about, ..frame };
    page
}

fn inner(asked: &Asked<'_>) -> Page {
    if asked.path == "/" {
        let words = asked.query.get("q").map(|q| q.trim().to_lowercase()).unwrap_or_default();
        let code = |name: &str| name.to_lowercase().replace(' ', "-");
        let category = asked.query.get("category");
        let found = PRODUCTS
            .iter()
            .filter(|product| product.1.to_lowercase().contains(&words) && category.is_none_or(|wanted| *wanted == code(product.2)));
        let shown = category.and_then(|wanted| PRODUCTS.iter().find(|product| *wanted == code(product.2)));
        let heading = shown.map_or("For wet and windy days", |product| product.2);
        return Page::new("shop_home.html", context! { heading, products => found.map(in_page).collect::<Vec<_>>() });
    }
    if let Some(slug) = asked.path.strip_prefix("/product/")
        && let Some(product) = PRODUCTS.iter().find(|product| product.0 == slug)
    {
        let others: Vec<Value> = PRODUCTS.iter().filter(|other| other.2 == product.2 && other.0 != slug).map(in_page).collect();
        return Page::new("shop_product.html", context! { product => in_page(product), others });
    }
    if let Some(number) = asked.path.strip_prefix("/ordered/").and_then(|number| number.parse::<usize>().ok())
        && let Some(posted) = number.checked_sub(1).and_then(|at| asked.log.get(at))
    {
        let text = format!("Thank you, {}. Your order number is {}.", posted.field("name").unwrap_or("stranger"), 7000 + number);
        return Page::note("shop_done.html", "Ordered", &text);
    }
    match asked.path {
        "/checkout" => Page::new("shop_checkout.html", context! { lines => in_cart(asked.log).collect::<Vec<_>>() }),
        "/note/newsletter" => Page::note("shop_done.html", "Letters from the hills", "You are on the list now."),
        "/note/voucher" => Page::note("shop_done.html", "Voucher", "We do not know that voucher."),
        "/note/quote" => Page::note("shop_done.html", "Quote", "We shall send you a quote."),
        _ => Page::note("shop_done.html", "Fern & Fell", "There is nothing here yet."),
    }
}

fn in_page(product: &(&str, &str, &str, &str)) -> Value {
    let (slug, name, _, price) = *product;
    context! { slug, name, price }
}

/// What lies in the cart: all that was added since the last order.
fn in_cart(log: &[Posted]) -> impl Iterator<Item = [String; 3]> {
    let since = log.iter().rposition(|posted| posted.path == "/order").map_or(0, |at| at + 1);
    log.iter().skip(since).filter(|posted| posted.path == "/cart").map(|posted| {
        let field = |name| posted.field(name).unwrap_or_default().to_owned();
        let name = PRODUCTS.iter().find(|product| Some(product.0) == posted.field("product")).map_or("?", |product| product.1);
        [name.to_owned(), field("size"), field("quantity")]
    })
}

pub(super) fn post(posted: &Posted, log: &[Posted]) -> Answer {
    match posted.path.as_str() {
        "/cart" => Answer::Said(in_cart(log).count().to_string()),
        "/wishlist" => Answer::Said("1".to_owned()),
        "/order" => Answer::Go(format!("/ordered/{}", log.len())),
        "/newsletter" => Answer::Go("/note/newsletter".to_owned()),
        "/voucher" => Answer::Go("/note/voucher".to_owned()),
        "/quote" => Answer::Go("/note/quote".to_owned()),
        _ => Answer::Missing,
    }
}
