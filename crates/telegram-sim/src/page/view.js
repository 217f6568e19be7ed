// From messages to elements. Text only ever becomes text nodes.

/** Makes an element. `attributes` with a function as value become listeners. */
export function el(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (typeof value === "function") node.addEventListener(key, value);
    else node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

const SVG = "http://www.w3.org/2000/svg";

/** A picture of lines, as large as a letter of a button. */
function picture(...paths) {
  const node = document.createElementNS(SVG, "svg");
  for (const [key, value] of Object.entries({ viewBox: "0 0 24 24", width: 24, height: 24, "aria-hidden": "true" })) node.setAttribute(key, value);
  for (const d of paths) {
    const path = document.createElementNS(SVG, "path");
    for (const [key, value] of Object.entries({ d, fill: "none", stroke: "currentColor", "stroke-width": 1.8, "stroke-linecap": "round", "stroke-linejoin": "round" })) path.setAttribute(key, value);
    node.append(path);
  }
  return node;
}

export const microphone = () => picture("M12 3a3 3 0 0 0-3 3v6a3 3 0 0 0 6 0V6a3 3 0 0 0-3-3z", "M5.5 11.5a6.5 6.5 0 0 0 13 0", "M12 18v3");
export const paperclip = () => picture("M20 11.2l-8.3 8.3a5 5 0 0 1-7.1-7.1l8.6-8.6a3.4 3.4 0 0 1 4.8 4.8l-8.5 8.5a1.7 1.7 0 0 1-2.4-2.4l7.7-7.7");

const wrappers = {
  bold: () => el("strong"),
  italic: () => el("em"),
  underline: () => el("u"),
  strikethrough: () => el("s"),
  code: () => el("code"),
  blockquote: () => el("blockquote"),
  expandable_blockquote: () => el("blockquote", { class: "expandable", tabindex: "0", role: "button", click: toggle, keydown: toggle }),
  text_mention: (entity) => el("span", { class: "mention", "data-user": entity.user.id }),
  mention: () => el("span", { class: "mention" }),
  hashtag: () => el("span", { class: "mention" }),
  custom_emoji: () => el("span"),
  text_link: (entity) => link(entity.url),
  url: (_, text) => link(text),
  email: (_, text) => link(`mailto:${text}`),
  spoiler: () =>
    el("span", { class: "spoiler", role: "button", tabindex: "0", "aria-label": "Hidden text, press to show", click: reveal, keydown: reveal }),
};

function pressed(event) {
  return event.type === "click" || event.key === "Enter" || event.key === " ";
}

function toggle(event) {
  if (pressed(event)) event.currentTarget.classList.toggle("open");
}

function reveal(event) {
  if (!pressed(event)) return;
  event.currentTarget.classList.add("shown");
  event.currentTarget.removeAttribute("aria-label");
}

function link(url) {
  const safe = /^(https?:|mailto:|tg:)/i.test(url);
  return safe ? el("a", { href: url, target: "_blank", rel: "noopener noreferrer" }) : el("span", { class: "mention" });
}

function preformatted(entity) {
  const block = el("pre", { tabindex: "0" });
  if (entity.language) block.dataset.language = entity.language;
  return block;
}

/** The text with its entities as nodes. Offsets are UTF-16 units, which are JavaScript's own. */
export function formatted(text, entities, onCommand) {
  const build = (from, to, inner) => {
    const nodes = [];
    let at = from;
    for (let i = 0; i < inner.length; i += 1) {
      const entity = inner[i];
      const end = Math.min(entity.offset + entity.length, to);
      if (entity.offset < at) continue;
      if (entity.offset > at) nodes.push(text.slice(at, entity.offset));
      const nested = inner.slice(i + 1).filter((other) => other.offset < end);
      const part = text.slice(entity.offset, end);
      const node = wrap(entity, part, onCommand);
      node.append(...build(entity.offset, end, nested));
      nodes.push(node);
      // A quotation ends its line by itself.
      at = entity.type.endsWith("blockquote") && text[end] === "\n" ? end + 1 : end;
    }
    if (at < to) nodes.push(text.slice(at, to));
    return nodes;
  };
  return build(0, text.length, entities);
}

function wrap(entity, part, onCommand) {
  if (entity.type === "pre") return preformatted(entity);
  if (entity.type === "bot_command") {
    return el("button", { class: "command", type: "button", click: () => onCommand(part) });
  }
  return (wrappers[entity.type] || (() => el("span")))(entity, part);
}

/** `14:02` of a Unix second. */
export const clock = (unix) =>
  new Date(unix * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hour12: false });

/** `21 November` of a Unix second. */
export const day = (unix) => new Date(unix * 1000).toLocaleDateString([], { day: "numeric", month: "long" });

const PALETTE = ["#d9625a", "#d98a3d", "#8e6ad8", "#4a9d4f", "#3d9fb5", "#4682d9", "#cf5f94"];

/** A stable colour for a name or chat. */
export const colour = (id) => PALETTE[Math.abs(id) % PALETTE.length];

/** A round picture with initials. */
export function avatar(name, id) {
  const initials = name.split(/\s+/).slice(0, 2).map((word) => [...word][0] || "").join("");
  const node = el("span", { class: "avatar", "aria-hidden": "true" }, initials.toUpperCase());
  node.style.setProperty("--tint", colour(id));
  return node;
}

/** A sentence for a service message. */
export function service(message) {
  const content = message.service;
  const who = message.from.first_name;
  if (content.new_chat_members) return `${content.new_chat_members.map((u) => u.first_name).join(", ")} joined the group`;
  if (content.left_chat_member) return `${content.left_chat_member.first_name} left the group`;
  if (content.pinned_message) return `${who} pinned a message`;
  if (content.migrate_to_chat_id) return "The group was upgraded to a supergroup";
  if (content.migrate_from_chat_id) return "The group was upgraded to a supergroup";
  if (content.forum_topic_created) return `Topic “${content.forum_topic_created.name}” was opened`;
  if (content.forum_topic_edited) return `The topic is now called “${content.forum_topic_edited.name}”`;
  if (content.forum_topic_closed) return "The topic was closed";
  if (content.forum_topic_reopened) return "The topic was opened again";
  return "Service message";
}

/** One line that stands for a message, in lists and quotes. */
export function summary(message) {
  if (!message) return "";
  if (message.service) return service(message);
  if (message.document) return `📎 ${message.document.file_name || "File"}${message.text ? ` · ${message.text}` : ""}`;
  if (message.voice) return "🎤 Voice message";
  if (message.audio) return "🎵 Audio";
  if (message.video_note) return "📹 Video message";
  return message.text;
}

const sizes = (bytes) => (bytes < 1024 ? `${bytes} B` : bytes < 1048576 ? `${(bytes / 1024).toFixed(1)} KB` : `${(bytes / 1048576).toFixed(1)} MB`);

function attachment(message) {
  if (message.document) {
    const { file_id: id, file_name: name, file_size: size } = message.document;
    return el(
      "a",
      { class: "file", href: `/sim/files/${encodeURIComponent(id)}`, target: "_blank", rel: "noopener", "data-file": name || "file" },
      el("span", { class: "file-icon", "aria-hidden": "true" }, "⬇"),
      el("span", { class: "file-text" }, el("b", {}, name || "File"), el("small", {}, sizes(size || 0))),
    );
  }
  const sound = message.voice || message.audio || message.video_note;
  if (sound) {
    const source = `/sim/files/${encodeURIComponent(sound.file_id)}`;
    return el("audio", { class: "voice", controls: true, preload: "none", src: source, "aria-label": `Voice message, ${sound.duration} seconds` });
  }
  return null;
}

function button(definition, onTap) {
  const mark = definition.url ? "↗" : definition.copy_text ? "⧉" : definition.web_app ? "▣" : "";
  return el(
    "button",
    {
      type: "button",
      class: `key ${definition.style || ""}`,
      "data-button-label": definition.text,
      click: (event) => onTap(definition, event.currentTarget),
    },
    el("span", {}, definition.text),
    mark ? el("i", { "aria-hidden": "true" }, mark) : null,
  );
}

/** One message as a list item. `act` holds what its controls do. */
export function bubble(message, { own, group, replied, act }) {
  if (message.service) {
    return el("li", { class: "service", "data-message-id": message.message_id }, el("span", {}, service(message)));
  }
  const author = group && !own ? el("span", { class: "author" }, message.from.first_name) : null;
  author?.style.setProperty("color", colour(message.from.id));
  const quote = replied
    ? el("button", { class: "quote", type: "button", "aria-label": "Show the quoted message", click: () => act.jump(replied.message_id) },
        el("b", {}, replied.from.first_name), el("span", {}, summary(replied)))
    : null;
  const meta = el("span", { class: "meta" },
    message.edit_date ? el("span", { class: "edited" }, "edited") : null,
    el("time", { datetime: new Date(message.date * 1000).toISOString() }, clock(message.date)));
  const body = el("div", { class: "bubble" }, author,
    message.forwarded ? el("span", { class: "forwarded" }, "Forwarded message") : null,
    quote, attachment(message),
    el("div", { class: "text" }, ...formatted(message.text, message.entities, act.command), meta));
  const reply = el("button", { class: "reply", type: "button", title: "Reply", "aria-label": `Reply to: ${summary(message).slice(0, 60)}`, click: () => act.reply(message) }, "↩");
  const keyboard = message.buttons.length
    ? el("div", { class: "keyboard", role: "group", "aria-label": "Buttons of this message" },
        ...message.buttons.map((row) => el("div", { class: "key-row" }, ...row.map((key) => button(key, (definition, node) => act.tap(message, definition, node))))))
    : null;
  return el("li", { class: `message ${own ? "out" : "in"}`, "data-message-id": message.message_id, "data-from": message.from_bot ? "bot" : message.from.id },
    el("div", { class: "line" }, body, reply), keyboard);
}
