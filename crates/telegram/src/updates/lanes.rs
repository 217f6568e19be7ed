//! Whose turn it is: what one person does in one chat waits in one lane and is handled in its
//! order, a failed update included: it keeps the head of its lane until it is handled or given
//! up. Lanes never wait for each other, and the slots in which updates are handled are divided
//! so that neither strangers nor a busy chat take those of others.

use std::collections::{HashMap, VecDeque};

use tokio::time::Instant;

use super::inbound::Update;

/// How many updates a lane keeps in memory; of the others it knows the ids alone.
const PER_LANE: usize = 8;
/// How many all lanes keep in memory together.
const IN_MEMORY: usize = 512;

/// A lane's chat and person.
pub(super) type Lane = (i64, i64);

/// One update on its way through.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) id: i64,
    pub(super) key: String,
    pub(super) update: Update,
    pub(super) received_at: jiff::Timestamp,
    /// How often handling it failed.
    pub(super) failures: u32,
}

/// What takes a slot of its own kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Class {
    /// A press by somebody whom the configuration knows.
    Press,
    /// Anything else by them.
    Text,
    StrangersPress,
    StrangersText,
}

impl Class {
    const ALL: [Self; 4] = [
        Self::Press,
        Self::Text,
        Self::StrangersPress,
        Self::StrangersText,
    ];

    fn of(known: bool, press: bool) -> Self {
        match (known, press) {
            (true, true) => Self::Press,
            (true, false) => Self::Text,
            (false, true) => Self::StrangersPress,
            (false, false) => Self::StrangersText,
        }
    }

    /// How many are handled at once: in all, and in one chat. What is said in a chat may wait
    /// for the chat's limit inside its slot, so few of one chat do.
    fn slots(self) -> (usize, usize) {
        match self {
            Self::Press => (64, 16),
            Self::Text => (32, 2),
            Self::StrangersPress => (16, 8),
            Self::StrangersText => (4, 1),
        }
    }
}

/// An update of a lane, in memory or in the store.
#[derive(Debug)]
struct Entry {
    id: i64,
    press: bool,
    job: Option<Job>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Free,
    /// Its head is being handled.
    Busy(Class),
    /// Handling its head failed.
    Resting(Instant),
}

#[derive(Debug)]
struct Queue {
    /// Whether the configuration knows this person.
    known: bool,
    state: State,
    entries: VecDeque<Entry>,
}

/// All lanes in which something waits.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    queues: HashMap<Lane, Queue>,
    slots: HashMap<Class, usize>,
    slots_in_chat: HashMap<(Class, i64), usize>,
    in_memory: usize,
    depth: usize,
}

/// What is to be handled: from memory, or by its id in the store.
#[derive(Debug)]
pub(super) struct Turn {
    pub(super) lane: Lane,
    pub(super) id: i64,
    pub(super) job: Option<Job>,
}

impl Lanes {
    /// How many updates wait or are being handled.
    pub(super) fn depth(&self) -> usize {
        self.depth
    }

    /// Whether something of this lane is here already.
    pub(super) fn has(&self, lane: Lane) -> bool {
        self.queues.contains_key(&lane)
    }

    /// Queues an update. `known` is looked at where the lane is new.
    pub(super) fn add(&mut self, job: Job, known: bool) {
        let queue = self.queues.entry(job.update.lane()).or_insert(Queue {
            known,
            state: State::Free,
            entries: VecDeque::new(),
        });
        let keep = queue.entries.len() < PER_LANE && self.in_memory < IN_MEMORY;
        self.in_memory += usize::from(keep);
        self.depth += 1;
        queue.entries.push_back(Entry {
            id: job.id,
            press: matches!(job.update, Update::Press(_)),
            job: keep.then_some(job),
        });
    }

    /// The oldest update whose lane is free and for whose kind there is a slot.
    pub(super) fn next(&mut self, now: Instant) -> Option<Turn> {
        let mut first: Option<(i64, Lane, Class)> = None;
        let free = Class::ALL.map(|class| (class, self.taken(class) < class.slots().0));
        for (lane, queue) in &self.queues {
            let Some(head) = queue.entries.front().filter(|_| queue.is_due(now)) else {
                continue;
            };
            let class = Class::of(queue.known, head.press);
            if first.is_none_or(|(id, ..)| head.id < id)
                && free.contains(&(class, true))
                && self.taken_in(class, lane.0) < class.slots().1
            {
                first = Some((head.id, *lane, class));
            }
        }
        let (id, lane, class) = first?;
        let queue = self.queues.get_mut(&lane)?;
        queue.state = State::Busy(class);
        let job = queue.entries.front_mut()?.job.take();
        self.in_memory -= usize::from(job.is_some());
        *self.slots.entry(class).or_default() += 1;
        *self.slots_in_chat.entry((class, lane.0)).or_default() += 1;
        Some(Turn { lane, id, job })
    }

    /// The head of this lane is done with: the next one's turn.
    pub(super) fn done(&mut self, lane: Lane) {
        self.release(lane, State::Free);
        if let Some(queue) = self.queues.get_mut(&lane) {
            queue.entries.pop_front();
            self.depth -= 1;
            if queue.entries.is_empty() {
                self.queues.remove(&lane);
            }
        }
    }

    /// The head of this lane is to be handled again, before anything else of its lane.
    pub(super) fn again(&mut self, lane: Lane, job: Option<Job>, at: Instant) {
        self.release(lane, State::Resting(at));
        let queue = self.queues.get_mut(&lane);
        if let (Some(job), Some(head)) = (job, queue.and_then(|queue| queue.entries.front_mut())) {
            self.in_memory += 1;
            head.job = Some(job);
        }
    }

    /// When the next lane has rested.
    pub(super) fn next_due(&self, now: Instant) -> Option<Instant> {
        let resting = self.queues.values().filter_map(|queue| match queue.state {
            // One that is due already waits for a slot, not for the time.
            State::Resting(at) if at > now => Some(at),
            _ => None,
        });
        resting.min()
    }

    fn taken(&self, class: Class) -> usize {
        self.slots.get(&class).copied().unwrap_or_default()
    }

    fn taken_in(&self, class: Class, chat: i64) -> usize {
        let taken = self.slots_in_chat.get(&(class, chat));
        taken.copied().unwrap_or_default()
    }

    fn release(&mut self, lane: Lane, then: State) {
        let Some(queue) = self.queues.get_mut(&lane) else {
            return;
        };
        let State::Busy(class) = std::mem::replace(&mut queue.state, then) else {
            return;
        };
        if let Some(taken) = self.slots.get_mut(&class) {
            *taken = taken.saturating_sub(1);
        }
        let in_chat = (class, lane.0);
        if let Some(taken) = self.slots_in_chat.get_mut(&in_chat) {
            *taken = taken.saturating_sub(1);
            if *taken == 0 {
                self.slots_in_chat.remove(&in_chat);
            }
        }
    }
}

impl Queue {
    fn is_due(&self, now: Instant) -> bool {
        match self.state {
            State::Free => true,
            State::Busy(_) => false,
            State::Resting(at) => at <= now,
        }
    }
}

#[cfg(test)]
#[path = "lanes_tests.rs"]
mod tests;
