//! A requester asks.

use std::collections::HashSet;

use hmac::{Hmac, Mac};
use rand::Rng;
use secrecy::ExposeSecret;
use sha2::Sha256;
use signoff_contract::problem::FieldCode;
use signoff_contract::submission::{ParsedSubmission, parse};
use signoff_contract::{FieldError, PromptId, RequestId, RequestResource, Submission, time};
use signoff_core::Masked;
use signoff_core::request::{Closed, Pending, Presentation, Prompt, Request, State};
use signoff_store::{NewRequest, Submitted as Stored};

use super::resource;
use crate::directory::Route;
use crate::keys::{Caller, Scope};
use crate::{Engine, Error};

/// The channel of those who can only be reached through the API: a key that may decide, and no
/// chat. What is in the list there is shown the moment it exists.
const API: &str = "api";

/// The route of a request that names none.
const DEFAULT_ROUTE: &str = "default";

/// What became of a submission.
#[derive(Debug, Clone, PartialEq)]
pub enum Submitted {
    /// It is new, and survives from here on.
    Created(RequestResource),
    /// The same body was submitted before.
    Replayed(RequestResource),
}

/// Whom a request reaches, and why it does not reach the others.
struct Plan {
    prompts: Vec<Prompt>,
    unreachable: Vec<String>,
}

impl Engine {
    /// Takes a submission: once it is answered, it is durable.
    pub async fn submit(&self, caller: &Caller, body: &[u8]) -> Result<Submitted, Error> {
        caller.require(Scope::RequestsWrite)?;
        let ParsedSubmission {
            submission,
            canonical_body,
        } = parse(body)?;
        let body_mac = self.body_mac(&canonical_body);
        let Some(project) = self.directory.project(&caller.project) else {
            return Err(Error::NotFound("project"));
        };
        let route = match self.check(caller, &submission) {
            Ok(route) => route,
            Err(errors) => return self.replay(caller, &submission, &body_mac, errors).await,
        };
        let (request, unreachable) = self.new_request(caller, route, submission);
        let max_pending = project.max_pending;
        let new = NewRequest {
            request,
            unreachable,
            body_mac,
            max_pending,
        };
        match self.store.submit(new).await? {
            Stored::Created(record) => {
                self.metrics.submitted(record.request.submission.kind);
                Ok(Submitted::Created(resource(&record)))
            }
            Stored::Replayed(record) => Ok(Submitted::Replayed(resource(&record))),
            Stored::Pruned(tombstone) => Err(Error::Pruned(tombstone)),
            // Only a request of a drop-in endpoint is ever told that it is pending.
            Stored::Conflict | Stored::AlreadyPending => Err(Error::CorrelationConflict),
            Stored::TooManyPending => Err(Error::TooManyPending { max: max_pending }),
        }
    }

    /// A submit that today's configuration refuses may repeat one that was accepted before:
    /// retrying is always safe.
    async fn replay(
        &self,
        caller: &Caller,
        submission: &Submission,
        body_mac: &[u8; 32],
        errors: Vec<FieldError>,
    ) -> Result<Submitted, Error> {
        let id = &submission.correlation_id;
        match self.store.replay(&caller.project, id, body_mac).await? {
            Some(Stored::Replayed(record)) => Ok(Submitted::Replayed(resource(&record))),
            Some(Stored::Pruned(tombstone)) => Err(Error::Pruned(tombstone)),
            Some(_) => Err(Error::CorrelationConflict),
            None => Err(Error::Invalid(errors)),
        }
    }

    /// What only the configuration can tell: the route, and whether the callback may go there.
    fn check(&self, caller: &Caller, submission: &Submission) -> Result<&Route, Vec<FieldError>> {
        let mut errors = Vec::new();
        let name = submission.route.as_deref().unwrap_or(DEFAULT_ROUTE);
        let route = self.directory.route(&caller.project, name);
        if route.is_none() {
            let known = self.directory.route_names(&caller.project);
            let detail = if known.is_empty() {
                format!(
                    "project {:?} has no route; the operator adds one",
                    caller.project
                )
            } else {
                format!("there is no such route; known: {}", known.join(", "))
            };
            errors.push(FieldError::new("/route", FieldCode::NotAllowed, detail));
        }
        if let Some(callback) = &submission.callback
            && let Err(refused) = self.allow.check_url(&callback.url)
        {
            let detail = refused.to_string();
            errors.push(FieldError::new(
                "/callback/url",
                FieldCode::NotAllowed,
                detail,
            ));
        }
        match route {
            Some(route) if errors.is_empty() => Ok(route),
            _ => Err(errors),
        }
    }

    pub(super) fn new_request(
        &self,
        caller: &Caller,
        route: &Route,
        submission: Submission,
    ) -> (Request, Vec<String>) {
        let now = self.clock().now();
        let millis = u64::try_from(now.as_millisecond()).unwrap_or(0);
        let mut rng = rand::rng();
        let Plan {
            prompts,
            unreachable,
        } = self.plan(
            caller,
            route,
            || PromptId::from_parts(millis, rng.random()),
            now,
        );
        let ttl_seconds = submission.ttl_seconds.unwrap_or(route.ttl_seconds);
        let expires_at = time::plus_seconds(now, ttl_seconds);
        let remind_at = route
            .remind_after_seconds
            .map(|seconds| time::plus_seconds(now, seconds))
            .filter(|at| *at < expires_at);
        let Masked {
            submission,
            pointers,
            intent_digest,
            view_digest,
        } = self.masker.submission(submission);
        let request = Request {
            id: RequestId::from_parts(millis, rand::rng().random()),
            project: caller.project.clone(),
            route: route.name.clone(),
            submission,
            masked: pointers,
            intent_digest,
            view_digest,
            min_approvals: route.min_approvals,
            submitted_by: caller.key.clone(),
            submitted_for: caller.approver.clone(),
            created_at: now,
            expires_at,
            remind_at,
            state: State::Pending(Pending::default()),
            prompts,
            claimed_at: None,
            execution: None,
            dialect: None,
        };
        (request, unreachable)
    }

    /// One prompt for each channel and place: the route's places, or each approver's own chats.
    /// Those without a chat but with a key that may decide are reached through the API.
    fn plan(
        &self,
        caller: &Caller,
        route: &Route,
        mut id: impl FnMut() -> PromptId,
        now: jiff::Timestamp,
    ) -> Plan {
        let mut prompts: Vec<Prompt> = Vec::new();
        let mut unreachable = Vec::new();
        let mut through_api = Vec::new();
        let deciding = self.keys.deciding_approvers();
        let mut seen = HashSet::new();
        let others = route
            .approvers
            .iter()
            .filter(|name| caller.approver.as_ref() != Some(*name));
        for name in others.filter(|name| seen.insert(*name)) {
            let addresses = self.addresses(route, name);
            if addresses.is_empty() {
                if deciding.contains(name) {
                    through_api.push(name.clone());
                } else {
                    unreachable.push(self.why_unreachable(route, name));
                }
            }
            for (channel, place) in addresses {
                let known = prompts
                    .iter_mut()
                    .find(|p| p.channel == channel && p.place == place);
                if let Some(prompt) = known {
                    prompt.approvers.push(name.clone());
                    continue;
                }
                let number = u8::try_from(prompts.len()).unwrap_or(u8::MAX);
                prompts.push(Prompt {
                    id: id(),
                    number,
                    channel,
                    place,
                    approvers: vec![name.clone()],
                    presentation: Presentation::Waiting,
                });
            }
        }
        if !through_api.is_empty() {
            prompts.push(Prompt {
                id: id(),
                number: u8::try_from(prompts.len()).unwrap_or(u8::MAX),
                channel: API.to_owned(),
                place: API.to_owned(),
                approvers: through_api,
                presentation: Presentation::Shown {
                    at: now,
                    closed: Closed::No,
                },
            });
        }
        Plan {
            prompts,
            unreachable,
        }
    }

    /// Where an approver is reached, channel and place: in each of the route's channels, else where
    /// it has a place, else in the first channel that knows the approver.
    fn addresses(&self, route: &Route, approver: &str) -> Vec<(String, String)> {
        let serving = || self.channel_names.iter();
        let place_in = |channel: &String| {
            let place = route.places.iter().find(|place| place.channel == *channel);
            place.map(|place| place.place.clone())
        };
        let placed = serving().any(|channel| place_in(channel).is_some());
        let used = serving().filter(|channel| match &route.channels {
            Some(channels) => channels.contains(*channel),
            None => !placed || place_in(channel).is_some(),
        });
        let all = used.filter_map(|channel| {
            let own = self.directory.user_id(approver, channel)?;
            Some((channel.clone(), place_in(channel).unwrap_or(own)))
        });
        let most = if route.channels.is_some() || placed {
            usize::MAX
        } else {
            1
        };
        all.take(most).collect()
    }

    fn why_unreachable(&self, route: &Route, name: &str) -> String {
        let of_route = route
            .channels
            .as_ref()
            .and_then(|channels| channels.first());
        match of_route.or(self.channel_names.first()) {
            Some(channel) => format!("{channel}: {name} is not paired"),
            None => format!("{name} has no channel and no key that may decide"),
        }
    }

    /// Keyed, so that a copy of the database does not let anyone test guesses of a body.
    pub(super) fn body_mac(&self, canonical_body: &[u8]) -> [u8; 32] {
        let key = self.store.secrets().replay.expose_secret();
        // HMAC takes keys of any length; the other arm keeps the function total.
        Hmac::<Sha256>::new_from_slice(key).map_or([0; 32], |mut mac| {
            mac.update(canonical_body);
            mac.finalize().into_bytes().into()
        })
    }
}
