//! Texts on their way into a message. That the parser itself agrees with `TDLib` is tested beside it, on a corpus.

use serde_json::json;

use super::start;

/// What becomes of an HTML text: the text, then `kind offset+length`.
#[tokio::test]
async fn texts_are_cleaned_trimmed_and_their_entities_normalised() {
    let (sim, bot) = start().await;
    let ann = sim.person("Ann");
    ann.starts();
    let user = ann.id();
    let mention =
        format!("<a href=\"tg://user?id={user}\">Ann</a> <a href=\"tg://user?id=999\">Eve</a>");
    let table: Vec<(&str, &str, Vec<&str>)> = vec![
        ("&lt;b&gt; &amp;amp;", "<b> &amp;", vec![]),
        ("\n  a <i>b</i> \n", "a b", vec!["italic 2+1"]),
        ("<b>  a  </b>", "  a", vec!["bold 0+3"]),
        ("a\tb\r\nc\u{1}d", "a b\nc d", vec![]),
        (
            "pay\u{202e}lap <b>x\u{202c}y</b>",
            "paylap xy",
            vec!["bold 7+2"],
        ),
        ("<b>a</b><b>b</b>", "ab", vec!["bold 0+2"]),
        (
            "<b>a<code>b</code>c</b>",
            "abc",
            vec!["bold 0+1", "code 1+1", "bold 2+1"],
        ),
        (
            "<b>a<a href=\"http://x.y\">b</a>c</b>",
            "abc",
            vec!["bold 0+1", "text_link 1+1", "bold 1+1", "bold 2+1"],
        ),
        (
            "<pre><code class=\"language-json\">{}</code></pre>",
            "{}",
            vec!["pre 0+2"],
        ),
        (
            "<blockquote>a<blockquote>b</blockquote></blockquote>",
            "ab",
            vec!["blockquote 0+2"],
        ),
        ("😀 <u>é😀</u>", "😀 é😀", vec!["underline 3+3"]),
        (&mention, "Ann Eve", vec!["text_mention 0+3"]),
        (
            "/deny@some_bot #42 #tag @ann_x a@b.co https://x.y/z.",
            "/deny@some_bot #42 #tag @ann_x a@b.co https://x.y/z.",
            vec![
                "bot_command 0+14",
                "hashtag 19+4",
                "mention 24+6",
                "email 31+6",
                "url 38+13",
            ],
        ),
        (
            "<code>/deny</code> <pre>@ann_x</pre>",
            "/deny @ann_x",
            vec!["code 0+5", "pre 6+6"],
        ),
    ];
    for (html, text, entities) in table {
        let params = json!({ "chat_id": user, "text": html, "parse_mode": "HTML" });
        let message = bot.ok("sendMessage", params).await;
        assert_eq!(message["text"], text, "{html}");
        let rows: Vec<String> = message["entities"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|e| {
                format!(
                    "{} {}+{}",
                    e["type"].as_str().unwrap_or_default(),
                    e["offset"],
                    e["length"]
                )
            })
            .collect();
        assert_eq!(rows, entities, "{html}");
    }
    sim.read_all(&ann);
}

#[tokio::test]
async fn bad_html_is_refused_with_the_parsers_sentence() {
    let (sim, bot) = start().await;
    let ann = sim.person("Ann");
    ann.starts();
    let table = [
        ("a < b", "Unsupported start tag \"\" at byte offset 2"),
        (
            "é<b>x",
            "Can't find end tag corresponding to start tag \"b\"",
        ),
        ("<br>", "Unsupported start tag \"br\" at byte offset 0"),
        ("x</b>", "Unexpected end tag at byte offset 1"),
        (
            "<b>x</i>",
            "Unmatched end tag at byte offset 4, expected \"</b>\", found \"</i>\"",
        ),
    ];
    for (html, reason) in table {
        let params = json!({ "chat_id": ann.id(), "text": html, "parse_mode": "HTML" });
        let refusal = bot.refused("sendMessage", params).await;
        assert_eq!(
            refusal,
            format!("Bad Request: can't parse entities: {reason}")
        );
    }
    let plain = bot
        .ok(
            "sendMessage",
            json!({ "chat_id": ann.id(), "text": "a < b & <b>" }),
        )
        .await;
    assert_eq!(
        plain["text"], "a < b & <b>",
        "without a parse mode nothing is markup"
    );
    let listed = json!({ "chat_id": ann.id(), "text": "ab", "entities": [{ "type": "bold", "offset": 1, "length": 1 }] });
    assert_eq!(
        bot.ok("sendMessage", listed).await["entities"][0]["type"],
        "bold"
    );
    sim.read_all(&ann);
}
