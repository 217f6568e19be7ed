//! One operation on the page.

use serde_json::Value;

use super::html::{Html, anchor};
use super::{entries, list, schema, text};

/// Writes an operation.
pub(super) fn write(html: &mut Html, path: &str, method: &str, operation: &Value) {
    let id = anchor("operation", text(&operation["operationId"]));
    html.raw("<section id=\"")
        .text(&id)
        .raw("\">\n<h3><span class=\"method\">");
    html.text(&method.to_uppercase())
        .raw("</span> <code>")
        .text(path)
        .raw("</code></h3>\n");
    html.raw("<p><strong>")
        .inline(text(&operation["summary"]))
        .raw("</strong>");
    for scope in scopes(operation) {
        html.raw(" Needs the scope <code>")
            .text(scope)
            .raw("</code>.");
    }
    html.raw("</p>\n").prose(text(&operation["description"]));
    parameters(html, list(&operation["parameters"]));
    body(html, &operation["requestBody"]);
    answers(html, &operation["responses"]);
    html.raw("</section>\n");
}

fn scopes(operation: &Value) -> impl Iterator<Item = &str> {
    let requirements = list(&operation["security"]).iter().flat_map(entries);
    requirements.flat_map(|(_, scopes)| list(scopes)).map(text)
}

fn parameters(html: &mut Html, parameters: &[Value]) {
    if parameters.is_empty() {
        return;
    }
    html.raw("<h4>Parameters</h4>\n<table>\n");
    for one in parameters {
        html.raw("<tr><td><code>")
            .text(text(&one["name"]))
            .raw("</code></td><td>");
        html.text(text(&one["in"])).raw("</td><td>");
        schema::write_type(html, &one["schema"]);
        html.raw("</td><td>")
            .inline(text(&one["description"]))
            .raw("</td></tr>\n");
    }
    html.raw("</table>\n");
}

fn body(html: &mut Html, body: &Value) {
    for (content_type, content) in entries(&body["content"]) {
        html.raw("<h4>Body</h4>\n<p><code>")
            .text(content_type)
            .raw("</code> ");
        schema::write_type(html, &content["schema"]);
        html.raw(" ")
            .inline(text(&body["description"]))
            .raw("</p>\n");
        examples(html, content);
    }
}

fn answers(html: &mut Html, answers: &Value) {
    html.raw("<h4>Answers</h4>\n<table>\n");
    for (status, answer) in entries(answers) {
        html.raw("<tr><td><code>")
            .text(status)
            .raw("</code></td><td>");
        html.inline(text(&answer["description"]));
        for (content_type, content) in entries(&answer["content"]) {
            html.raw("<br><code>").text(content_type).raw("</code> ");
            schema::write_type(html, &content["schema"]);
        }
        html.raw("</td></tr>\n");
    }
    html.raw("</table>\n");
}

fn examples(html: &mut Html, content: &Value) {
    for (_, example) in entries(&content["examples"]) {
        let shown = serde_json::to_string_pretty(&example["value"]).unwrap_or_default();
        html.raw("<details><summary>")
            .text(text(&example["summary"]))
            .raw("</summary>\n<pre>");
        html.text(&shown).raw("</pre></details>\n");
    }
}
