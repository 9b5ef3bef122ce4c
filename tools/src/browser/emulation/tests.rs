//! What can't be emulated is refused, with a word on what to give instead.

use super::{Emulation, EmulationBuilder, EmulationError};

fn refused(builder: EmulationBuilder) -> EmulationError {
    builder.build().expect_err("it can't be used")
}

#[test]
fn bad_values_are_refused_with_a_hint() {
    let new = Emulation::builder;
    let cases: [(EmulationBuilder, &str, &str); 24] = [
        (new().timezone("Europe/Berln"), "timezone", "did you mean Europe/Berlin?"),
        (new().timezone("berlin"), "timezone", "did you mean Europe/Berlin?"),
        (new().timezone("new york"), "timezone", "did you mean America/New_York?"),
        (new().timezone("Mars/Olympus_Mons"), "timezone", "UTC"),
        (new().timezone(""), "timezone", "UTC"),
        (new().geolocation(90.1, 0.0, 1.0), "latitude", "-90 to 90"),
        (new().geolocation(0.0, -181.0, 1.0), "longitude", "-180 to 180"),
        (new().geolocation(f64::NAN, 0.0, 1.0), "latitude", "-90 to 90"),
        (new().geolocation(0.0, 0.0, -1.0), "accuracy", "0 to"),
        (new().locale("de_DE"), "locale", "write de-DE"),
        (new().locale("German"), "locale", "de-DE"),
        (new().locale("de-"), "locale", "de-DE"),
        (new().viewport(0, 600), "viewport", "1 to"),
        (new().viewport(600, 99_999), "viewport", "1 to"),
        (new().scale(0.0), "scale", "0.25 to 8"),
        (new().user_agent("a\nb"), "user agent", "as a browser sends it"),
        (new().header("Authorization", "Bearer x"), "header", "use a profile"),
        (new().header("Cookie", "a=b"), "header", "use a profile"),
        (new().header("X Test", "1"), "header", "X-Test"),
        (new().header("X-Test", "1\r\nX-Other: 2"), "header", "one line"),
        (new().proxy("127.0.0.1:3128", &[]), "proxy", "http://HOST:PORT"),
        (new().proxy("ftp://127.0.0.1:21", &[]), "proxy", "http://HOST:PORT"),
        (new().proxy("http://me:hunter2@127.0.0.1:3128", &[]), "proxy", "asks for none"),
        (new().device("Nokia 3310"), "device", "Pixel 8"),
    ];
    for (builder, setting, hint) in cases {
        let error = refused(builder);
        assert_eq!(error.setting, setting, "{error}");
        assert!(error.to_string().contains(hint), "{error}");
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
}

#[test]
fn good_values_are_taken() {
    for zone in ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Asia/Kolkata", "Etc/GMT+5"] {
        assert!(Emulation::builder().timezone(zone).build().is_ok(), "{zone}");
    }
    for locale in ["de", "de-DE", "zh-Hant-TW", "sr-Latn-RS", "es-419"] {
        assert!(Emulation::builder().locale(locale).build().is_ok(), "{locale}");
    }
    let proxy = |server: &str| Emulation::builder().proxy(server, &["*.example.com"]).build().expect("a proxy").proxy.expect("a proxy");
    assert_eq!(proxy("http://127.0.0.1:3128").server, "http://127.0.0.1:3128");
    assert_eq!(proxy("http://[::1]").server, "http://[::1]:80");
    assert_eq!(proxy("socks5://127.0.0.1").server, "socks5://127.0.0.1:1080");
    assert_eq!(proxy("http://127.0.0.1:1").bypass_list(), "<-loopback>;*.example.com");
    let phone = Emulation::builder().device("pixel 8").viewport(300, 400).header("X-Key", "hunter2").build().expect("a device");
    assert_eq!((phone.viewport, phone.scale, phone.mobile, phone.touch), (Some((300, 400)), Some(2.625), true, true));
    assert!(!format!("{phone:?}").contains("hunter2"));
}
