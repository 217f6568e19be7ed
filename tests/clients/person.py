"""A person of examples/adapter-python's page, for `signoff conformance adapter --person`: one act each time it is run.

    ADAPTER=http://127.0.0.1:7090 PEOPLE="ann:hers ben:his" python person.py <act.json
"""
import base64
import html.parser
import json
import os
import sys
import urllib.parse
import urllib.request

ADAPTER = os.environ["ADAPTER"]
PEOPLE = dict(entry.split(":", 1) for entry in os.environ["PEOPLE"].split())


class Cards(html.parser.HTMLParser):
    """The articles of the page as a browser shows them: their text, and their forms."""

    def __init__(self, page):
        super().__init__()
        self.cards, self.card, self.form, self.label, self.status, self.said = [], None, None, None, False, ""
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "article":
            self.card = {"text": "", "forms": []}
            self.cards.append(self.card)
        elif tag == "form":
            self.form = {"fields": {}, "label": "", "writes": False}
            self.card["forms"].append(self.form)
        elif tag == "textarea":
            self.form["writes"] = True
        elif tag in ("input", "button"):
            self.form["fields"][attributes["name"]] = attributes["value"]
            self.label = tag == "button"
        elif tag == "p" and attributes.get("role") == "status":
            self.status = True

    def handle_endtag(self, tag):
        if tag == "article":
            self.card = None
        elif tag == "form":
            self.form = None
        elif tag == "button":
            self.label = False
        elif tag == "p":
            self.status = False
        if self.card and tag in ("p", "h2", "pre"):
            self.card["text"] += "\n"

    def handle_data(self, data):
        if self.label:
            self.form["label"] += data
        elif self.card and not self.form:
            self.card["text"] += data
        elif self.status:
            self.said += data


def call(user, fields=None):
    login = base64.b64encode(f"{user}:{PEOPLE[user]}".encode()).decode()
    headers = {"authorization": "Basic " + login, "origin": ADAPTER}
    body = None if fields is None else urllib.parse.urlencode(fields).encode()
    request = urllib.request.Request(ADAPTER + ("/" if fields is None else "/respond"), body, headers)
    with urllib.request.urlopen(request, timeout=50) as answer:
        return Cards(answer.read().decode())


def main():
    act = json.load(sys.stdin)
    # A prompt is a message of its own in the chat, known by a word of its title.
    cards = [card for card in call(act["user_id"]).cards if act["mark"] in card["text"].split("\n")[0]]
    forms = [form for card in cards for form in card["forms"]]
    if act["act"] == "read":
        messages = [
            {
                "text": card["text"],
                "buttons": [form["label"] for form in card["forms"] if not form["writes"]],
                "input": any(form["writes"] for form in card["forms"]),
            }
            for card in cards
        ]
        return print(json.dumps({"messages": messages}))
    writes = act["act"] == "write"
    form = next(form for form in forms if form["writes"] == writes and (writes or form["label"] == act["label"]))
    fields = {**form["fields"], **({"text": act["text"]} if writes else {})}
    return print(json.dumps({"told": call(act["user_id"], fields).said}))


if __name__ == "__main__":
    main()
