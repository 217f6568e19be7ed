//! The simulator's own wire types. They share nothing with any client library, on purpose:
//! a shared type would hide a shared mistake.

mod chat;
mod entity;
mod markup;
mod message;
mod user;

pub use chat::{Chat, ChatType};
pub(crate) use entity::InputEntity;
pub use entity::MessageEntity;
pub(crate) use markup::Markup;
pub use markup::{Button, ForceReply, InlineKeyboard};
pub use message::{Audio, Document, ForwardOrigin, Message, VideoNote, Voice};
pub(crate) use user::group_anonymous_bot;
pub use user::{GROUP_ANONYMOUS_BOT_ID, User};
