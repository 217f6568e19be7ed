//! Who is who: projects, routes, approvers and their identities.
//!
//! Projects, routes and approvers come from the configuration and do not change while the
//! service runs; identities are also paired at run time.

use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock};

use signoff_contract::signature::SigningSecret;
use signoff_store::Identity;

/// The isolation border for keys, requests and routes.
#[derive(Debug, Clone)]
pub struct Project {
    /// Its name.
    pub name: String,
    /// How many pending requests it may have.
    pub max_pending: u32,
    /// Every one signs its callbacks while a rotation runs. Never empty.
    pub signing_secrets: Vec<SigningSecret>,
}

/// Which approvers, in which place, see which requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// Its name.
    pub name: String,
    /// The project it belongs to.
    pub project: String,
    /// Who may decide, by name.
    pub approvers: Vec<String>,
    /// How many different people must approve.
    pub min_approvals: u32,
    /// The channels that show its requests, all at once; `None`: those it has a place in, else the
    /// first channel that an approver can be reached in.
    pub channels: Option<Vec<String>>,
    /// One place for all of them, at most one in each channel; without one each approver's own chat.
    pub places: Vec<Place>,
    /// Seconds until a request expires that names no time itself.
    pub ttl_seconds: u64,
    /// Seconds until the one reminder.
    pub remind_after_seconds: Option<u64>,
}

/// A place in a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The channel: `telegram`.
    pub channel: String,
    /// Where in it, in the channel's own notation.
    pub place: String,
}

/// A person known to Signoff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approver {
    /// The name.
    pub name: String,
    /// What they are: `owner`, `delegate`, …
    pub roles: Vec<String>,
    /// Their language (BCP 47).
    pub language: Option<String>,
    /// Their ids in channels, from the configuration: channel → the channel's own id.
    pub identities: BTreeMap<String, String>,
}

/// All of them.
#[derive(Debug)]
pub struct Directory {
    projects: BTreeMap<String, Project>,
    routes: BTreeMap<(String, String), Route>,
    approvers: BTreeMap<String, Approver>,
    paired: RwLock<Vec<Identity>>,
}

/// What makes a directory unusable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidDirectory(String);

impl Directory {
    /// Checks that the parts fit together.
    pub fn new(
        projects: Vec<Project>,
        routes: Vec<Route>,
        approvers: Vec<Approver>,
    ) -> Result<Self, InvalidDirectory> {
        let mut directory = Self {
            projects: BTreeMap::new(),
            routes: BTreeMap::new(),
            approvers: BTreeMap::new(),
            paired: RwLock::default(),
        };
        for project in projects {
            let name = project.name.clone();
            if project.signing_secrets.is_empty() {
                return invalid(format!("project {name:?} has no signing secret"));
            }
            if directory.projects.insert(name.clone(), project).is_some() {
                return invalid(format!("project {name:?} is there twice"));
            }
        }
        for approver in approvers {
            for (channel, user_id) in &approver.identities {
                if let Some(other) = directory.approver_of(channel, user_id) {
                    let name = &approver.name;
                    return invalid(format!(
                        "approvers {name:?} and {other:?} share the {channel} identity {user_id}"
                    ));
                }
            }
            let name = approver.name.clone();
            if directory.approvers.insert(name.clone(), approver).is_some() {
                return invalid(format!("approver {name:?} is there twice"));
            }
        }
        for route in routes {
            directory.check_route(&route)?;
            let key = (route.project.clone(), route.name.clone());
            if directory.routes.insert(key, route.clone()).is_some() {
                let Route { name, project, .. } = route;
                return invalid(format!(
                    "route {name:?} of project {project:?} is there twice"
                ));
            }
        }
        Ok(directory)
    }

    fn check_route(&self, route: &Route) -> Result<(), InvalidDirectory> {
        let Route {
            name,
            project,
            approvers,
            min_approvals,
            ..
        } = route;
        if !self.projects.contains_key(project) {
            return invalid(format!(
                "route {name:?} names the unknown project {project:?}"
            ));
        }
        if approvers.is_empty() {
            return invalid(format!("route {name:?} has no approvers"));
        }
        if let Some(unknown) = approvers.iter().find(|a| !self.approvers.contains_key(*a)) {
            return invalid(format!(
                "route {name:?} names the unknown approver {unknown:?}"
            ));
        }
        let mut distinct: Vec<&String> = approvers.iter().collect();
        distinct.sort_unstable();
        distinct.dedup();
        let people = distinct.len();
        if *min_approvals == 0 || usize::try_from(*min_approvals).is_ok_and(|min| min > people) {
            return invalid(format!(
                "route {name:?} asks for {min_approvals} approvals of {people} approvers"
            ));
        }
        // A prompt's number is one byte of its handles.
        let channels = route.channels.as_ref().map_or(0, Vec::len);
        let channels = channels.max(route.places.len()).max(1);
        if people.saturating_mul(channels) > 200 {
            return invalid(format!(
                "route {name:?} has {people} approvers in {channels} channels; at most 200 cards fit"
            ));
        }
        Ok(())
    }

    /// The project with this name.
    pub fn project(&self, name: &str) -> Option<&Project> {
        self.projects.get(name)
    }

    /// The project's route with this name.
    pub fn route(&self, project: &str, name: &str) -> Option<&Route> {
        self.routes.get(&(project.to_owned(), name.to_owned()))
    }

    /// The names of a project's routes.
    pub fn route_names(&self, project: &str) -> Vec<&str> {
        let of_project = self
            .routes
            .values()
            .filter(|route| route.project == project);
        of_project.map(|route| route.name.as_str()).collect()
    }

    /// Every route.
    pub fn routes(&self) -> impl Iterator<Item = &Route> {
        self.routes.values()
    }

    /// Every approver.
    pub fn approvers(&self) -> impl Iterator<Item = &Approver> {
        self.approvers.values()
    }

    /// The approver with this name.
    pub fn approver(&self, name: &str) -> Option<&Approver> {
        self.approvers.get(name)
    }

    /// Who may decide a request on this route now. Nobody, when the route is gone.
    pub fn eligible(&self, project: &str, route: &str) -> Vec<String> {
        self.route(project, route)
            .map(|route| route.approvers.clone())
            .unwrap_or_default()
    }

    /// The name of the approver with this identity.
    pub fn approver_of(&self, channel: &str, user_id: &str) -> Option<String> {
        let configured = self
            .approvers
            .values()
            .find(|a| a.identities.get(channel).is_some_and(|id| id == user_id))
            .map(|approver| approver.name.clone());
        configured.or_else(|| {
            let paired = self.paired.read().unwrap_or_else(PoisonError::into_inner);
            paired
                .iter()
                .find(|i| i.channel == channel && i.user_id == user_id)
                .filter(|i| self.approvers.contains_key(&i.approver))
                .map(|identity| identity.approver.clone())
        })
    }

    /// The channel's own id of an approver: the configured one, else the one paired last.
    pub fn user_id(&self, approver: &str, channel: &str) -> Option<String> {
        let configured = self.approvers.get(approver)?.identities.get(channel);
        configured.cloned().or_else(|| {
            let paired = self.paired.read().unwrap_or_else(PoisonError::into_inner);
            paired
                .iter()
                .rfind(|i| i.approver == approver && i.channel == channel)
                .map(|identity| identity.user_id.clone())
        })
    }

    /// Replaces what is known of pairings.
    pub fn set_paired(&self, identities: Vec<Identity>) {
        *self.paired.write().unwrap_or_else(PoisonError::into_inner) = identities;
    }
}

fn invalid<T>(why: String) -> Result<T, InvalidDirectory> {
    Err(InvalidDirectory(why))
}
