// The phones: one column per person, each with its chats, its composer, its toasts and its dialogs.

import * as model from "./model.js";
import { avatar, bubble, clock, day, el, microphone, paperclip, summary } from "./view.js";
import { Recording, canRecord, durationOf, lasting } from "./voice.js";

const phones = new Map();

class Phone {
  constructor(person) {
    this.id = person.user.id;
    this.user = person.user;
    this.open = null;
    this.replyTo = null;
    this.asked = new Set();
    this.drawn = new Map();
    this.build();
  }

  build() {
    const name = this.user.first_name;
    this.back = el("button", { class: "icon back", type: "button", "aria-label": "Back to the chats", click: () => this.show(null) }, "‹");
    this.title = el("div", { class: "chat-title" });
    this.list = el("ul", { class: "chats", "aria-label": `Chats of ${name}` });
    this.messages = el("ol", { class: "messages", role: "log", "aria-live": "polite", "aria-label": "Messages", tabindex: "0" });
    this.toastBox = el("div", { class: "toast", role: "status", hidden: true });
    this.quote = el("div", { class: "reply-bar", hidden: true });
    this.input = el("textarea", { class: "input", rows: "1", "aria-label": `Message as ${name}`, placeholder: "Message", name: "text", autocomplete: "off",
      input: () => this.grow(), keydown: (event) => this.key(event) });
    this.menu = el("button", { class: "icon menu", type: "button", "aria-label": "Commands", "aria-expanded": "false", click: () => this.toggleMenu() }, "/");
    this.menuList = el("ul", { class: "menu-list", hidden: true, "aria-label": "Commands" });
    // The action at the end of the composer: Send, or while there is no text the microphone.
    this.sendButton = el("button", { class: "icon send", type: "submit", "aria-label": "Send" }, "➤");
    this.mic = el("button", { class: "icon mic", type: "button", "aria-label": "Record a voice note", title: "Record a voice note", click: () => this.record() }, microphone());
    const action = el("div", { class: "composer-action" }, this.sendButton, this.mic);
    this.file = el("input", { type: "file", name: "sound", accept: "audio/*,.ogg,.oga,.opus,.webm,.m4a", hidden: true, "aria-label": "Sound file", change: () => this.sendFile() });
    this.attach = el("button", { class: "icon attach", type: "button", "aria-label": "Send a sound file as a voice note", title: "Send a sound file as a voice note", click: () => this.file.click() }, paperclip());
    this.elapsed = el("span", { class: "elapsed" }, "0:00");
    this.recordingBar = el("div", { class: "recording", hidden: true, role: "status" }, el("span", { class: "dot", "aria-hidden": "true" }), el("span", {}, "Recording"), this.elapsed,
      el("button", { class: "discard", type: "button", click: () => this.discard() }, "Discard"));
    this.composer = el("form", { class: "composer", submit: (event) => this.submit(event) }, this.menu, this.input, this.attach, this.file, this.recordingBar, action);
    this.offerAction();
    this.start = el("button", { class: "wide", type: "button", click: () => this.begin() });
    this.dialog = el("dialog", { class: "alert", role: "alertdialog", "aria-label": "Message from the bot" });
    this.bar = el("header", { class: "chat-bar" }, this.back, this.title);
    this.footer = el("footer", {}, this.menuList, this.quote, this.composer, this.start);
    this.node = el("section", { class: "phone", "data-person": this.id, "aria-label": `Phone of ${name}`, id: `person-${this.id}` },
      el("div", { class: "owner" }, avatar(name, this.id), el("b", {}, name), el("span", {}, "’s phone")),
      this.bar, this.list, this.messages, this.footer, this.toastBox, this.dialog);
  }

  show(chat) {
    if (this.recording) this.discard();
    this.chosen = true;
    this.open = chat;
    this.drawn.clear();
    this.messages.replaceChildren();
    this.setReply(null);
    this.render();
    if (chat !== null) this.messages.scrollTop = this.messages.scrollHeight;
  }

  chats() {
    const mine = model.current().persons.find((person) => person.user.id === this.id)?.chats || [];
    const newest = (chat) => chat.messages.at(-1)?.date ?? 0;
    return mine.map(model.chatById).filter((chat) => chat && !chat.migrated_to).sort((a, b) => newest(b) - newest(a));
  }

  render() {
    const chats = this.chats();
    // Until its owner chooses, a phone lies there with the bot's own chat open, so that the first card is seen.
    if (this.open === null && !this.chosen) {
      this.open = (chats.find((chat) => chat.chat.type === "private") ?? chats[0])?.chat.id ?? null;
    }
    if (this.open !== null && !chats.some((chat) => chat.chat.id === this.open)) {
      this.open = model.chatById(this.open)?.migrated_to ?? null;
      this.drawn.clear();
      this.messages.replaceChildren();
    }
    const chat = this.open === null ? null : model.chatById(this.open);
    this.node.dataset.chat = chat ? chat.chat.id : "";
    this.back.hidden = !chat || chats.length < 2;
    this.list.hidden = Boolean(chat);
    this.messages.hidden = !chat;
    this.footer.hidden = !chat;
    if (chat) this.renderChat(chat);
    else this.renderList(chats);
  }

  nameOf(chat) {
    return chat.chat.type === "private" ? model.current().bot.first_name : chat.chat.title;
  }

  renderList(chats) {
    this.title.replaceChildren(el("b", {}, "Chats"));
    this.list.replaceChildren(...chats.map((chat) => {
      const last = chat.messages.at(-1);
      const text = chat.action ? "typing…" : summary(last) || "No messages yet";
      return el("li", {}, el("button", { type: "button", class: "chat-row", "data-chat": chat.chat.id, click: () => this.show(chat.chat.id) },
        avatar(this.nameOf(chat), chat.chat.id),
        el("span", { class: "chat-text" }, el("b", {}, this.nameOf(chat)), el("span", {}, text)),
        last ? el("time", {}, clock(last.date)) : null));
    }));
  }

  renderChat(chat) {
    const group = chat.chat.type !== "private";
    const under = chat.action ? `${chat.action === "typing" ? "typing" : "sending a file"}…` : group ? `${chat.members.length + 1} members` : "bot";
    this.title.replaceChildren(avatar(this.nameOf(chat), chat.chat.id),
      el("span", {}, el("b", {}, this.nameOf(chat)), el("small", { class: chat.action ? "acting" : "" }, under)));
    this.renderMessages(chat, group);
    this.renderFooter(chat, group);
    this.askForReply(chat);
  }

  renderMessages(chat, group) {
    const box = this.messages;
    const atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 80;
    const keep = new Set();
    let previous = null;
    let lastDay = "";
    for (const message of chat.messages) {
      const date = day(message.date);
      if (date !== lastDay) {
        lastDay = date;
        previous = this.place(`day-${date}`, "", () => el("li", { class: "service day" }, el("span", {}, date)), previous, keep);
      }
      const replied = message.reply_to ? model.messageById(chat, message.reply_to) : null;
      const version = JSON.stringify([message, replied?.text]);
      previous = this.place(`m-${message.message_id}`, version, () => bubble(message, {
        own: message.from.id === this.id, group, replied,
        act: {
          reply: (target) => this.setReply(target, true),
          jump: (id) => this.jump(id),
          command: (text) => this.send(text),
          tap: (target, definition, node) => this.tap(target, definition, node),
        },
      }), previous, keep);
    }
    for (const [key, entry] of this.drawn) {
      if (!keep.has(key)) {
        entry.node.remove();
        this.drawn.delete(key);
      }
    }
    if (atEnd) box.scrollTop = box.scrollHeight;
  }

  // Draws only what changed, so that focus and open spoilers elsewhere stay.
  place(key, version, draw, previous, keep) {
    keep.add(key);
    let entry = this.drawn.get(key);
    if (!entry || entry.version !== version) {
      const node = draw();
      if (entry) entry.node.replaceWith(node);
      else if (previous) previous.after(node);
      else this.messages.prepend(node);
      entry = { node, version };
      this.drawn.set(key, entry);
    }
    return entry.node;
  }

  renderFooter(chat, group) {
    const fresh = !group && chat.bot_status === "left";
    const blocked = !group && chat.bot_status === "kicked";
    this.start.hidden = !fresh && !blocked;
    this.start.textContent = fresh ? "START" : "UNBLOCK";
    this.composer.hidden = fresh || blocked;
    this.menu.hidden = model.commandsFor(this.user).length === 0;
  }

  // A ForceReply opens the composer of whom it asks, once.
  askForReply(chat) {
    const asking = chat.messages.filter((message) => message.force_reply);
    const last = asking.at(-1);
    const key = last && `${chat.chat.id}:${last.message_id}`;
    if (!last || this.asked.has(key)) return;
    this.asked.add(key);
    const forMe = last.force_reply.asks === null || last.force_reply.asks.includes(this.id);
    const answered = chat.messages.some((message) => message.reply_to === last.message_id && message.from.id === this.id);
    if (!forMe || answered) return;
    const elsewhere = document.activeElement?.closest(".phone");
    this.setReply(last, !elsewhere || elsewhere === this.node);
  }

  setReply(message, focus) {
    this.replyTo = message;
    this.quote.hidden = !message;
    this.input.placeholder = message?.force_reply?.placeholder || "Message";
    if (!message) return;
    this.quote.dataset.replyTo = message.message_id;
    this.quote.replaceChildren(el("span", { class: "quoted" }, el("b", {}, `Reply to ${message.from.first_name}`), el("span", {}, summary(message))),
      el("button", { class: "icon", type: "button", "aria-label": "Do not reply", click: () => this.setReply(null) }, "✕"));
    if (focus) this.input.focus();
  }

  jump(id) {
    const target = this.drawn.get(`m-${id}`)?.node;
    target?.scrollIntoView({ block: "center", behavior: "smooth" });
    target?.classList.add("flash");
    setTimeout(() => target?.classList.remove("flash"), 1200);
  }

  // What the composer offers: writing, or what becomes of the recording.
  offerAction() {
    const recording = Boolean(this.recording);
    const voice = !recording && !this.input.value.trim() && canRecord();
    this.mic.hidden = !voice;
    this.sendButton.hidden = voice;
    this.recordingBar.hidden = !recording;
    for (const part of [this.input, this.attach]) part.hidden = recording;
    this.menu.classList.toggle("away", recording);
  }

  async record() {
    if (this.recording) return;
    try {
      this.recording = await Recording.begin();
    } catch {
      this.toast("The browser gives no microphone. A sound file works too.");
      return;
    }
    this.elapsed.textContent = lasting(0);
    this.ticking = setInterval(() => { this.elapsed.textContent = lasting(this.recording.seconds); }, 250);
    this.offerAction();
    this.sendButton.focus();
  }

  takeRecording() {
    const { recording } = this;
    clearInterval(this.ticking);
    this.recording = null;
    this.offerAction();
    return recording;
  }

  discard() {
    this.takeRecording()?.discard();
  }

  async finish() {
    const { sound, seconds } = await this.takeRecording().end();
    await this.speak(sound, seconds);
  }

  async sendFile() {
    const [sound] = this.file.files;
    this.file.value = "";
    if (sound) await this.speak(sound, await durationOf(sound));
  }

  async speak(sound, seconds) {
    const replyTo = this.replyTo?.message_id;
    this.setReply(null);
    await this.attempt(() => model.speaks(this.id, this.open, sound, seconds, replyTo));
    this.messages.scrollTop = this.messages.scrollHeight;
  }

  grow() {
    this.offerAction();
    this.input.style.height = "auto";
    this.input.style.height = `${Math.min(this.input.scrollHeight, 140)}px`;
  }

  key(event) {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      this.composer.requestSubmit();
    }
  }

  submit(event) {
    event.preventDefault();
    if (this.recording) {
      this.finish();
      return;
    }
    const text = this.input.value;
    if (!text.trim()) return;
    this.input.value = "";
    this.grow();
    this.send(text);
  }

  async send(text) {
    const replyTo = this.replyTo?.message_id;
    this.setReply(null);
    this.messages.scrollTop = this.messages.scrollHeight;
    await this.attempt(() => model.says(this.id, this.open, text, replyTo));
    this.messages.scrollTop = this.messages.scrollHeight;
  }

  begin() {
    const blocked = model.chatById(this.open)?.bot_status === "kicked";
    this.attempt(() => (blocked ? model.unblocks(this.id) : model.starts(this.id)));
  }

  async attempt(act) {
    try {
      return await act();
    } catch (error) {
      this.toast(error.message);
      return null;
    }
  }

  async tap(message, definition, node) {
    if (definition.url) {
      if (model.isBotLink(definition.url)) await this.attempt(() => model.starts(this.id, definition.url));
      else window.open(definition.url, "_blank", "noopener");
      return;
    }
    if (definition.copy_text) {
      await navigator.clipboard?.writeText(definition.copy_text.text).catch(() => {});
      this.toast("Copied");
      return;
    }
    if (!definition.callback_data || node.getAttribute("aria-busy") === "true") return;
    node.setAttribute("aria-busy", "true");
    const answer = await this.attempt(() => model.taps(this.id, message.chat_id, message.message_id, definition));
    node.removeAttribute("aria-busy");
    if (answer?.url) window.open(answer.url, "_blank", "noopener");
    if (!answer?.text) return;
    if (answer.show_alert) this.alert(answer.text);
    else this.toast(answer.text);
  }

  toast(text) {
    this.toastBox.textContent = text;
    this.toastBox.hidden = false;
    clearTimeout(this.toastTimer);
    this.toastTimer = setTimeout(() => { this.toastBox.hidden = true; }, 3500);
  }

  // Not modal for the page: the other phones go on.
  alert(text) {
    const ok = el("button", { type: "button", class: "ok", click: () => this.dialog.close() }, "OK");
    this.dialog.replaceChildren(el("p", {}, text), ok);
    if (!this.dialog.open) this.dialog.show();
    ok.focus();
  }

  toggleMenu() {
    const open = this.menuList.hidden;
    this.menu.setAttribute("aria-expanded", String(open));
    this.menuList.hidden = !open;
    this.menuList.replaceChildren(...model.commandsFor(this.user).map((command) =>
      el("li", {}, el("button", { type: "button", "data-command": command.command, click: () => { this.toggleMenu(); this.send(`/${command.command}`); } },
        el("b", {}, `/${command.command}`), el("span", {}, command.description)))));
  }
}

function render(state, connected) {
  const status = document.getElementById("connection");
  status.textContent = connected ? "Live" : "The simulator does not answer. Trying again…";
  status.classList.toggle("lost", !connected);
  const holder = document.getElementById("phones");
  const tabs = document.getElementById("people");
  for (const person of state.persons) {
    if (!phones.has(person.user.id)) {
      const phone = new Phone(person);
      phones.set(person.user.id, phone);
      holder.append(phone.node);
      tabs.append(el("a", { href: `#person-${person.user.id}`, "data-tab": person.user.id }, person.user.first_name));
    }
  }
  for (const [id, phone] of phones) {
    if (!state.persons.some((person) => person.user.id === id)) {
      phone.node.remove();
      tabs.querySelector(`[data-tab="${id}"]`)?.remove();
      phones.delete(id);
    } else {
      phone.render();
    }
  }
  tabs.hidden = phones.size < 2;
  markTab();
  holder.classList.toggle("single", phones.size === 1);
}

// On a narrow screen one phone shows at a time; the tab of that phone is marked.
function markTab() {
  const holder = document.getElementById("phones");
  const shown = Math.round(holder.scrollLeft / Math.max(holder.clientWidth, 1));
  document.querySelectorAll("#people a").forEach((tab, index) => {
    if (index === shown) tab.setAttribute("aria-current", "true");
    else tab.removeAttribute("aria-current");
  });
}

document.getElementById("phones").addEventListener("scroll", markTab, { passive: true });
model.onChange(render);
model.connect();
