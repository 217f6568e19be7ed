//! Strict reading.

use serde_json::json;
use signoff_contract::json::{MAX_DEPTH, ReadError, read};

#[test]
fn the_bounds_of_whole_numbers_are_within() {
    assert_eq!(
        read(b"[9007199254740991,-9007199254740991]").unwrap(),
        json!([9_007_199_254_740_991_i64, -9_007_199_254_740_991_i64])
    );
    for beyond in [
        "9007199254740992",
        "-9007199254740992",
        "9007199254740992.0",
        "1e16",
        "1E300",
    ] {
        assert!(
            matches!(read(beyond.as_bytes()), Err(ReadError::Refused(_))),
            "{beyond}"
        );
    }
}

#[test]
fn a_whole_number_is_an_integer_however_it_was_written() {
    assert_eq!(
        read(b"[1.0, 1e3, -0, -0.0, 25e-1]").unwrap(),
        json!([1, 1000, 0, 0, 2.5])
    );
}

#[test]
fn the_deepest_nesting_is_within_and_one_more_is_not() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    read(nested(MAX_DEPTH).as_bytes()).unwrap();
    assert!(matches!(
        read(nested(MAX_DEPTH + 1).as_bytes()),
        Err(ReadError::Refused(_))
    ));
}

#[test]
fn nesting_without_end_neither_overflows_the_stack_nor_takes_long() {
    for open in ["[", "{\"a\":"] {
        assert!(matches!(
            read(open.repeat(100_000).as_bytes()),
            Err(ReadError::Syntax { .. })
        ));
    }
}

#[test]
fn syntax_errors_name_line_column_and_pointer() {
    let error = read(b"{\n  \"a\": [1, {\"b/c\": \"\\ud800\"}]\n}").unwrap_err();
    let ReadError::Syntax { line, pointer, .. } = &error else {
        panic!("{error:?}")
    };
    assert_eq!((*line, pointer.as_str()), (2, "/a/1/b~1c"));
    assert!(error.to_string().contains("line 2 column"), "{error}");
    let error = read(b"{}\n\n \"\xc3\x28\"").unwrap_err();
    assert!(
        matches!(
            error,
            ReadError::Syntax {
                line: 3,
                column: 3,
                ..
            }
        ),
        "{error:?}"
    );
}

#[test]
fn a_repeated_key_is_found_wherever_it_is() {
    let Err(ReadError::Refused(errors)) = read(br#"[{"a":1,"a":{"b":1,"b":2}},{"":0,"":0}]"#)
    else {
        panic!("was read")
    };
    let places: Vec<&str> = errors.iter().map(|error| error.field.as_str()).collect();
    assert_eq!(places, ["/0/a", "/0/a/b", "/1/"]);
}

#[test]
fn keys_that_serde_json_would_read_as_something_else_are_refused() {
    for name in ["RawValue", "Number"] {
        let body = format!(r#"{{"a":[{{"$serde_json::private::{name}":"1"}}]}}"#);
        let Err(ReadError::Refused(errors)) = read(body.as_bytes()) else {
            panic!("{name} was read")
        };
        assert_eq!(
            errors[0].field,
            format!("/a/0/$serde_json::private::{name}")
        );
    }
    read(br#"{"$schema":"x","$serde_json":1}"#).unwrap();
}
