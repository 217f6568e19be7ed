//! A group, as tests move it.

use std::panic::Location;
use std::sync::Arc;

use super::Person;
use super::waits::fail;
use crate::error::Error;
use crate::shared::Shared;
use crate::world::{GroupDraft, Membership, World};

/// How a new group is set up; see [`crate::Sim::group`].
#[derive(Debug)]
#[must_use = "a group exists after `create`"]
pub struct GroupBuilder {
    pub(crate) shared: Arc<Shared>,
    pub(crate) draft: GroupDraft,
}

impl GroupBuilder {
    /// Makes it a supergroup.
    pub fn supergroup(mut self) -> Self {
        self.draft.supergroup = true;
        self
    }

    /// Makes it a supergroup with topics.
    pub fn forum(mut self) -> Self {
        self.draft.forum = true;
        self
    }

    /// Makes the bot an administrator, who sees everything.
    pub fn bot_is_admin(mut self) -> Self {
        self.draft.bot = Membership::Administrator { anonymous: false };
        self
    }

    /// Leaves the bot outside.
    pub fn without_bot(mut self) -> Self {
        self.draft.bot = Membership::Left;
        self
    }

    /// Founds the group.
    ///
    /// # Panics
    /// When one of the people belongs to another simulator.
    #[track_caller]
    pub fn create(self) -> Group {
        let caller = Location::caller();
        let draft = self.draft;
        let id = self
            .shared
            .change(|world| world.found_group(draft))
            .unwrap_or_else(|e| fail(caller, &e));
        Group {
            shared: self.shared,
            id,
        }
    }
}

/// A handle on one group. Clones are the same group.
#[derive(Debug, Clone)]
pub struct Group {
    pub(crate) shared: Arc<Shared>,
    pub(crate) id: i64,
}

impl From<&Group> for i64 {
    fn from(group: &Group) -> Self {
        group.id
    }
}

impl Group {
    /// The chat id; negative.
    pub fn id(&self) -> i64 {
        self.id
    }

    #[track_caller]
    fn must<R>(&self, act: impl FnOnce(&mut World) -> Result<R, Error>) -> R {
        let caller = Location::caller();
        self.shared
            .change(act)
            .unwrap_or_else(|error| fail(caller, &error))
    }

    /// Adds a person.
    ///
    /// # Panics
    /// When the person belongs to another simulator.
    #[track_caller]
    pub fn adds(&self, person: &Person) {
        self.must(|world| world.set_member(self.id, person.id, Membership::Member));
    }

    /// Makes a person an administrator.
    ///
    /// # Panics
    /// When the person belongs to another simulator.
    #[track_caller]
    pub fn promotes(&self, person: &Person) {
        self.must(|world| {
            world.set_member(
                self.id,
                person.id,
                Membership::Administrator { anonymous: false },
            )
        });
    }

    /// Makes a person an administrator who writes in the group's name.
    ///
    /// # Panics
    /// When the person belongs to another simulator.
    #[track_caller]
    pub fn promotes_anonymously(&self, person: &Person) {
        self.must(|world| {
            world.set_member(
                self.id,
                person.id,
                Membership::Administrator { anonymous: true },
            )
        });
    }

    /// Removes a person.
    ///
    /// # Panics
    /// When the person belongs to another simulator.
    #[track_caller]
    pub fn removes(&self, person: &Person) {
        self.must(|world| world.set_member(self.id, person.id, Membership::Kicked));
    }

    /// Removes the bot; `by` is who does it.
    ///
    /// # Panics
    /// When the person belongs to another simulator.
    #[track_caller]
    pub fn kicks_bot(&self, by: &Person) {
        self.must(|world| world.kick_bot(self.id, by.id));
    }

    /// Adds the bot (again); `by` is who does it.
    ///
    /// # Panics
    /// When the person belongs to another simulator.
    #[track_caller]
    pub fn adds_bot(&self, by: &Person) {
        self.must(|world| world.add_bot(self.id, by.id, Membership::Member));
    }

    /// Opens a topic and returns its id.
    ///
    /// # Panics
    /// When the group has no topics.
    #[track_caller]
    pub fn opens_topic(&self, by: &Person, name: &str) -> i64 {
        self.must(|world| world.open_topic(self.id, by.id, name))
    }

    /// Deletes a topic, so that its thread is not found any more.
    ///
    /// # Panics
    /// When there is no such group.
    #[track_caller]
    pub fn deletes_topic(&self, thread: i64) {
        self.must(|world| {
            world.chat_mut(self.id)?.topics.remove(&thread);
            Ok(())
        });
    }

    /// Becomes a supergroup with a new id. This handle stays on the old, dead group.
    ///
    /// # Panics
    /// When it is a supergroup already.
    #[track_caller]
    #[must_use = "the group goes on under the new id"]
    pub fn migrates(&self) -> Group {
        let id = self.must(|world| world.migrate(self.id));
        Group {
            shared: Arc::clone(&self.shared),
            id,
        }
    }
}
