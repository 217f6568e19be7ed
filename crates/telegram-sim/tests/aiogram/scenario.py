"""The simulator, driven by aiogram: an independent client with models of its own.

aiogram parses every result and update into pydantic models, so that a wrong type, a missing field or a shape that
the published Bot API does not have fails here, whatever our own tests believe.
"""

import asyncio
import json
import subprocess
import sys

import aiohttp
from aiogram import Bot, Dispatcher, F
from aiogram.client.default import DefaultBotProperties
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import (
    TelegramBadRequest,
    TelegramForbiddenError,
    TelegramMigrateToChat,
    TelegramRetryAfter,
    TelegramServerError,
    TelegramUnauthorizedError,
)
from aiogram.filters import Command, CommandObject, CommandStart
from aiogram.types import (
    BotCommand,
    BufferedInputFile,
    CallbackQuery,
    ChatMemberUpdated,
    ForceReply,
    InaccessibleMessage,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    Message,
    ReplyParameters,
)


class People:
    """The person side of the simulator."""

    def __init__(self, root: str, http: aiohttp.ClientSession) -> None:
        self.root, self.http = root, http

    async def post(self, path: str, **body: object) -> dict:
        async with self.http.post(f"{self.root}/sim/{path}", json=body) as response:
            answer = await response.json()
            assert response.ok, answer
            return answer

    async def get(self, path: str, **params: object) -> object:
        query = {key: str(value) for key, value in params.items()}
        async with self.http.get(f"{self.root}/sim/{path}", params=query) as response:
            answer = await response.json()
            assert response.ok, answer
            return answer


def dispatcher(seen: asyncio.Queue) -> Dispatcher:
    """A bot that posts a card on /start, answers presses, and takes replies and voice notes."""
    routes = Dispatcher()

    @routes.message(CommandStart(deep_link=True))
    async def start(message: Message, command: CommandObject) -> None:
        keyboard = InlineKeyboardMarkup(
            inline_keyboard=[
                [
                    InlineKeyboardButton(text="✅ Approve", callback_data="a"),
                    InlineKeyboardButton(text="❌ Deny", callback_data="d"),
                ]
            ]
        )
        await message.answer(f"<b>Deploy</b> {command.args}?", reply_markup=keyboard)

    @routes.message(Command("pending"))
    async def pending(message: Message) -> None:
        await seen.put(message)

    @routes.callback_query(F.data == "d")
    async def deny(query: CallbackQuery) -> None:
        await query.answer("Denied", show_alert=True)
        assert isinstance(query.message, Message)
        await query.message.edit_text(f"Denied by {query.from_user.first_name}")
        await query.message.answer("Why?", reply_markup=ForceReply(selective=True, input_field_placeholder="Reason"))

    @routes.callback_query()
    async def other(query: CallbackQuery) -> None:
        await seen.put(query)

    @routes.message(F.reply_to_message, F.text)
    async def reason(message: Message) -> None:
        assert message.reply_to_message is not None and message.reply_to_message.text == "Why?"
        await message.reply(f"Reason: {message.text}")

    @routes.message(F.voice)
    async def voice(message: Message, bot: Bot) -> None:
        data = await bot.download(message.voice)
        assert data is not None
        await message.answer(f"{message.voice.duration} s, {len(data.read())} bytes")

    @routes.my_chat_member()
    async def membership(event: ChatMemberUpdated) -> None:
        await seen.put(event)

    @routes.message()
    async def rest(message: Message) -> None:
        await seen.put(message)

    return routes


async def refused(kind: type, call) -> Exception:
    try:
        await call
    except kind as error:
        return error
    raise AssertionError(f"expected {kind.__name__}")


async def next_of(seen: asyncio.Queue, kind: type) -> object:
    async with asyncio.timeout(10):
        while True:
            found = await seen.get()
            if isinstance(found, kind):
                return found


async def approval(bot: Bot, people: People, seen: asyncio.Queue) -> int:
    ann = (await people.post("persons", first_name="Ann", username="ann_x"))["id"]
    refusal = await refused(TelegramForbiddenError, bot.send_message(ann, "x"))
    assert "bot can't initiate conversation with a user" in str(refusal), refusal
    me = await bot.get_me()
    await people.post(f"persons/{ann}/starts", link=f"https://t.me/{me.username}?start=billing")
    card = await people.get(f"chats/{ann}/wait", button="Deny")
    assert card["text"] == "Deploy billing?" and card["entities"][0]["type"] == "bold", card
    tap = await people.post(f"persons/{ann}/taps", message_id=card["message_id"], label="Deny")
    answer = await people.get(f"taps/{tap['query_id']}")
    assert answer == {"text": "Denied", "show_alert": True, "url": None}, answer
    edited = await people.get(f"chats/{ann}/wait", message_id=card["message_id"], after_revision=0)
    assert edited["text"] == "Denied by Ann" and edited["buttons"] == [], edited
    prompt = await people.get(f"chats/{ann}/wait", text="Why?")
    assert prompt["force_reply"]["placeholder"] == "Reason", prompt
    await people.post(f"persons/{ann}/says", text="freeze", reply_to=prompt["message_id"])
    reply = await people.get(f"chats/{ann}/wait", text="Reason: freeze")
    assert reply["reply_to"], reply
    url = f"{people.root}/sim/persons/{ann}/voice?seconds=4"
    async with people.http.post(url, data=b"OggS1234", headers={"content-type": "audio/ogg"}) as response:
        assert response.ok
    await people.get(f"chats/{ann}/wait", text="4 s, 8 bytes")
    await people.post(f"persons/{ann}/deletes", message_id=card["message_id"])
    await people.post(f"persons/{ann}/taps", message_id=card["message_id"], data="forged")
    query = await next_of(seen, CallbackQuery)
    assert isinstance(query.message, InaccessibleMessage) and query.data == "forged"
    return ann


async def methods(bot: Bot, people: People, ann: int) -> None:
    document = BufferedInputFile(b"{}", "arguments.json")
    sent = await bot.send_document(ann, document, caption="<code>sha256</code>")
    assert sent.document.file_name == "arguments.json" and sent.caption_entities[0].type == "code"
    await bot.edit_message_caption(chat_id=ann, message_id=sent.message_id, caption="new")
    await bot.send_voice(ann, BufferedInputFile(b"OggS", "v.oga"), duration=1)
    await bot.send_chat_action(ann, "typing")
    await bot.set_my_commands([BotCommand(command="pending", description="What waits")], language_code="en")
    assert (await bot.get_my_commands(language_code="en"))[0].command == "pending"
    message = await bot.send_message(ann, "x", reply_parameters=ReplyParameters(message_id=1))
    assert message.reply_to_message is not None
    refusal = await refused(TelegramBadRequest, message.edit_text("x"))
    assert "message is not modified" in str(refusal), refusal
    refusal = await refused(TelegramBadRequest, bot.send_message(ann, "a < b"))
    assert 'can\'t parse entities: Unsupported start tag ""' in str(refusal), refusal
    await message.delete()
    await people.post("faults", method="sendMessage", kind="too_many_requests", retry_after=9)
    limit = await refused(TelegramRetryAfter, bot.send_message(ann, "x"))
    assert limit.retry_after == 9
    await people.post("faults", method="sendMessage", kind="internal_server_error")
    await refused(TelegramServerError, bot.send_message(ann, "x"))
    await people.post("faults", method="getMe", kind="unauthorized")
    await refused(TelegramUnauthorizedError, bot.get_me())
    await people.post("faults", method="getMe", kind="unknown_fields")
    assert (await bot.get_me()).is_bot


async def groups(bot: Bot, people: People, seen: asyncio.Queue, ann: int) -> None:
    ben = (await people.post("persons", first_name="Ben"))["id"]
    group = (await people.post("groups", title="Releases", people=[ann, ben]))["id"]
    added = await next_of(seen, ChatMemberUpdated)
    assert added.new_chat_member.status == "member" and added.chat.id == group
    role = {"person": ben, "role": "anonymous_administrator"}
    await people.post(f"groups/{group}/members", **role)
    await people.post(f"persons/{ben}/says", chat=group, text="/pending")
    while True:
        message = await next_of(seen, Message)
        if message.text == "/pending":
            break
    assert message.sender_chat.id == group and message.from_user.username == "GroupAnonymousBot"
    assert (await bot.get_chat(group)).title == "Releases"
    assert (await bot.get_chat_member(group, ben)).is_anonymous
    supergroup = (await people.post(f"groups/{group}/migrate"))["id"]
    moved = await refused(TelegramMigrateToChat, bot.send_message(group, "x"))
    assert moved.migrate_to_chat_id == supergroup
    forum_request = {"title": "F", "people": [ann], "forum": True, "bot": "administrator"}
    forum = (await people.post("groups", **forum_request))["id"]
    topic = await bot.create_forum_topic(forum, "ops")
    sent = await bot.send_message(forum, "x", message_thread_id=topic.message_thread_id)
    assert sent.is_topic_message
    await bot.pin_chat_message(forum, sent.message_id)
    assert (await bot.get_chat(forum)).pinned_message.message_id == sent.message_id
    await people.post(f"groups/{forum}/bot", by=ann, role="kicked")
    gone = await refused(TelegramForbiddenError, bot.send_message(forum, "x"))
    assert "bot was kicked from the supergroup chat" in str(gone), gone


async def main(command: str) -> None:
    server = subprocess.Popen([command], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        place = json.loads(server.stdout.readline())
        session = AiohttpSession(api=TelegramAPIServer.from_base(place["api_url"]))
        bot = Bot(place["token"], session=session, default=DefaultBotProperties(parse_mode="HTML"))
        seen: asyncio.Queue = asyncio.Queue()
        routes = dispatcher(seen)
        polling = asyncio.create_task(routes.start_polling(bot, handle_signals=False, close_bot_session=False))
        async with aiohttp.ClientSession() as http:
            people = People(place["api_url"], http)
            ann = await approval(bot, people, seen)
            await methods(bot, people, ann)
            await groups(bot, people, seen, ann)
            assert not polling.done(), polling
            await routes.stop_polling()
            await polling
            info = await bot.get_webhook_info()
            assert info.url == ""
            calls = await people.get("calls")
        await bot.session.close()
        used = sorted({call["method"] for call in calls})
        print(f"aiogram: {len(calls)} calls of {len(used)} methods parsed")
    finally:
        server.stdin.close()
        server.wait(timeout=10)


asyncio.run(main(sys.argv[1]))
