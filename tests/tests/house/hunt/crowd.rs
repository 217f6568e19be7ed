//! The people and groups of a hunt, many so that no chat's limit holds the work up.

use std::fmt::Write as _;
use std::time::Duration;

use signoff_telegram_sim::{Group, Person, Sim, SimOptions};

use super::plan::Route;
use crate::service::House;

/// The approvers, as the configuration names them. The house knows the first two.
pub(crate) const NAMES: [&str; 12] = [
    "ann", "ben", "cleo", "dina", "emil", "fred", "gina", "hugo", "ida", "jan", "kim", "lea",
];
/// How many groups there are: three approvers each, in order, and a guest who may decide nothing.
pub(crate) const GROUPS: usize = NAMES.len() / 3;

/// How long a press waits for its answer: as long as it waits to be fetched. How long Telegram
/// takes an answer is documented nowhere, and nothing but these 150 seconds excuses a lost press.
pub(crate) const PRESS_LIVES: Duration = Duration::from_secs(150);

/// Everybody around the service.
pub(crate) struct Crowd {
    /// As in [`NAMES`]; the last one is the guest.
    pub(crate) people: Vec<Person>,
    pub(crate) groups: Vec<Group>,
}

impl Crowd {
    /// The guest's place among the people.
    pub(crate) const GUEST: usize = NAMES.len();

    /// A running house with a crowd in it.
    pub(crate) async fn gather() -> anyhow::Result<(House, Self)> {
        let options = SimOptions {
            callback_answer_deadline: PRESS_LIVES,
            ..SimOptions::default()
        };
        let sim = Sim::start(options).await?;
        let person = |n: usize| {
            let name = NAMES.get(n).copied().unwrap_or("guest");
            let id = 1001 + i64::try_from(n).unwrap_or_default();
            let person = sim.new_person(name).id(id).create();
            person.starts();
            person
        };
        let people: Vec<Person> = (0..=Self::GUEST).map(person).collect();
        let group = |n: usize| {
            let mut members: Vec<&Person> = people[n * 3..n * 3 + 3].iter().collect();
            members.push(&people[Self::GUEST]);
            sim.group(&format!("Team {n}"), &members)
                .supergroup()
                .create()
        };
        let groups: Vec<Group> = (0..GROUPS).map(group).collect();
        let crowd = Self { people, groups };
        let house = House::start_in(sim, &crowd.config()).await?;
        Ok((house, crowd))
    }

    /// Approvers and routes beyond those of every house.
    fn config(&self) -> String {
        let mut config = String::new();
        let mut route = |name: &str, approvers: &[&str], min: usize, chat: Option<i64>| {
            let _ = write!(
                config,
                "\n[[routes]]\nname = \"{name}\"\napprovers = {approvers:?}\nmin_approvals = {min}\n"
            );
            if let Some(chat) = chat {
                let _ = writeln!(config, "telegram_chat_id = {chat}");
            }
        };
        for (n, name) in NAMES.iter().enumerate() {
            route(&format!("one-{n}"), &[name], 1, None);
        }
        for (n, group) in self.groups.iter().enumerate() {
            let team = &NAMES[n * 3..n * 3 + 3];
            route(&format!("three-{n}"), team, 2, None);
            route(&format!("group-{n}"), team, 1, Some(group.id()));
            route(&format!("group-two-{n}"), team, 2, Some(group.id()));
        }
        for (person, name) in self.people.iter().zip(NAMES).skip(2) {
            let id = person.id();
            let _ = write!(
                config,
                "\n[[approvers]]\nname = \"{name}\"\nidentities = {{ telegram = \"{id}\" }}\n"
            );
        }
        config
    }

    /// Where the cards of a route appear.
    pub(crate) fn chats(&self, route: &Route) -> Vec<i64> {
        match route.group {
            Some(group) => vec![self.groups[group].id()],
            None => route
                .approvers
                .iter()
                .map(|approver| self.people[*approver].id())
                .collect(),
        }
    }

    /// Who sees cards in a chat.
    pub(crate) fn in_chat(&self, chat: i64) -> Vec<usize> {
        if let Some(n) = self.groups.iter().position(|group| group.id() == chat) {
            return (n * 3..n * 3 + 3).chain([Self::GUEST]).collect();
        }
        let own = self.people.iter().position(|person| person.id() == chat);
        own.into_iter().collect()
    }
}
