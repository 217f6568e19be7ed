//! Groups, as JSON: `/sim/groups/…`.

use axum::Json;
use axum::extract::{Path, State};
use serde::Deserialize;
use serde_json::json;

use super::reply::{Body, Reply, Sim};
use crate::world::{GroupDraft, Membership};

/// A role in a group.
#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Role {
    Member,
    Administrator,
    AnonymousAdministrator,
    Left,
    Kicked,
}

impl From<Role> for Membership {
    fn from(role: Role) -> Self {
        match role {
            Role::Member => Self::Member,
            Role::Administrator => Self::Administrator { anonymous: false },
            Role::AnonymousAdministrator => Self::Administrator { anonymous: true },
            Role::Left => Self::Left,
            Role::Kicked => Self::Kicked,
        }
    }
}

/// A new group; the first of the people founds it.
#[derive(Deserialize)]
pub(crate) struct NewGroup {
    title: String,
    people: Vec<i64>,
    #[serde(default)]
    supergroup: bool,
    #[serde(default)]
    forum: bool,
    #[serde(default = "member")]
    bot: Role,
}

fn member() -> Role {
    Role::Member
}

/// `POST /sim/groups`
pub(crate) async fn create(State(sim): Sim, Body(new): Body<NewGroup>) -> Reply {
    let draft = GroupDraft {
        title: new.title,
        supergroup: new.supergroup,
        forum: new.forum,
        bot: new.bot.into(),
        founder: new.people.first().copied().unwrap_or(0),
        members: new.people,
    };
    let id = sim.change(|world| world.found_group(draft))?;
    Ok(Json(json!({ "id": id })))
}

/// A person's role.
#[derive(Deserialize)]
pub(crate) struct Member {
    person: i64,
    role: Role,
}

/// `POST /sim/groups/{id}/members`
pub(crate) async fn set_member(
    State(sim): Sim,
    Path(id): Path<i64>,
    Body(member): Body<Member>,
) -> Reply {
    sim.change(|world| world.set_member(id, member.person, member.role.into()))?;
    Ok(Json(json!({})))
}

/// The bot's role, and who gives it.
#[derive(Deserialize)]
pub(crate) struct BotRole {
    by: i64,
    role: Role,
}

/// `POST /sim/groups/{id}/bot`
pub(crate) async fn set_bot(
    State(sim): Sim,
    Path(id): Path<i64>,
    Body(bot): Body<BotRole>,
) -> Reply {
    sim.change(|world| match bot.role {
        Role::Kicked | Role::Left => world.kick_bot(id, bot.by),
        role => world.add_bot(id, bot.by, role.into()),
    })?;
    Ok(Json(json!({})))
}

/// `POST /sim/groups/{id}/migrate`
pub(crate) async fn migrate(State(sim): Sim, Path(id): Path<i64>) -> Reply {
    let new = sim.change(|world| world.migrate(id))?;
    Ok(Json(json!({ "id": new })))
}

/// A new topic.
#[derive(Deserialize)]
pub(crate) struct NewTopic {
    by: i64,
    name: String,
}

/// `POST /sim/groups/{id}/topics`
pub(crate) async fn open_topic(
    State(sim): Sim,
    Path(id): Path<i64>,
    Body(topic): Body<NewTopic>,
) -> Reply {
    let thread = sim.change(|world| world.open_topic(id, topic.by, &topic.name))?;
    Ok(Json(json!({ "thread": thread })))
}

/// `DELETE /sim/groups/{id}/topics/{thread}`
pub(crate) async fn delete_topic(State(sim): Sim, Path((id, thread)): Path<(i64, i64)>) -> Reply {
    sim.change(|world| {
        world
            .chat_mut(id)
            .map(|chat| chat.topics.remove(&thread).is_some())
    })?;
    Ok(Json(json!({})))
}
