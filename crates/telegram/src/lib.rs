//! Signoff's Telegram channel: rendering, updates, conversations.
