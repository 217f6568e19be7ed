//! Deep links into the bot.

use url::Url;

use crate::error::Error;
use crate::world::World;

/// The highest length of a start payload.
const MAX_PAYLOAD: usize = 64;

/// The payload of `https://t.me/<bot>?start=<payload>` or `tg://resolve?domain=<bot>&start=<payload>`.
pub(crate) fn start_payload(world: &World, link: &str) -> Result<String, Error> {
    let not_a_link = || Error::NotALink(link.to_owned());
    let full = if link.contains("://") {
        link.to_owned()
    } else {
        format!("https://{link}")
    };
    let url = Url::parse(&full).map_err(|_| not_a_link())?;
    let argument = |name: &str| {
        url.query_pairs()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    };
    let bot = match (url.scheme(), url.host_str()) {
        ("http" | "https", Some("t.me" | "telegram.me")) => {
            Some(url.path().trim_matches('/').to_owned())
        }
        ("tg", Some("resolve")) => argument("domain"),
        _ => None,
    };
    let ours = world.bot.user.username.as_deref().unwrap_or_default();
    if !bot.is_some_and(|bot| bot.eq_ignore_ascii_case(ours)) {
        return Err(not_a_link());
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    argument("start")
        .filter(|payload| {
            (1..=MAX_PAYLOAD).contains(&payload.len()) && payload.chars().all(allowed)
        })
        .ok_or_else(not_a_link)
}
