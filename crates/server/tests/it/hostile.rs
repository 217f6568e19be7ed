//! What nobody should send: never a 5xx, never a silence, always a problem document.

use reqwest::Method;
use serde_json::{Value, json};

use crate::world::{World, key_of};

/// An answer taken apart.
fn read(answer: &str) -> (u16, Value) {
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|text| text.parse().ok())
        .expect("a status");
    assert!(
        head.contains("\r\ncontent-type: application/problem+json"),
        "{head}"
    );
    assert!(head.contains("\r\nx-request-id: "), "{head}");
    (
        status,
        serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {answer}")),
    )
}

#[tokio::test]
async fn no_hostile_request_gets_past_the_door_or_breaks_it() {
    let world = World::start().await;
    let auth = format!("authorization: Bearer {}\r\n", key_of("plane"));
    let get = |target: &str| {
        format!("GET {target} HTTP/1.1\r\nhost: x\r\n{auth}connection: close\r\n\r\n")
    };
    let post_with = |target: &str, headers: &str, body: &str| {
        let length = body.len();
        format!(
            "POST {target} HTTP/1.1\r\nhost: x\r\n{auth}{headers}connection: close\r\n\
             content-length: {length}\r\n\r\n{body}"
        )
    };
    let post = |body: &str| post_with("/v1/requests", "", body);
    let nested = "[".repeat(100_000) + &"]".repeat(100_000);
    let long = "x".repeat(2_000);
    let many_headers = "x: y\r\n".repeat(1_000);
    let long_header = format!("x: {}\r\n", "y".repeat(100_000));
    let many_parameters = (0..500)
        .map(|at| format!("p{at}=1"))
        .collect::<Vec<_>>()
        .join("&");

    #[rustfmt::skip]
    let table: Vec<(&str, Vec<u8>, u16, &str)> = vec![
        // Not HTTP.
        ("bytes", b"\x00\xff\xfe\r\n\r\n".into(), 400, "validation_failed"),
        ("tls", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n".into(), 400, "validation_failed"),
        ("words", b"hello there\r\n\r\n".into(), 400, "validation_failed"),
        ("no target", b"GET\r\n\r\n".into(), 400, "validation_failed"),
        ("http 9", b"GET / HTTP/9.9\r\nhost: x\r\n\r\n".into(), 400, "validation_failed"),
        ("a broken header", b"GET / HTTP/1.1\r\nhost x\r\n\r\n".into(), 400, "validation_failed"),
        ("a header with a null", b"GET / HTTP/1.1\r\nx: \0\r\n\r\n".into(), 400, "validation_failed"),
        ("a long head", format!("GET / HTTP/1.1\r\n{long_header}\r\n").into(), 400, "validation_failed"),
        ("many headers", format!("GET / HTTP/1.1\r\n{many_headers}\r\n").into(), 400, "validation_failed"),
        ("a long target", get(&format!("/{}", "x".repeat(70_000))).into(), 400, "validation_failed"),
        ("two lengths", b"POST /v1/requests HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nxx".into(), 400, "validation_failed"),
        ("a negative length", b"POST /v1/requests HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n".into(), 400, "validation_failed"),
        ("a length that overflows", b"POST /v1/requests HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999999999999999\r\n\r\n".into(), 400, "validation_failed"),
        // Paths and queries.
        ("an unknown path", get("/v2/requests").into(), 404, "not_found"),
        ("the root", get("/").into(), 404, "not_found"),
        ("a slash too many", get("/v1/requests/").into(), 404, "not_found"),
        ("dots", get("/v1/requests/..").into(), 404, "not_found"),
        ("encoded dots", get("/v1/requests/%2e%2e").into(), 404, "not_found"),
        ("an encoded slash", get("/v1/requests/a%2Fb").into(), 404, "not_found"),
        ("no UTF-8 in the path", get("/v1/requests/%ff%fe").into(), 404, "not_found"),
        ("a null in the path", get("/v1/requests/a%00b").into(), 404, "not_found"),
        ("a half escape", get("/v1/requests/a%2").into(), 404, "not_found"),
        ("a long name", get(&format!("/v1/requests/{long}")).into(), 404, "not_found"),
        ("SQL", get("/v1/requests/'%20OR%201=1--").into(), 404, "not_found"),
        ("an unknown parameter", get("/v1/requests?limt=5").into(), 400, "validation_failed"),
        ("a parameter twice", get("/v1/requests?limit=5&limit=6").into(), 400, "validation_failed"),
        ("a limit of nothing", get("/v1/requests?limit=0").into(), 400, "validation_failed"),
        ("a limit too high", get("/v1/requests?limit=201").into(), 400, "validation_failed"),
        ("a signed limit", get("/v1/requests?limit=%2B5").into(), 400, "validation_failed"),
        ("a limit that overflows", get("/v1/requests?limit=99999999999999999999").into(), 400, "validation_failed"),
        ("an unknown status", get("/v1/requests?status=done").into(), 400, "validation_failed"),
        ("a cursor of one's own", get("/v1/requests?cursor=%00").into(), 400, "validation_failed"),
        ("no UTF-8 in a parameter", get("/v1/requests?%ff=%fe").into(), 400, "validation_failed"),
        ("many parameters", get(&format!("/v1/requests?{many_parameters}")).into(), 400, "validation_failed"),
        ("a wait too long", get("/v1/requests/a?wait_seconds=61").into(), 400, "validation_failed"),
        ("a wait that is no number", get("/v1/requests/a?wait_seconds=soon").into(), 400, "validation_failed"),
        ("a parameter where none is", get("/v1/requests/a/events?x").into(), 400, "validation_failed"),
        // Bodies.
        ("no body", post("").into(), 400, "invalid_json"),
        ("half a body", post("{\"kind\":").into(), 400, "invalid_json"),
        ("deep", post(&nested).into(), 400, "validation_failed"),
        ("null", post("null").into(), 400, "validation_failed"),
        ("a list", post("[]").into(), 400, "validation_failed"),
        ("trailing data", post("{} {}").into(), 400, "invalid_json"),
        ("a byte order mark", post("\u{feff}{}").into(), 400, "invalid_json"),
        ("half a surrogate", post("{\"title\":\"\\ud800\"}").into(), 400, "invalid_json"),
        ("a key twice", post("{\"kind\":\"approval\",\"kind\":\"question\"}").into(), 400, "validation_failed"),
        ("a number beyond numbers", post("{\"ttl_seconds\":1e999}").into(), 400, "invalid_json"),
        ("a form", post_with("/v1/requests", "content-type: application/x-www-form-urlencoded\r\n", "{}").into(), 400, "invalid_json"),
        ("another charset", post_with("/v1/requests", "content-type: application/json; charset=utf-16\r\n", "{}").into(), 400, "invalid_json"),
        ("compressed", post_with("/v1/requests", "content-encoding: gzip\r\n", "{}").into(), 400, "invalid_json"),
        ("a broken chunk", format!("POST /v1/requests HTTP/1.1\r\nhost: x\r\n{auth}transfer-encoding: chunked\r\n\r\nzz\r\nxx").into(), 400, "invalid_json"),
        ("a decision that is none", post_with("/v1/requests/a/claim", "", "{\"intent_digest\":\"md5:x\"}").into(), 400, "validation_failed"),
        // Methods.
        ("a method of one's own", format!("HACK /v1/requests HTTP/1.1\r\nhost: x\r\n{auth}connection: close\r\n\r\n").into(), 405, "method_not_allowed"),
        ("connect", b"CONNECT evil.example:443 HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\n\r\n".into(), 404, "not_found"),
        ("a proxy's request", get("http://evil.example/v1/nothing").into(), 404, "not_found"),
        ("a star", b"OPTIONS * HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".into(), 404, "not_found"),
    ];
    assert!(table.len() >= 40);
    let mut wrong = Vec::new();
    for (what, bytes, status, code) in table {
        let answer = world.raw(&bytes).await;
        let (answered, problem) = read(&answer);
        if (answered, problem["code"].as_str()) != (status, Some(code)) {
            wrong.push(format!("{what}: {answer}"));
        }
        assert_eq!(problem["status"], answered, "{what}");
        assert!(answer.len() < 40_000, "{what}: {} bytes", answer.len());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[tokio::test]
async fn everything_wrong_with_a_query_is_said_at_once() {
    let world = World::start().await;
    let answer = world
        .as_("plane")
        .get("/v1/requests?limit=x&status=&kind=poll&cursor=&page=2")
        .await;
    let mut errors = answer.field_errors();
    errors.sort_unstable();
    assert_eq!(
        errors,
        [
            ("?cursor", "too_short"),
            ("?kind", "unknown_value"),
            ("?limit", "wrong_type"),
            ("?page", "unknown_field"),
            ("?status", "unknown_value"),
        ]
    );
}

/// Whatever a caller gets wrong, the answer says where and which rule. A field, a parameter or a call
/// may be named by a token; those who get the answer log it.
#[tokio::test]
async fn no_problem_repeats_a_token_whatever_it_names() {
    let world = World::start().await;
    let plane = world.as_("plane");
    // With a slash, which a JSON pointer writes otherwise.
    let tokens = [
        "ghp_0123456789abcdefghijklmnopqrstuvwxyz",
        "whsec_aHVu/dGVyMi1o/dW50ZXIyLWh1bnRlcjI=",
    ];
    let mut seen = 0;
    for token in tokens {
        let bodies = [
            json!({ token: 1 }),
            json!({ token: 1, "kind": token }),
            json!({ "action": { "tool": "t", "arguments": { token: u64::MAX } } }),
            json!({ "requester": { token: { token: [token] } } }),
            json!({ "correlation_id": token, "route": token, "language": token, "title": [token] }),
            json!({ "correlation_id": "a", "kind": "approval", "title": "t", "route": token,
                "action": { "tool": "t", "arguments": {} },
                "callback": { "url": format!("http://{}.example/{token}", &token[..10]) } }),
            json!({ "callback": { "url": format!("http://u:{token}@127.0.0.1/") } }),
        ];
        let mut bodies: Vec<String> = bodies.iter().map(ToString::to_string).collect();
        bodies.push(format!("{{\"{token}\":{{\"{token}\":\"\\ud800\"}}}}"));
        bodies.push(format!("{{\"{token}\": {token}}}"));
        bodies.push(format!("{{\"{token}\":1,\"{token}\":2}}"));
        for body in bodies {
            let request = plane
                .request(Method::POST, "/v1/requests")
                .header("x-request-id", token.replace(['/', '='], "-"))
                .body(body.clone());
            let answer = plane.send(request, "/v1/requests").await;
            let said = format!("{:?} {}", answer.headers, answer.body);
            assert_eq!(answer.status, 400, "{body}: {said}");
            let part = &token[10..20];
            assert!(!said.contains(part), "{body}: {said}");
            seen += usize::from(said.contains("characters hidden"));
        }
        let path = format!(
            "/v1/requests?{}=1",
            token.replace('/', "%2F").replace('=', "%3D")
        );
        let answer = plane.get(&path).await;
        let said = answer.body.to_string();
        assert_eq!(answer.status, 400, "{said}");
        assert!(!said.contains(&token[10..20]), "{said}");
        assert!(said.contains("characters hidden"), "{said}");
    }
    assert!(seen >= 12, "only {seen} answers named anything");
}
