// Has TDLib, whose parser is the one of Telegram's own server, read messages that Signoff rendered, and compares what
// it reads with what was meant and with what the simulator read. Offline: `td_execute` needs no account and no network.
//
//     node oracle.js FILE     FILE has one JSON object a line, as tests/it/rendering/oracle.rs writes them
"use strict";

const fs = require("node:fs");
const koffi = require("koffi");

const LONGEST = { text: 4096, caption: 1024 };
const SHOWN = 5;

// The part of npm's `prebuilt-tdlib` for this platform, asked for by name: that package would bring the libraries of
// all the others into the lock file.
const library = koffi.load(require.resolve("@prebuilt-tdlib/linux-x64-glibc/libtdjson.so"));
const execute = library.func("const char *td_execute(const char *request)");
const ask = (request) => JSON.parse(execute(JSON.stringify(request)));

// A failure is shown as text that a terminal cannot be fooled by.
const quoted = (value) =>
  JSON.stringify(value).replace(/[^ -~]/g, (unit) => "\\u" + unit.charCodeAt(0).toString(16).padStart(4, "0"));

const KINDS = {
  textEntityTypeBold: () => ["bold", ""],
  textEntityTypeCode: () => ["code", ""],
  textEntityTypeBlockQuote: () => ["blockquote", ""],
  textEntityTypePreCode: (type) => ["pre", type.language],
  textEntityTypeTextUrl: (type) => ["text_link", type.url],
  textEntityTypeMentionName: (type) => ["text_mention", String(type.user_id)],
};

// An entity as [kind, offset, length, argument].
function row(entity) {
  const known = KINDS[entity.type["@type"]];
  const [kind, argument] = known ? known(entity.type) : [entity.type["@type"], ""];
  return [kind, entity.offset, entity.length, argument];
}

// What a person reads of a text: Telegram's own cleaning, and white space at its end gone.
function cleaned(text) {
  // Without entities and with markdown untouched this is the step that every sent text goes through.
  const shown = ask({ "@type": "getMarkdownText", text: { "@type": "formattedText", text, entities: [] } });
  return shown.text === undefined ? shown : shown.text.replace(/[ \n]+$/, "");
}

// Entities in order and whole: none reaches beyond the text, and two of a kind that touch are one, because the server
// splits bold text where it finds a link in it. What stands on white space alone is nothing.
function whole(entities, text) {
  const sorted = [...entities].sort((a, b) => a[1] - b[1] || b[2] - a[2]);
  const joined = [];
  for (const [kind, offset, length, argument] of sorted) {
    const end = Math.min(offset + length, text.length);
    const last = joined.at(-1);
    if (last && last[0] === kind && last[3] === argument && last[1] + last[2] === offset) {
      last[2] = end - last[1];
    } else {
      joined.push([kind, offset, end - offset, argument]);
    }
  }
  return joined.filter(([, offset, length]) => text.slice(offset, offset + length).trim() !== "");
}

// Everything that is wrong with one message.
function faults(message) {
  const found = [];
  const expect = (what, expected, got) => {
    if (JSON.stringify(expected) !== JSON.stringify(got)) {
      found.push(`${what}\n  expected ${quoted(expected)}\n       got ${quoted(got)}`);
    }
  };
  let text = message.text;
  let entities = [];
  if (message.html !== null) {
    const parsed = ask({
      "@type": "parseTextEntities",
      text: message.html,
      parse_mode: { "@type": "textParseModeHTML" },
    });
    if (parsed["@type"] !== "formattedText") {
      return [`TDLib refuses it: ${parsed.message}`];
    }
    text = parsed.text;
    entities = parsed.entities.map(row);
  }
  const read = cleaned(text);
  expect("what a person reads", message.text, read);
  expect("the entities", whole(message.entities, read), whole(entities, read));
  expect("what the simulator reads", read, message.simulated.text);
  expect("what the simulator finds", whole(entities, read), whole(message.simulated.entities, read));
  // The length of a string is its number of UTF-16 code units here.
  const longest = message.html === null ? LONGEST.caption : LONGEST.text;
  if (read.length > longest) found.push(`it has ${read.length} UTF-16 code units, and ${longest} fit`);
  if (entities.length > 100) found.push(`it has ${entities.length} entities`);
  return found;
}

function main(file) {
  ask({ "@type": "setLogVerbosityLevel", new_verbosity_level: 0 });
  const version = ask({ "@type": "getOption", name: "version" }).value;
  // What must be refused is: an oracle that takes everything proves nothing.
  for (const broken of ["<b>", "a < b", "<foo>x</foo>", "<b>x</i>", "</b>"]) {
    const message = { html: broken, text: broken, entities: [], simulated: { text: broken, entities: [] } };
    if (faults(message).length === 0) throw new Error(`TDLib took ${broken}`);
  }
  const lines = fs.readFileSync(file, "utf8").split("\n").filter((line) => line !== "");
  let [wrong, entities, longest] = [0, 0, 0];
  let seed;
  for (const line of lines) {
    const message = JSON.parse(line);
    seed = message.seed;
    entities += message.entities.length;
    longest = Math.max(longest, message.text.length);
    const found = faults(message);
    if (found.length === 0) continue;
    wrong += 1;
    if (wrong <= SHOWN) {
      console.error(`\n${message.what}\nmessage ${quoted(message.html)}`);
      for (const fault of found) console.error(fault);
    }
  }
  console.log(`TDLib ${version} read ${lines.length} messages with ${entities} entities, the longest of ${longest}`);
  console.log(`UTF-16 code units, and reads ${wrong} of them otherwise than meant (SIGNOFF_SEED=${seed})`);
  return lines.length > 0 && wrong === 0 ? 0 : 1;
}

// TDLib's threads outlive an ordinary exit, and crash it.
process.reallyExit(main(process.argv[2]));
