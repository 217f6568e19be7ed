//! The program and a simulated Telegram: pairing, pressing, polling and webhook.

use std::net::TcpListener;

use signoff_telegram_sim::{Sim, SimOptions};

use crate::world::{MINIMAL, Service, World, ended};

async fn telegram() -> Sim {
    Sim::start(SimOptions::default()).await.unwrap()
}

/// The minimal installation with this bot.
fn installation(sim: &Sim, more: &str) -> String {
    format!(
        "{MINIMAL}\n[telegram]\napi_url = \"{}\"\ntoken = \"{}\"\n{more}",
        sim.api_url(),
        sim.bot_token()
    )
}

/// Ann follows her link, a request comes, she presses, and the one who asked gets the answer.
async fn pairs_and_approves(sim: &Sim, world: &mut World, service: &Service, asks: &str) {
    let ann = sim.person("Ann");
    let link = world.ok(&["approvers", "invite", "ann"]).stdout;
    assert!(
        link.starts_with(&format!("https://t.me/{}?start=", sim.bot_username())),
        "{link}"
    );
    ann.follows(link.trim());
    sim.next_message(ann.id()).await;
    let list = world.ok(&["approvers", "list", "--json"]).stdout;
    assert!(list.contains(&ann.id().to_string()), "{list}");

    world.set("SIGNOFF_URL", &service.url);
    world.set("SIGNOFF_KEY", asks);
    let asked = world.start(&[
        "ask",
        "Deploy billing?",
        "--tool",
        "k8s.deploy",
        "--risk",
        "low",
    ]);
    let card = sim
        .wait_for_message(ann.id(), |message| message.text.contains("Deploy billing?"))
        .await;
    ann.taps(&card, "✅ Approve").answer().await;
    let run = ended(asked);
    assert_eq!(
        (run.code, run.stdout.as_str()),
        (Some(0), "approved\n"),
        "{run:?}"
    );
    assert!(run.stderr.contains("approved by ann"), "{run:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_paired_by_a_link_and_decides_with_a_button() {
    let sim = telegram().await;
    let mut world = World::with(&installation(&sim, ""));
    let (asks, _) = world.keys();
    let service = Service::start(&world);
    pairs_and_approves(&sim, &mut world, &service, &asks).await;

    let doctor = world.ok(&["doctor"]).stdout;
    assert!(doctor.contains(sim.bot_username()), "{doctor}");
    assert!(!doctor.contains("BAD"), "{doctor}");

    service.signal("TERM");
    let (code, log) = service.ended();
    assert_eq!(code, Some(0), "{log}");
    let secret = sim.bot_token().split(':').nth(1).unwrap();
    assert!(!log.contains(secret) && !log.contains(&asks), "{log}");
    assert_eq!(world.ok(&["audit", "verify"]).code, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn telegram_posts_updates_to_the_webhook() {
    let sim = telegram().await;
    // The port must be known before: Telegram is told where to post.
    let address = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let secret = "webhook-secret-1234";
    let more = format!("updates = \"webhook\"\nwebhook_secret = \"{secret}\"\n");
    let config = installation(&sim, &more).replace(
        "listen = \"127.0.0.1:0\"",
        &format!("listen = \"{address}\"\npublic_url = \"http://{address}\""),
    );
    let mut world = World::with(&config);
    let (asks, _) = world.keys();
    let service = Service::start(&world);
    sim.wait_for_call(|call| call.method.eq_ignore_ascii_case("setWebhook"))
        .await;
    pairs_and_approves(&sim, &mut world, &service, &asks).await;
    assert!(sim.calls_of("getUpdates").is_empty());
    assert!(!service.log().contains(secret));

    // Nobody else can post.
    let bot_id = sim.bot_token().split(':').next().unwrap();
    let answer = reqwest::Client::builder()
        .no_proxy()
        .build()
        .unwrap()
        .post(format!("http://{address}/telegram/{bot_id}"))
        .header("x-telegram-bot-api-secret-token", "guess")
        .body(r#"{"update_id":1}"#)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_names_what_is_wrong_with_the_bot() {
    let sim = telegram().await;
    let config = installation(&sim, "").replace(sim.bot_token(), "123456:not-this-bot");
    let run = World::with(&config).run(&["doctor", "--json"]);
    assert_eq!(run.code, Some(1));
    let checks: Vec<serde_json::Value> = serde_json::from_str(&run.stdout).unwrap();
    let bad = checks
        .iter()
        .find(|check| check["name"] == "telegram")
        .unwrap();
    assert_eq!(bad["state"], "bad");
    assert!(
        bad["remedy"].as_str().unwrap().contains("BotFather"),
        "{bad}"
    );
    assert!(!run.stdout.contains("not-this-bot"), "{run:?}");
}
