//! `[[approvers]]` and `[[routes]]`.

use signoff_contract::adapter::MAX_USER_CHARS;
use signoff_contract::submission::{MAX_LANGUAGE_CHARS, ROUTE_CHARS, TTL_SECONDS};
use signoff_engine::{Approver, Place, Route};

use super::channels::{TELEGRAM, has_telegram};
use super::{Rules, approver_names};
use crate::config::types::{self, Config, DEFAULT_ROUTE};

/// The channels that an approver can be known in.
fn channel_names(config: &Config) -> Vec<&str> {
    let adapters = config.channels.iter().map(|channel| channel.name.as_str());
    let others = adapters.filter(|name| *name != TELEGRAM);
    std::iter::once(TELEGRAM).chain(others).collect()
}

pub(super) fn approvers(rules: &mut Rules<'_>, config: &Config) -> Vec<Approver> {
    rules.distinct("approvers", approver_names(config).into_iter());
    let mut seen: Vec<(&str, &str, &str)> = Vec::new();
    for (index, approver) in config.approvers.iter().enumerate() {
        if let Some(language) = &approver.language {
            check_language(rules, &format!("approvers[{index}].language"), language);
        }
        for (channel, user_id) in &approver.identities {
            let key = format!("approvers[{index}].identities.{channel}");
            if !rules.known(&key, "channel", channel, &channel_names(config)) {
                continue;
            }
            if channel == TELEGRAM && !has_telegram(config) {
                let rule =
                    "reaches nobody: there is no [telegram] section, and no channel of that name";
                rules.doubt(
                    &key,
                    rule,
                    "add the section, or name the channel that there is",
                );
            }
            if channel != TELEGRAM {
                check_user_id(rules, &key, user_id);
            } else if !user_id.parse::<u64>().is_ok_and(|id| id > 0) {
                let rule = format!("{user_id:?} is no Telegram user id, which is a number");
                let remedy = "a @username is no identity; send /whoami to the bot, or pair";
                rules.wrong(&key, rule, remedy);
            }
            let same = |(_, other_channel, other_id): &&(&str, &str, &str)| {
                other_channel == channel && other_id == user_id
            };
            if let Some((other, ..)) = seen.iter().find(same) {
                let rule = format!("{user_id} is the identity of {other:?} already");
                rules.wrong(&key, rule, "each person has an identity of their own");
            }
            seen.push((&approver.name, channel, user_id));
        }
    }
    config.approvers.iter().map(approver).collect()
}

/// An id of a person as an adapter may send it.
fn check_user_id(rules: &mut Rules<'_>, key: &str, user_id: &str) {
    let plain = user_id.trim() == user_id && !user_id.chars().any(char::is_control);
    if !plain || !(1..=MAX_USER_CHARS).contains(&user_id.chars().count()) {
        let rule = "has 1 to 200 characters, without control characters or outer spaces";
        rules.wrong(
            key,
            rule,
            "write it as the adapter sends it in actor.user_id",
        );
    }
}

fn approver(approver: &types::Approver) -> Approver {
    Approver {
        name: approver.name.clone(),
        roles: approver.roles.clone(),
        language: approver.language.clone(),
        identities: approver.identities.clone(),
    }
}

pub(super) fn routes(rules: &mut Rules<'_>, config: &Config, projects: &[&str]) -> Vec<Route> {
    let people = approver_names(config);
    let mut seen: Vec<(&str, &str)> = Vec::new();
    for (index, route) in config.routes.iter().enumerate() {
        let key = format!("routes[{index}]");
        if !ROUTE_CHARS.contains(&route.name.chars().count()) {
            let rule = format!(
                "a route's name has {} to {} characters",
                ROUTE_CHARS.start(),
                ROUTE_CHARS.end()
            );
            rules.wrong(&format!("{key}.name"), rule, "choose another name");
        }
        if seen.contains(&(&route.project, &route.name)) {
            let rule = format!(
                "the project {:?} has two routes named {:?}",
                route.project, route.name
            );
            rules.wrong(&format!("{key}.name"), rule, "rename or remove one");
        }
        seen.push((&route.project, &route.name));
        rules.known(
            &format!("{key}.project"),
            "project",
            &route.project,
            projects,
        );
        check_approvers(rules, &key, route, &people);
        check_times(rules, &key, route);
        check_place(rules, &key, route);
        check_channels(rules, &key, route, config);
    }
    if config.routes.is_empty() {
        let rule = "there is none: every request will be refused";
        rules.doubt(
            "routes",
            rule,
            "add [[routes]] with name = \"default\" and approvers",
        );
    } else if !config
        .routes
        .iter()
        .any(|route| route.name == DEFAULT_ROUTE)
    {
        let rule = "none is called \"default\": requests that name no route will be refused";
        rules.doubt("routes", rule, "call one of them \"default\"");
    }
    config.routes.iter().map(route).collect()
}

fn check_approvers(rules: &mut Rules<'_>, key: &str, route: &types::Route, people: &[&str]) {
    let list = format!("{key}.approvers");
    if route.approvers.is_empty() {
        rules.wrong(
            &list,
            "is empty: nobody could decide",
            "name at least one approver",
        );
        return;
    }
    let mut distinct: Vec<&str> = Vec::new();
    for (index, name) in route.approvers.iter().enumerate() {
        let item = format!("{list}[{index}]");
        rules.known(&item, "approver", name, people);
        if distinct.contains(&name.as_str()) {
            rules.wrong(
                &item,
                format!("{name:?} is there twice"),
                "name each person once",
            );
        } else {
            distinct.push(name);
        }
    }
    if usize::try_from(route.min_approvals).is_ok_and(|min| min > distinct.len()) {
        let rule = format!(
            "asks for {} approvals of {} people: no request could ever be approved",
            route.min_approvals,
            distinct.len()
        );
        rules.wrong(
            &format!("{key}.min_approvals"),
            rule,
            "name more approvers, or ask for fewer",
        );
    }
}

fn check_times(rules: &mut Rules<'_>, key: &str, route: &types::Route) {
    let (ttl, remind) = (route.ttl_seconds, route.remind_after_seconds);
    if !TTL_SECONDS.contains(&ttl) {
        let rule = format!("is {ttl}, and must be 10 to 2592000 (30 days)");
        rules.wrong(&format!("{key}.ttl_seconds"), rule, "");
    }
    if remind.is_some_and(|remind| remind >= ttl) {
        let rule = format!("the reminder would come after the deadline of {ttl} s");
        rules.wrong(
            &format!("{key}.remind_after_seconds"),
            rule,
            "choose a shorter time",
        );
    }
}

fn check_place(rules: &mut Rules<'_>, key: &str, route: &types::Route) {
    if route.telegram_chat_id == Some(0) {
        let remedy = "a person's id is positive, a group's negative";
        rules.wrong(&format!("{key}.telegram_chat_id"), "0 is no chat", remedy);
    }
    // Telegram's ids of groups are negative, and of those that became supergroups -100 and more digits.
    if let Some(id) = route.telegram_chat_id.filter(|id| *id >= 1_000_000_000_000) {
        let rule = format!("{id} looks like a group's id without its minus sign");
        let remedy = format!("write {} for a group; leave it for a person", -id);
        rules.doubt(&format!("{key}.telegram_chat_id"), rule, remedy);
    }
    if route.telegram_topic_id.is_some() && route.telegram_chat_id.is_none() {
        let rule = "names a topic, and there is no telegram_chat_id that it is in";
        rules.wrong(
            &format!("{key}.telegram_topic_id"),
            rule,
            "add the group's telegram_chat_id",
        );
    }
}

fn check_channels(rules: &mut Rules<'_>, key: &str, route: &types::Route, config: &Config) {
    let known = channel_names(config);
    for (channel, place) in &route.places {
        let at = format!("{key}.places.{channel}");
        if channel == TELEGRAM {
            let rule = "Telegram's place has keys of its own";
            rules.wrong(&at, rule, "use telegram_chat_id and telegram_topic_id");
        } else if rules.known(&at, "channel", channel, &known) {
            check_user_id(rules, &at, place);
        }
    }
    let Some(channels) = &route.channels else {
        return;
    };
    let list = format!("{key}.channels");
    if channels.is_empty() {
        let rule = "is empty: nobody would see a request";
        rules.wrong(&list, rule, "name a channel, or leave the key out");
    }
    for (index, channel) in channels.iter().enumerate() {
        let at = format!("{list}[{index}]");
        rules.known(&at, "channel", channel, &known);
        if channels[..index].contains(channel) {
            rules.wrong(&at, format!("{channel:?} is there twice"), "name it once");
        }
        if channel == TELEGRAM && !has_telegram(config) {
            let rule = "there is no [telegram] section";
            rules.wrong(&at, rule, "add one, or leave the channel out");
        }
    }
    let mut placed: Vec<&str> = route.places.keys().map(String::as_str).collect();
    placed.extend(route.telegram_chat_id.map(|_| TELEGRAM));
    for channel in placed {
        if !channels.iter().any(|used| used == channel) {
            let rule = format!("leaves out {channel:?}, which the route names a place in");
            rules.wrong(&list, rule, "add the channel, or remove its place");
        }
    }
}

fn check_language(rules: &mut Rules<'_>, key: &str, language: &str) {
    let fits = (2..=MAX_LANGUAGE_CHARS).contains(&language.len())
        && language.split('-').all(|part| {
            (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric())
        });
    if !fits {
        let rule = format!("{language:?} is no language tag");
        rules.wrong(key, rule, "for example \"en\", \"ru\" or \"zh-Hans\"");
    }
}

fn route(route: &types::Route) -> Route {
    let telegram = route.telegram_chat_id.map(|chat| Place {
        channel: TELEGRAM.to_owned(),
        place: match route.telegram_topic_id {
            Some(topic) => format!("{chat}/{topic}"),
            None => chat.to_string(),
        },
    });
    let others = route.places.iter().map(|(channel, place)| Place {
        channel: channel.clone(),
        place: place.clone(),
    });
    Route {
        name: route.name.clone(),
        project: route.project.clone(),
        approvers: route.approvers.clone(),
        min_approvals: route.min_approvals,
        channels: route.channels.clone(),
        places: telegram.into_iter().chain(others).collect(),
        ttl_seconds: route.ttl_seconds,
        remind_after_seconds: route.remind_after_seconds,
    }
}
