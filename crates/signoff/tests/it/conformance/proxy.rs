//! Stands between the kit and a real service, and gets one thing wrong.

use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde_json::{Value, json};
use signoff_contract::signature::{self, SigningSecret};

use super::slips::{self, Slip};
use crate::world::SIGNING_SECRET;

/// What is wrong with a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flaw {
    /// Only the slips that it is given.
    Slips,
    RepeatsGetNewIds,
    RepeatsAreCreated,
    TakesConflicts,
    TakesNullForAbsent,
    NamesNoPlace,
    HidesThatKeysAreWrong,
    TellsOfOtherProjects,
    ComputesAnotherDigest,
    ShowsWhatIsMasked,
    TakesAMisspeltField,
    TellsOneFaultOnly,
    DecidesTwice,
    CancelsWhatHasEnded,
    ClaimsTwice,
    LosesReasons,
    SaysDeniedForExpired,
    DoesNotWait,
    ForgetsTheCursor,
    DoesNotFilter,
    WritesNoDetail,
    WritesNoCode,
    NamesNoRequest,
    HasNoMethods,
    TakesLargeBodies,
    CountsNoEvents,
    StreamsTheLastAgain,
    SignsWithAnotherSecret,
    SpellsTheCallbackAnew,
    RenamesRetries,
    FollowsRedirects,
    DoesNotGiveUp,
    CallsAnotherType,
    SpellsRetriesAnew,
    ListsAllProjects,
}

#[derive(Clone)]
pub(super) struct Proxy {
    pub(super) url: String,
    flaw: Flaw,
    slips: Vec<Slip>,
    service: String,
    http: reqwest::Client,
    /// The key that asks, and that of the other project, as callers send them.
    plane: String,
    other: String,
    /// Where callbacks were to go.
    callbacks: Arc<Mutex<HashMap<String, String>>>,
    /// How many callbacks came by.
    attempts: Arc<AtomicUsize>,
}

/// A call, or an answer, on its way.
struct Message {
    status: StatusCode,
    headers: HeaderMap,
    body: Value,
}

impl Proxy {
    /// Calls the service from an address of its own: failed authentications are counted by address.
    pub(super) async fn start(service: &str, keys: [&str; 2], flaw: Flaw, from: IpAddr) -> Self {
        let [plane, other] = keys;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .local_address(from)
            .build();
        let proxy = Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            flaw,
            slips: match flaw {
                Flaw::Slips => slips::TABLE.iter().map(|(slip, _)| *slip).collect(),
                _ => Vec::new(),
            },
            service: service.to_owned(),
            http: http.unwrap(),
            plane: format!("Bearer {plane}"),
            other: format!("Bearer {other}"),
            callbacks: Arc::default(),
            attempts: Arc::default(),
        };
        let router = Router::new().fallback(pass).with_state(proxy.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        proxy
    }

    /// Changes what is asked.
    fn ask(&self, path: &mut String, body: &mut Value) {
        self.slips.iter().for_each(|slip| slip.ask(body));
        match self.flaw {
            Flaw::TakesNullForAbsent => {
                if let Some(body) = body.as_object_mut() {
                    body.retain(|_, value| !value.is_null());
                }
            }
            Flaw::TakesAMisspeltField => {
                if let Some(body) = body.as_object_mut() {
                    body.remove("titel");
                }
            }
            Flaw::DoesNotWait => *path = path.split("?wait_seconds").next().unwrap().to_owned(),
            Flaw::ForgetsTheCursor => *path = path.split("&cursor").next().unwrap().to_owned(),
            Flaw::DoesNotFilter if path.contains("status=") => {
                "/v1/requests?limit=200".clone_into(path);
            }
            _ => {}
        }
        // Callbacks come by here too.
        let to = body.pointer_mut("/callback/url");
        if let Some(url) = to
            && let Some(given) = url
                .as_str()
                .filter(|url| url.starts_with("http://127.0.0.1:"))
        {
            let given = given.to_owned();
            let name = given.rsplit('/').next().unwrap_or_default().to_owned();
            *url = json!(format!("{}/callbacks/{name}", self.url));
            self.callbacks.lock().unwrap().insert(name, given);
        }
    }

    /// Changes what is answered.
    fn answer(&self, call: (&Method, &str), headers: &HeaderMap, answer: &mut Message) {
        let (method, path) = call;
        let submits = method == Method::POST && path == "/v1/requests";
        let Message {
            status,
            headers: answered,
            body,
        } = answer;
        let by_other = headers
            .get("authorization")
            .is_some_and(|it| *it == *self.other);
        for slip in &self.slips {
            slip.answer(call, by_other, status, body);
        }
        let code = body["code"].as_str().unwrap_or_default().to_owned();
        match self.flaw {
            Flaw::RepeatsGetNewIds if submits && *status == 200 => {
                body["id"] = json!("req_01M7XZKFCWF6X0FAWT3MJ4MM12");
            }
            Flaw::RepeatsAreCreated if submits && *status == 200 => *status = StatusCode::ACCEPTED,
            Flaw::TakesConflicts if code == "correlation_conflict" => *status = StatusCode::OK,
            Flaw::NamesNoPlace => drop(answered.remove("location")),
            Flaw::HidesThatKeysAreWrong if *status == 401 => {
                *status = StatusCode::NOT_FOUND;
                body["status"] = json!(404);
                body["code"] = json!("not_found");
            }
            Flaw::TellsOfOtherProjects
                if *status == 404
                    && path.contains(":apart")
                    && headers
                        .get("authorization")
                        .is_some_and(|it| *it == *self.other) =>
            {
                *status = StatusCode::FORBIDDEN;
            }
            Flaw::ComputesAnotherDigest if body["intent_digest"].is_string() => {
                let another = signoff_contract::Digest::of_bytes(b"another");
                body["intent_digest"] = json!(another);
            }
            Flaw::ShowsWhatIsMasked if method == Method::GET => {
                let database = body.pointer_mut("/action/arguments/database/password");
                if let Some(password) = database {
                    *password = json!("correct horse battery staple");
                }
            }
            Flaw::TellsOneFaultOnly => {
                if let Some(errors) = body.get_mut("errors").and_then(Value::as_array_mut) {
                    errors.truncate(1);
                }
            }
            Flaw::DecidesTwice if code == "already_decided" && path.ends_with("/decision") => {
                *status = StatusCode::OK;
            }
            Flaw::CancelsWhatHasEnded if code == "already_decided" && path.ends_with("/cancel") => {
                *status = StatusCode::OK;
            }
            Flaw::ClaimsTwice if code == "already_claimed" => *status = StatusCode::OK,
            Flaw::LosesReasons if body["outcome"].is_object() => {
                body["outcome"]["reason"] = Value::Null;
            }
            Flaw::SaysDeniedForExpired if body["status"] == "expired" => {
                body["status"] = json!("denied");
            }
            Flaw::WritesNoDetail | Flaw::WritesNoCode if !code.is_empty() => {
                let name = match self.flaw {
                    Flaw::WritesNoDetail => "detail",
                    _ => "code",
                };
                body.as_object_mut().unwrap().remove(name);
            }
            Flaw::NamesNoRequest => drop(answered.remove("x-request-id")),
            Flaw::HasNoMethods if *status == 405 => {
                *status = StatusCode::NOT_FOUND;
                body["status"] = json!(404);
                body["code"] = json!("not_found");
            }
            Flaw::TakesLargeBodies if *status == 413 => *status = StatusCode::ACCEPTED,
            _ => {}
        }
    }

    /// Passes a callback on.
    async fn calls_back(&self, name: &str, mut headers: HeaderMap, mut body: Bytes) -> Response {
        let to = self.callbacks.lock().unwrap()[name].clone();
        match self.flaw {
            Flaw::SignsWithAnotherSecret => {
                sign(
                    &mut headers,
                    &body,
                    "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX",
                );
            }
            Flaw::RenamesRetries => {
                let name = format!("msg_{:032x}", rand::random::<u128>());
                headers.insert("webhook-id", name.parse().unwrap());
                sign(&mut headers, &body, SIGNING_SECRET);
            }
            Flaw::CallsAnotherType => {
                let text = String::from_utf8(body.to_vec()).unwrap();
                body = text
                    .replacen("request.denied", "request.approved", 1)
                    .into();
                sign(&mut headers, &body, SIGNING_SECRET);
            }
            Flaw::SpellsRetriesAnew => {
                let spaces = self.attempts.fetch_add(1, Ordering::Relaxed);
                body = [&body[..], &vec![b' '; spaces]].concat().into();
                sign(&mut headers, &body, SIGNING_SECRET);
            }
            Flaw::SpellsTheCallbackAnew => {
                let value: Value = serde_json::from_slice(&body).unwrap();
                body = serde_json::to_vec_pretty(&value).unwrap().into();
            }
            _ => {}
        }
        let mut answer = self.posts(&to, &headers, &body).await;
        if self.flaw == Flaw::DoesNotGiveUp && answer == StatusCode::GONE {
            answer = self.posts(&to, &headers, &body).await;
        }
        if self.flaw == Flaw::FollowsRedirects && answer == StatusCode::TEMPORARY_REDIRECT {
            let elsewhere = to.replace("redirected", "elsewhere");
            answer = self.posts(&elsewhere, &headers, &body).await;
        }
        if answer == StatusCode::TEMPORARY_REDIRECT {
            return (answer, [("location", "elsewhere")]).into_response();
        }
        answer.into_response()
    }

    async fn posts(&self, to: &str, headers: &HeaderMap, body: &Bytes) -> StatusCode {
        let call = self.http.post(to).headers(onward(headers));
        let answer = call.body(body.clone()).send().await;
        answer.map_or(StatusCode::BAD_GATEWAY, |answer| answer.status())
    }
}

fn sign(headers: &mut HeaderMap, body: &[u8], secret: &str) {
    let text = |name: &str| headers[name].to_str().unwrap().to_owned();
    let secret = SigningSecret::parse(secret).unwrap();
    let at = text("webhook-timestamp").parse().unwrap();
    let signed = signature::sign(&[secret], &text("webhook-id"), at, body);
    headers.insert("webhook-signature", signed.unwrap().parse().unwrap());
}

/// The headers but those that are about one connection.
fn onward(headers: &HeaderMap) -> HeaderMap {
    let mut headers = headers.clone();
    for name in ["host", "content-length", "transfer-encoding", "connection"] {
        headers.remove(name);
    }
    headers
}

async fn pass(
    State(proxy): State<Proxy>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let mut path = uri.to_string();
    if let Some(name) = path.strip_prefix("/callbacks/") {
        return proxy.calls_back(name, headers, body).await;
    }
    let mut asked: Value = serde_json::from_slice(&body).unwrap_or_default();
    let before = asked.clone();
    proxy.ask(&mut path, &mut asked);
    // What was not changed goes as it came, duplicate keys and all.
    let body = if asked == before {
        body
    } else {
        asked.to_string().into()
    };
    let mut passed = onward(&headers);
    if proxy.flaw == Flaw::StreamsTheLastAgain
        && let Some(last) = passed.get_mut("last-event-id")
    {
        let number: u64 = last.to_str().unwrap().parse().unwrap();
        *last = number.saturating_sub(1).into();
    }
    if proxy.flaw == Flaw::ListsAllProjects
        && path.starts_with("/v1/requests?")
        && headers
            .get("authorization")
            .is_some_and(|it| *it == *proxy.other)
    {
        passed.insert("authorization", proxy.plane.parse().unwrap());
    }
    let call = proxy
        .http
        .request(method.clone(), format!("{}{path}", proxy.service))
        .headers(passed);
    let answer = call.body(body).send().await.unwrap();
    let answered = onward(answer.headers());
    let status = answer.status();
    if path == "/v1/events" && status == 200 {
        return (answered, streamed(answer, proxy.flaw)).into_response();
    }
    let text = answer.bytes().await.unwrap();
    let read = serde_json::from_slice(&text);
    let is_json = read.is_ok();
    let mut answer = Message {
        status,
        headers: answered,
        body: read.unwrap_or_default(),
    };
    proxy.answer((&method, path.as_str()), &headers, &mut answer);
    let body = if is_json {
        answer.body.to_string().into()
    } else {
        text
    };
    (answer.status, answer.headers, body).into_response()
}

/// The stream as it comes, event by event.
fn streamed(answer: reqwest::Response, flaw: Flaw) -> Body {
    let state = (answer, String::new());
    Body::from_stream(stream::unfold(
        state,
        move |(mut answer, mut text)| async move {
            loop {
                if let Some((event, rest)) = text.split_once("\n\n") {
                    let (event, rest) = (event.to_owned(), rest.to_owned());
                    let lines = event.lines().map(|line| match flaw {
                        Flaw::CountsNoEvents if line.starts_with("id:") => "id: 7",
                        _ => line,
                    });
                    let event = lines.collect::<Vec<_>>().join("\n") + "\n\n";
                    return Some((Ok::<_, io::Error>(Bytes::from(event)), (answer, rest)));
                }
                let chunk = answer.chunk().await.ok()??;
                text.push_str(std::str::from_utf8(&chunk).unwrap());
            }
        },
    ))
}
