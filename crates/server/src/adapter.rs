//! What adapters send: channels outside this process speak for the people of their chat. One file
//! an operation; who calls is proved by a signature ([`proved`]), not by a key. The contract's
//! other half, what Signoff sends to them, is the engine's; [`document`] describes both.

mod document;
mod note;
mod open;
mod pair;
mod pending;
mod person;
mod proved;
mod receipt;
mod respond;

use std::collections::BTreeMap;

use signoff_contract::signature::SigningSecret;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;

pub use document::adapter_openapi;

/// The channels that adapters may speak for, with the secrets that prove them.
pub type AdapterSecrets = BTreeMap<String, Vec<SigningSecret>>;

/// Every operation, with its description.
pub(crate) fn operations() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(document::head())
        .routes(routes!(respond::respond))
        .routes(routes!(receipt::receipt))
        .routes(routes!(pending::pending))
        .routes(routes!(pair::pair))
        .routes(routes!(open::open))
        .routes(routes!(person::person))
        .routes(routes!(note::note))
}
