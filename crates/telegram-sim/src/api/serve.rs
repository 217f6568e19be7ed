//! From an HTTP request to a method and back: token, parameters, faults, the record.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderValue, Method as HttpMethod, Response, header};
use bytes::Bytes;
use futures_util::StreamExt as _;
use serde_json::{Value, json};

use super::{ApiError, Args, Method, find, json_response, run};
use crate::calls::Call;
use crate::faults::{FaultKind, add_unknown_fields};
use crate::server::Cut;
use crate::shared::Shared;

/// Between the bytes of an answer that comes slowly.
const DRIP: Duration = Duration::from_secs(1);
/// What faults call the download of a file.
const DOWNLOAD: &str = "file";
const PORTAL: &str = "<!doctype html>\n<title>Welcome to our network</title>\n<a href=\"/accept\">Accept the terms</a>\n";
const BAD_GATEWAY: &str = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad \
                           Gateway</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n";

/// Serves every path that is not the person side or the page.
pub(crate) async fn serve(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(cut): ConnectInfo<Cut>,
    request: Request,
) -> Response<Body> {
    let path = request.uri().path().to_owned();
    if let Some(rest) = path.strip_prefix("/file/bot") {
        return download(&shared, &cut, rest).await;
    }
    let Some((token, method)) = path
        .strip_prefix("/bot")
        .and_then(|rest| rest.split_once('/'))
    else {
        return ApiError {
            code: 404,
            description: "Not Found".to_owned(),
            parameters: None,
        }
        .response();
    };
    if let Err(refusal) = check_token(&shared, token) {
        return refusal.response();
    }
    if !matches!(*request.method(), HttpMethod::GET | HttpMethod::POST) {
        return ApiError {
            code: 405,
            description: "Method Not Allowed".to_owned(),
            parameters: None,
        }
        .response();
    }
    let name = method.strip_prefix("test/").unwrap_or(method).to_owned();
    let args = match Args::read(request).await {
        Ok(args) => args,
        Err(refusal) => return refusal.response(),
    };
    call(&shared, &cut, &name, args).await
}

fn check_token(shared: &Shared, token: &str) -> Result<(), ApiError> {
    let known = shared.quietly(|world| world.bot.token == token);
    if known {
        return Ok(());
    }
    let plausible = token.len() <= 80
        && token.split_once(':').is_some_and(|(id, secret)| {
            !id.is_empty()
                && !id.starts_with('0')
                && id.chars().all(|c| c.is_ascii_digit())
                && !secret.is_empty()
        });
    Err(if plausible {
        ApiError {
            code: 401,
            description: "Unauthorized".to_owned(),
            parameters: None,
        }
    } else {
        ApiError::new(401, "invalid token specified")
    })
}

async fn call(shared: &Arc<Shared>, cut: &Cut, name: &str, args: Args) -> Response<Body> {
    let Some(method) = find(name) else {
        let refusal = ApiError::new(404, "method not found");
        record(shared, name, &args, refusal.code, refusal.body(), None);
        return refusal.response();
    };
    let fault = shared.quietly(|world| world.faults.hit(method.name, args.int("chat_id")));
    let Some(FaultKind::Late { millis }) = fault else {
        return carry_out(shared, cut, method, &args, fault).await;
    };
    // On a task of its own, which does not end when the bot hangs up.
    let (shared, cut) = (Arc::clone(shared), cut.clone());
    let late = tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(millis)).await;
        carry_out(&shared, &cut, method, &args, fault).await
    });
    late.await
        .unwrap_or_else(|_| ApiError::new(500, "restart").response())
}

async fn carry_out(
    shared: &Shared,
    cut: &Cut,
    method: Method,
    args: &Args,
    fault: Option<FaultKind>,
) -> Response<Body> {
    if let Some(kind) = &fault {
        if let FaultKind::DelayBefore { millis } = kind {
            tokio::time::sleep(Duration::from_millis(*millis)).await;
        }
        if let Some((response, status, body)) = instead(kind, cut) {
            record(shared, method.name, args, status, body, fault.as_ref());
            return response;
        }
    }
    let result = run(shared, method, args).await;
    let (status, mut body) = match &result {
        Ok(value) => (200, json!({ "ok": true, "result": value })),
        Err(refusal) => (refusal.code, refusal.body()),
    };
    rearrange(fault.as_ref(), &mut body);
    record(
        shared,
        method.name,
        args,
        status,
        body.clone(),
        fault.as_ref(),
    );
    match fault {
        Some(kind) => damage(kind, cut, status, body).await,
        None => match result {
            Ok(_) => json_response(status, &body),
            Err(refusal) => refusal.response(),
        },
    }
}

/// Faults that answer instead of the method: nothing is processed.
fn instead(kind: &FaultKind, cut: &Cut) -> Option<(Response<Body>, u16, Value)> {
    let refusal = match kind {
        FaultKind::TooManyRequests { retry_after } => ApiError::too_many_requests(*retry_after),
        FaultKind::Forbidden { description } => ApiError::forbidden(description),
        FaultKind::BadRequest { description } => ApiError::bad_request(description),
        FaultKind::Unauthorized => ApiError {
            code: 401,
            description: "Unauthorized".to_owned(),
            parameters: None,
        },
        FaultKind::NotFound => ApiError::new(404, "method not found"),
        FaultKind::Conflict => ApiError::conflict(
            "terminated by other getUpdates request; make sure that only one bot instance is running",
        ),
        FaultKind::InternalServerError => ApiError::new(500, "restart"),
        FaultKind::BadGateway => {
            let mut response = page(BAD_GATEWAY);
            *response.status_mut() = axum::http::StatusCode::BAD_GATEWAY;
            return Some((response, 502, Value::Null));
        }
        FaultKind::Portal => return Some((page(PORTAL), 200, Value::Null)),
        FaultKind::ResetBefore => {
            cut.cut();
            return Some((Response::new(Body::empty()), 0, Value::Null));
        }
        _ => return None,
    };
    Some((refusal.response(), refusal.code, refusal.body()))
}

fn page(html: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::from(html));
    let kind = HeaderValue::from_static("text/html");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

/// Faults that change what an answer says.
fn rearrange(fault: Option<&FaultKind>, body: &mut Value) {
    match fault {
        Some(FaultKind::DuplicateUpdates) => {
            if let Some(updates) = body["result"].as_array_mut() {
                *updates = updates
                    .iter()
                    .flat_map(|update| [update.clone(), update.clone()])
                    .collect();
            }
        }
        Some(FaultKind::ReorderUpdates) => {
            if let Some(updates) = body["result"].as_array_mut() {
                updates.reverse();
            }
        }
        Some(FaultKind::NullResult) => *body = json!({ "ok": true, "result": null }),
        Some(FaultKind::UnknownFields) => add_unknown_fields(body),
        _ => {}
    }
}

/// Faults that change how an answer travels. The call has been processed.
async fn damage(kind: FaultKind, cut: &Cut, status: u16, body: Value) -> Response<Body> {
    let mut response = json_response(status, &body);
    match kind {
        FaultKind::ResetAfter => cut.cut(),
        FaultKind::DelayAfter { millis } => tokio::time::sleep(Duration::from_millis(millis)).await,
        FaultKind::EmptyBody => *response.body_mut() = Body::empty(),
        FaultKind::SlowBody => {
            let bytes = futures_util::stream::iter(body.to_string().into_bytes());
            let drops = bytes.then(|byte| async move {
                tokio::time::sleep(DRIP).await;
                Ok::<_, std::convert::Infallible>(Bytes::from(vec![byte]))
            });
            *response.body_mut() = Body::from_stream(drops);
        }
        FaultKind::TruncatedJson => {
            let text = body.to_string();
            let half = text
                .char_indices()
                .nth(text.chars().count() / 2)
                .map_or(0, |(position, _)| position);
            *response.body_mut() = Body::from(text[..half].to_owned());
        }
        _ => {}
    }
    response
}

fn record(
    shared: &Shared,
    method: &str,
    args: &Args,
    status: u16,
    response: Value,
    fault: Option<&FaultKind>,
) {
    let fault = fault.map(|kind| {
        serde_json::to_value(kind)
            .ok()
            .and_then(|v| v["kind"].as_str().map(str::to_owned))
            .unwrap_or_default()
    });
    let cut = matches!(fault.as_deref(), Some("reset_after"));
    let status = if cut { 0 } else { status };
    shared.change(|world| {
        let at_ms = world.clock.unix_ms();
        let method = method.to_owned();
        world.record(Call {
            sequence: 0,
            at_ms,
            method,
            params: args.recorded(),
            status,
            response,
            fault,
        });
    });
}

/// Files are faults' prey too, under the method [`DOWNLOAD`]: as far as they answer instead of the file, or late.
async fn download(shared: &Shared, cut: &Cut, rest: &str) -> Response<Body> {
    let Some((token, path)) = rest.split_once('/') else {
        return ApiError {
            code: 404,
            description: "Not Found".to_owned(),
            parameters: None,
        }
        .response();
    };
    if let Err(refusal) = check_token(shared, token) {
        return refusal.response();
    }
    let fault = shared.quietly(|world| world.faults.hit(DOWNLOAD, None));
    if let Some(FaultKind::DelayBefore { millis }) = fault {
        tokio::time::sleep(Duration::from_millis(millis)).await;
    }
    if let Some((response, ..)) = fault.and_then(|fault| instead(&fault, cut)) {
        return response;
    }
    let found = shared.quietly(|world| {
        let now = world.now();
        world.files.by_path(path, now).cloned()
    });
    match found {
        Some(file) => {
            let mut response = Response::new(Body::from(file.bytes));
            let octets = HeaderValue::from_static("application/octet-stream");
            response.headers_mut().insert(header::CONTENT_TYPE, octets);
            response
        }
        None => ApiError {
            code: 404,
            description: "Not Found".to_owned(),
            parameters: None,
        }
        .response(),
    }
}
