//! The stage machinery, as JSON: clock, faults, calls, updates, the whole state, reset.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};

use super::reply::{Body, Params, Reply, Sim};
use crate::faults::Fault;
use crate::world::World;

/// `GET /sim/clock`
pub(crate) async fn clock(State(sim): Sim) -> Reply {
    Ok(Json(json!({ "unix_ms": sim.clock.unix_ms() })))
}

/// How far to move.
#[derive(Deserialize)]
pub(crate) struct Advance {
    advance_ms: u64,
}

/// `POST /sim/clock`
pub(crate) async fn advance(State(sim): Sim, Body(advance): Body<Advance>) -> Reply {
    sim.clock.advance(Duration::from_millis(advance.advance_ms));
    sim.touch();
    Ok(Json(json!({ "unix_ms": sim.clock.unix_ms() })))
}

/// `GET /sim/faults`: what is planted and not used up.
pub(crate) async fn faults(State(sim): Sim) -> Reply {
    Ok(Json(json!(sim.quietly(|world| world.faults.left()))))
}

/// `POST /sim/faults`
pub(crate) async fn plant(State(sim): Sim, Body(fault): Body<Fault>) -> Reply {
    sim.change(|world| world.faults.plant(fault));
    Ok(Json(json!({})))
}

/// `DELETE /sim/faults`
pub(crate) async fn clear_faults(State(sim): Sim) -> Reply {
    sim.change(|world| world.faults.clear());
    Ok(Json(json!({})))
}

/// Which calls to show.
#[derive(Deserialize)]
pub(crate) struct Which {
    method: Option<String>,
    after: Option<u64>,
}

/// `GET /sim/calls?method=…&after=…`
pub(crate) async fn calls(State(sim): Sim, Params(which): Params<Which>) -> Reply {
    let calls: Vec<_> = sim.quietly(|world| {
        let wanted = |call: &&crate::Call| {
            which
                .method
                .as_ref()
                .is_none_or(|method| call.method.eq_ignore_ascii_case(method))
                && which.after.is_none_or(|after| call.sequence > after)
        };
        world.calls.iter().filter(wanted).cloned().collect()
    });
    Ok(Json(json!(calls)))
}

/// `GET /sim/updates`: how many wait, and all that were ever created.
pub(crate) async fn updates(State(sim): Sim) -> Reply {
    let (pending, created) = sim.quietly(|world| {
        (
            world.updates.len(world.clock.unix_ms()),
            world.updates.created.clone(),
        )
    });
    Ok(Json(json!({ "pending": pending, "created": created })))
}

/// An update from nowhere.
#[derive(Deserialize)]
pub(crate) struct Inject {
    kind: String,
    payload: Value,
}

/// `POST /sim/updates`
pub(crate) async fn inject(State(sim): Sim, Body(update): Body<Inject>) -> Reply {
    sim.change(|world| world.queue(&update.kind, &update.payload, 0));
    Ok(Json(json!({})))
}

/// `POST /sim/updates/restart-ids`
pub(crate) async fn restart_ids(State(sim): Sim) -> Reply {
    sim.change(|world| world.updates.randomise_ids());
    Ok(Json(json!({})))
}

/// `POST /sim/reset`: everything but the clock and the options starts anew.
pub(crate) async fn reset(State(sim): Sim) -> Reply {
    sim.change(|world| *world = World::new(world.options.clone(), world.clock.clone()));
    Ok(Json(json!({})))
}

/// `GET /sim/state`: all that the page shows.
pub(crate) async fn state(State(sim): Sim) -> Reply {
    Ok(Json(sim.quietly(|world| snapshot(world))))
}

fn snapshot(world: &World) -> Value {
    let now = world.clock.unix_ms();
    let persons: Vec<Value> = world
        .persons
        .values()
        .filter(|person| !person.is_bot)
        .map(|person| json!({ "user": person.user(), "chats": world.chats_of(person.id) }))
        .collect();
    let chats: Vec<Value> = world
        .chats
        .values()
        .map(|chat| {
            let topics: Vec<Value> = chat
                .topics
                .iter()
                .map(|(id, topic)| json!({ "id": id, "name": topic.name, "closed": topic.closed }))
                .collect();
            let action = chat.action.as_ref().filter(|(_, until)| *until > now).map(|(action, _)| action);
            json!({
                "chat": world.wire_chat(chat),
                "bot_status": chat.bot.status(),
                "members": chat.members.iter().filter(|(_, m)| m.is_inside()).map(|(id, _)| id).collect::<Vec<_>>(),
                "topics": topics,
                "pinned": chat.pinned,
                "migrated_to": chat.migrated_to,
                "action": action,
                "messages": world.transcript(chat.id),
            })
        })
        .collect();
    let commands: Vec<Value> = world
        .commands
        .iter()
        .map(|((scope, language), list)| json!({ "scope": scope, "language": language, "commands": list }))
        .collect();
    json!({ "bot": world.bot.user, "now_ms": now, "persons": persons, "chats": chats, "commands": commands })
}
