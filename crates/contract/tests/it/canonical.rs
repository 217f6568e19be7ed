//! Canonical writing, example by example (RFC 8785) and against another implementation.

use proptest::prelude::*;
use serde_json::{Value, json};
use signoff_contract::json::{Member, canonical, canonical_members, read};

use crate::properties::any_json;

fn form(value: &Value) -> String {
    String::from_utf8(canonical(value)).unwrap()
}

#[test]
fn numbers_are_written_as_ecmascript_writes_them() {
    // The cases of RFC 8785, appendix B, by their bits: what the double is, how it is written.
    let cases: [(u64, &str); 24] = [
        (0x0000_0000_0000_0000, "0"),
        (0x8000_0000_0000_0000, "0"),
        (0x0000_0000_0000_0001, "5e-324"),
        (0x8000_0000_0000_0001, "-5e-324"),
        (0x7fef_ffff_ffff_ffff, "1.7976931348623157e+308"),
        (0xffef_ffff_ffff_ffff, "-1.7976931348623157e+308"),
        (0x4340_0000_0000_0000, "9007199254740992"),
        (0xc340_0000_0000_0000, "-9007199254740992"),
        (0x4430_0000_0000_0000, "295147905179352830000"),
        (0x44b5_2d02_c7e1_4af5, "9.999999999999997e+22"),
        (0x44b5_2d02_c7e1_4af6, "1e+23"),
        (0x44b5_2d02_c7e1_4af7, "1.0000000000000001e+23"),
        (0x444b_1ae4_d6e2_ef4e, "999999999999999700000"),
        (0x444b_1ae4_d6e2_ef4f, "999999999999999900000"),
        (0x444b_1ae4_d6e2_ef50, "1e+21"),
        (0x3eb0_c6f7_a0b5_ed8c, "9.999999999999997e-7"),
        (0x3eb0_c6f7_a0b5_ed8d, "0.000001"),
        (0x41b3_de43_5555_5553, "333333333.3333332"),
        (0x41b3_de43_5555_5554, "333333333.33333325"),
        (0x41b3_de43_5555_5555, "333333333.3333333"),
        (0x41b3_de43_5555_5556, "333333333.3333334"),
        (0x41b3_de43_5555_5557, "333333333.33333343"),
        (0xbecb_f647_612f_3696, "-0.0000033333333333333333"),
        (0x4314_3ff3_c1cb_0959, "1424953923781206.2"),
    ];
    for (bits, text) in cases {
        let value = f64::from_bits(bits);
        assert_eq!(form(&json!(value)), text, "{bits:016x}");
    }
}

#[test]
fn members_are_ordered_by_utf16_code_units() {
    // U+1F600 is D83D DE00 in UTF-16, so it comes before U+FB33; in UTF-8 it comes after.
    let value = json!({ "\u{fb33}": 1, "\u{1f600}": 2, "\u{20ac}": 3, "\r": 4, "1": 5, "\u{80}": 6, "\u{f6}": 7, "": 8 });
    assert_eq!(
        form(&value),
        "{\"\":8,\"\\r\":4,\"1\":5,\"\u{80}\":6,\"\u{f6}\":7,\"\u{20ac}\":3,\"\u{1f600}\":2,\"\u{fb33}\":1}"
    );
}

#[test]
fn strings_have_only_the_escapes_they_need() {
    let value = json!("\u{0}\u{8}\t\n\u{b}\u{c}\r\u{1f} \"\\/\u{7f}é\u{2028}😀");
    assert_eq!(
        form(&value),
        "\"\\u0000\\b\\t\\n\\u000b\\f\\r\\u001f \\\"\\\\/\u{7f}é\u{2028}😀\""
    );
}

#[test]
fn an_object_in_parts_has_the_form_of_the_whole() {
    let payload = json!({ "z": [1, 2.5], "a": null });
    let whole = json!({ "payload": payload, "at": "now", "number": 7, "who": null });
    let parts = canonical_members(&mut [
        ("payload", Member::Value(&payload)),
        ("number", Member::Whole(7)),
        ("who", Member::text(None)),
        ("at", Member::Text("now")),
    ]);
    assert_eq!(parts, canonical(&whole));
}

#[test]
fn fractions_are_read_to_the_nearest_double() {
    // A reader that is off by one bit here would give another digest than everyone else. The
    // other canonicaliser switches the feature on for every test, so the manifest is looked at too.
    assert!(include_str!("../../Cargo.toml").contains("\"float_roundtrip\""));
    for text in [
        "8.5",
        "0.1",
        "122.416294033786585",
        "2.2250738585072011e-308",
        "0.30000000000000004",
    ] {
        let expected: f64 = text.parse().unwrap();
        let read = read(text.as_bytes()).unwrap().as_f64().unwrap();
        assert_eq!(read.to_bits(), expected.to_bits(), "{text}");
    }
}

proptest! {
    #[test]
    fn two_implementations_of_rfc_8785_agree(value in any_json()) {
        prop_assert_eq!(canonical(&value), serde_json_canonicalizer::to_vec(&value).unwrap());
    }

    #[test]
    fn two_implementations_agree_on_every_double(bits: u64) {
        let value = f64::from_bits(bits);
        prop_assume!(value.is_finite());
        let value = json!(value);
        prop_assert_eq!(canonical(&value), serde_json_canonicalizer::to_vec(&value).unwrap());
    }

    #[test]
    fn two_implementations_agree_on_every_integer(number: i64, other: u64) {
        for value in [json!(number), json!(other)] {
            prop_assert_eq!(canonical(&value), serde_json_canonicalizer::to_vec(&value).unwrap());
        }
    }

    #[test]
    fn every_fraction_is_read_to_the_nearest_double(text in "-?[0-9]{1,9}\\.[0-9]{1,20}(e-?[0-9]{1,2})?") {
        prop_assume!(!text.trim_start_matches('-').starts_with('0') || text.trim_start_matches('-').starts_with("0."));
        let expected: f64 = text.parse().unwrap();
        prop_assume!(expected.abs() < 9e15);
        let read = read(text.as_bytes()).unwrap().as_f64().unwrap();
        prop_assert!(read.to_bits() == expected.to_bits() || (read == 0.0 && expected == 0.0));
    }
}
