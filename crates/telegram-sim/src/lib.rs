//! A strict, stateful Telegram Bot API simulator with a chat page.
