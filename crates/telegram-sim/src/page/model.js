// The page's copy of the simulated world: fetched whole after every change, never guessed.

const listeners = new Set();
let state = { bot: null, persons: [], chats: [], commands: [], now_ms: 0 };
let fetching = false;
let stale = false;

/** The latest state. */
export const current = () => state;

/** Calls `listener` after every change of the state or of the connection. */
export function onChange(listener) {
  listeners.add(listener);
}

function tell(connected) {
  for (const listener of listeners) listener(state, connected);
}

async function refresh() {
  if (fetching) {
    stale = true;
    return;
  }
  fetching = true;
  try {
    do {
      stale = false;
      const response = await fetch("/sim/state");
      state = await response.json();
      tell(true);
    } while (stale);
  } catch {
    tell(false);
  } finally {
    fetching = false;
  }
}

/** Follows the simulator until the page is closed. */
export function connect() {
  const events = new EventSource("/sim/events");
  events.addEventListener("change", refresh);
  events.addEventListener("error", () => tell(false));
  // What the bot "is doing" ends by time, without a change.
  setInterval(() => {
    if (state.chats.some((chat) => chat.action)) refresh();
  }, 2000);
}

async function post(path, body) {
  const response = await fetch(`/sim/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error || `HTTP ${response.status}`);
  return answer;
}

/** The chat with this id. */
export const chatById = (id) => state.chats.find((entry) => entry.chat.id === id);

/** The message of a chat. */
export const messageById = (chat, id) => chat?.messages.find((message) => message.message_id === id);

/** The bot's commands in a person's language, or the general ones. */
export function commandsFor(user) {
  const general = state.commands.filter((entry) => JSON.parse(entry.scope).type === "default");
  const own = general.find((entry) => entry.language === (user.language_code || "").slice(0, 2));
  return (own || general.find((entry) => entry.language === ""))?.commands || [];
}

export const starts = (person, link) => post(`persons/${person}/starts`, link ? { link } : {});
export const says = (person, chat, text, replyTo) =>
  post(`persons/${person}/says`, { chat, text, reply_to: replyTo ?? null });
/** Sends a voice note; its type is what its first part says that it is. */
export async function speaks(person, chat, sound, seconds, replyTo) {
  const query = new URLSearchParams({ chat, seconds: Math.max(1, Math.round(seconds)) });
  if (replyTo) query.set("reply_to", replyTo);
  const response = await fetch(`/sim/persons/${person}/voice?${query}`, {
    method: "POST",
    headers: { "content-type": sound.type.split(";")[0] || "audio/ogg" },
    body: sound,
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error || `HTTP ${response.status}`);
  return answer;
}
export const unblocks = (person) => post(`persons/${person}/unblocks`, {});

/** Presses a button and resolves to the bot's answer; `null` when the bot does not answer. */
export async function taps(person, chat, messageId, button) {
  const body = { chat, message_id: messageId, data: button.callback_data };
  const { query_id: query } = await post(`persons/${person}/taps`, body);
  const response = await fetch(`/sim/taps/${query}?timeout_ms=60000`);
  return response.ok ? response.json() : null;
}

/** Whether a link leads into this bot. */
export function isBotLink(url) {
  const name = (state.bot?.username || "").toLowerCase();
  return url.toLowerCase().startsWith(`https://t.me/${name}?start=`);
}
