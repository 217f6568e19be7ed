//! One schema on the page.

use serde_json::Value;

use super::html::{Html, anchor};
use super::{entries, list, text};

/// Bounds that are shown behind a type, with the words for them.
const BOUNDS: [(&str, &str); 7] = [
    ("minLength", "min. length"),
    ("maxLength", "max. length"),
    ("minimum", "at least"),
    ("maximum", "at most"),
    ("minItems", "min. items"),
    ("maxItems", "max. items"),
    ("default", "default"),
];

/// Writes a schema of the components.
pub(super) fn write(html: &mut Html, name: &str, schema: &Value) {
    html.raw("<section id=\"")
        .text(&anchor("schema", name))
        .raw("\">\n");
    html.element("h3", name).prose(text(&schema["description"]));
    let words = list(&schema["enum"]);
    if words.is_empty() {
        fields(html, schema);
    } else {
        html.raw("<p>One of");
        for word in words {
            html.raw(" <code>").text(text(word)).raw("</code>");
        }
        html.raw("</p>\n");
    }
    html.raw("</section>\n");
}

fn fields(html: &mut Html, schema: &Value) {
    html.raw("<table>\n");
    for (name, field) in entries(&schema["properties"]) {
        html.raw("<tr><td><code>").text(name).raw("</code>");
        if list(&schema["required"])
            .iter()
            .any(|required| required == name)
        {
            html.raw("<br><em>always there</em>");
        }
        html.raw("</td><td>");
        write_type(html, field);
        html.raw("</td><td>")
            .inline(text(&field["description"]))
            .raw("</td></tr>\n");
    }
    html.raw("</table>\n");
}

/// Writes what a value may be, in a few words.
pub(super) fn write_type(html: &mut Html, schema: &Value) {
    if let Some(name) = schema["$ref"].as_str().and_then(|to| to.rsplit('/').next()) {
        html.link(&anchor("schema", name), name);
        return;
    }
    let choices = ["oneOf", "allOf", "anyOf"]
        .into_iter()
        .flat_map(|kind| list(&schema[kind]));
    let mut written = 0;
    for choice in choices {
        html.raw(if written > 0 { " or " } else { "" });
        write_type(html, choice);
        written += 1;
    }
    let types = match &schema["type"] {
        Value::Array(several) => several.as_slice(),
        one => std::slice::from_ref(one),
    };
    for name in types.iter().filter_map(Value::as_str) {
        html.raw(if written > 0 { " or " } else { "" }).text(name);
        if name == "array" {
            html.raw(" of ");
            write_type(html, &schema["items"]);
        }
        written += 1;
    }
    for (key, words) in BOUNDS {
        if let Some(bound) = schema.get(key) {
            html.raw(", ")
                .raw(words)
                .raw(" <code>")
                .text(&bound.to_string())
                .raw("</code>");
        }
    }
}
