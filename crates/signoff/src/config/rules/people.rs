//! `[[approvers]]` and `[[routes]]`.

use signoff_contract::submission::{MAX_LANGUAGE_CHARS, ROUTE_CHARS, TTL_SECONDS};
use signoff_engine::{Approver, Place, Route};

use super::{Rules, approver_names};
use crate::config::types::{self, Config};

/// The one channel of this version.
const TELEGRAM: &str = "telegram";

pub(super) fn approvers(rules: &mut Rules<'_>, config: &Config) -> Vec<Approver> {
    rules.distinct("approvers", approver_names(config).into_iter());
    let mut seen: Vec<(&str, &str, &str)> = Vec::new();
    for (index, approver) in config.approvers.iter().enumerate() {
        if let Some(language) = &approver.language {
            check_language(rules, &format!("approvers[{index}].language"), language);
        }
        for (channel, user_id) in &approver.identities {
            let key = format!("approvers[{index}].identities.{channel}");
            if channel != TELEGRAM {
                rules.wrong(
                    &key,
                    format!("there is no channel {channel:?}"),
                    "use \"telegram\"",
                );
                continue;
            }
            if !user_id.parse::<u64>().is_ok_and(|id| id > 0) {
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
    }
    if config.routes.is_empty() {
        let rule = "there is none: every request will be refused";
        rules.doubt(
            "routes",
            rule,
            "add [[routes]] with name = \"default\" and approvers",
        );
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
    if route.telegram_topic_id.is_some() && route.telegram_chat_id.is_none() {
        let rule = "names a topic, and there is no telegram_chat_id that it is in";
        rules.wrong(
            &format!("{key}.telegram_topic_id"),
            rule,
            "add the group's telegram_chat_id",
        );
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
    let place = route.telegram_chat_id.map(|chat| Place {
        channel: TELEGRAM.to_owned(),
        place: match route.telegram_topic_id {
            Some(topic) => format!("{chat}/{topic}"),
            None => chat.to_string(),
        },
    });
    Route {
        name: route.name.clone(),
        project: route.project.clone(),
        approvers: route.approvers.clone(),
        min_approvals: route.min_approvals,
        place,
        ttl_seconds: route.ttl_seconds,
        remind_after_seconds: route.remind_after_seconds,
    }
}
