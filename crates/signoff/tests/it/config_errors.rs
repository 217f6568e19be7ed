//! Everything that can be wrong with a configuration, as people read it: one snapshot each.

use crate::world::{MINIMAL, World};

fn errors(config: &str) -> String {
    let run = World::with(config).run(&["config", "check"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert_eq!(run.stdout, "");
    run.stderr
}

/// The minimal configuration with more after it.
fn errors_with(more: &str) -> String {
    errors(&format!("{MINIMAL}\n{more}"))
}

macro_rules! says {
    ($($name:ident: $errors:expr;)+) => {
        $(
            #[test]
            fn $name() {
                insta::assert_snapshot!($errors);
            }
        )+
    };
}

says! {
    text_that_is_not_toml_is_placed: errors("[server]\nlisten = \n");
    a_key_that_is_there_twice_is_placed: errors("[server]\nlisten = \"a\"\nlisten = \"b\"\n");
    unknown_keys_name_the_nearest_one: errors(
        "listen = \"x\"\n[server]\nlisen = \"x\"\n[telegramm]\ntoken = \"x\"\n[[routes]]\nname = \"a\"\n\
         approver = [\"ann\"]\nxyz = 1\n",
    );
    wrong_types_are_all_named: errors(
        "routes = 1\n[server]\nlisten = 7080\nshutdown_timeout_seconds = \"5\"\n[callbacks]\n\
         allow = \"127.0.0.1\"\n[telegram]\nprotect_content = \"yes\"\nupdates = \"webhok\"\n\
         [[approvers]]\nname = \"ann\"\nidentities = { telegram = 1001 }\n",
    );
    numbers_out_of_bounds: errors(
        "[server]\nshutdown_timeout_seconds = 1.5\n[[routes]]\nname = \"default\"\napprovers = []\n\
         ttl_seconds = 5\nmin_approvals = 0\n",
    );
    speech_has_bounds_and_words: errors_with(
        "[speech]\nengine = \"wisper\"\nlanguage = \"english\"\nconfirm = \"answer\"\nmin_probability = 1.5\n\
         max_seconds = 0\ntimeout_seconds = \"60\"\nparallel = 1000\nmodell = \"x\"\n",
    );
    a_language_is_a_code: errors_with("[speech]\nlanguage = \"english\"\n");
    a_probability_is_a_number: errors_with("[speech]\nmin_probability = \"high\"\n");
    a_probability_is_not_endless: errors_with("[speech]\nmin_probability = nan\n");
    a_speech_server_has_an_address: errors_with("[speech]\nengine = \"http\"\npreload = true\n");
    a_speech_servers_key_fits_a_header: errors_with(
        "[speech]\nengine = \"http\"\nurl = \"ftp://x\"\napi_key = \"sk hunter2\"\n",
    );
    a_channel_has_a_name_a_url_and_a_secret: errors_with(
        "[[channels]]\nname = \"telegram\"\nurl = \"chat.example.org\"\n[[channels]]\nkind = \"grpc\"\n\
         name = \"chat\"\nurl = \"http://127.0.0.1:7090\"\nsecret = \"hunter2\"\n",
    );
    channels_are_sound: errors_with(
        "[[channels]]\nname = \"Chat\"\nurl = \"chat.example.org\"\n[[channels]]\n\
         name = \"mail\"\nurl = \"http://127.0.0.1:7090\"\nsecret = \"whsec_hunter2\"\n[[channels]]\n\
         name = \"mail\"\nurl = \"http://127.0.0.1:7091\"\nsecret = \"x\"\nsecret_file = \"y\"\n",
    );
    routes_name_channels_that_are_there: errors_with(
        "[[channels]]\nname = \"chat\"\nurl = \"http://127.0.0.1:7090\"\n\
         secret = \"whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX\"\n[[approvers]]\nname = \"ben\"\n\
         identities = { chatt = \"1\", chat = \" \" }\n[[routes]]\nname = \"a\"\napprovers = [\"ben\"]\n\
         channels = [\"caht\", \"caht\"]\nplaces = { chat = \"ops\", telegram = \"1\", male = \"x\" }\n\
         [[routes]]\nname = \"b\"\napprovers = [\"ben\"]\nchannels = []\n[[routes]]\nname = \"c\"\n\
         approvers = [\"ben\"]\nchannels = [\"telegram\"]\n",
    );
    postgres_is_refused_in_words: errors_with("[store]\nurl = \"postgres://signoff:secret@db/signoff\"\n");
    a_store_must_be_a_file: errors_with("[store]\nurl = \"sqlite::memory:\"\n");
    a_store_needs_a_scheme: errors_with("[store]\nurl = \"signoff.db\"\n");
    addresses_and_urls_are_parsed: errors(&MINIMAL.replace(
        "listen = \"127.0.0.1:0\"",
        "listen = \"localhost\"\npublic_url = \"signoff.example.org\"",
    ));
    a_public_url_only_names_a_server: errors(&MINIMAL.replace(
        "listen = \"127.0.0.1:0\"",
        "public_url = \"https://user@signoff.example.org/?a=b\"",
    ));
    no_signing_secret: errors("");
    bad_signing_secrets: errors("[callbacks]\nsigning_secrets = [\"abc\", \"whsec_***\", \"whsec_AAAA\"]\n");
    a_signing_secret_given_twice: errors(&MINIMAL.replace("[[approvers]]", "signing_secrets_file = \"x\"\n[[approvers]]"));
    several_projects_have_their_own_secrets: errors_with(
        "[[projects]]\nname = \"a\"\n[[projects]]\nname = \"b\"\nsigning_secrets_file = \"nowhere\"\n",
    );
    projects_are_distinct: errors_with(
        "[[projects]]\nname = \"a\"\nsigning_secrets = [\"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwe1zB3v7f5X8=\"]\n\
         [[projects]]\nname = \"a\"\nsigning_secrets = [\"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwe1zB3v7f5X8=\"]\n\
         [[projects]]\nname = \" b\"\nsigning_secrets = [\"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwe1zB3v7f5X8=\"]\n",
    );
    callback_hosts_are_parsed: errors(&MINIMAL.replace(
        "[callbacks]",
        "[callbacks]\nallow = [\"https://hooks.example.org\", \"10.0.0.0/99\", \"127.0.0.1\"]",
    ));
    masking_patterns_are_compiled: errors_with("[masking]\npatterns = [\"ok\", \"(\"]\n");
    the_log_level_is_parsed: errors_with("[log]\nlevel = \"info,=loud=\"\n");
    a_telegram_section_needs_a_token: errors_with("[telegram]\nupdates = \"webhook\"\n");
    a_token_has_a_form: errors_with("[telegram]\ntoken = \"bot\"\ntoken_file = \"x\"\n");
    a_webhook_needs_https: errors(&format!(
        "{}\n[telegram]\ntoken = \"1:a\"\nupdates = \"webhook\"\nwebhook_secret = \"not allowed\"\n",
        MINIMAL.replace("[server]", "[server]\npublic_url = \"http://signoff.example.org\""),
    ));
    a_route_to_a_chat_needs_a_bot: errors_with(
        "[[routes]]\nname = \"group\"\napprovers = [\"ann\"]\ntelegram_chat_id = -100\n",
    );
    routes_fit_their_approvers: errors_with(
        "[[approvers]]\nname = \"ben\"\n[[routes]]\nname = \"two\"\napprovers = [\"anne\", \"ben\", \"ben\"]\n\
         min_approvals = 3\nproject = \"defualt\"\n[[routes]]\nname = \"none\"\napprovers = []\n",
    );
    routes_are_distinct_and_have_times: errors_with(
        "[[routes]]\nname = \"default\"\napprovers = [\"ann\"]\nttl_seconds = 60\nremind_after_seconds = 60\n\
         telegram_topic_id = 7\n",
    );
    approvers_are_distinct_people: errors_with(
        "[[approvers]]\nname = \"ann\"\nlanguage = \"english please\"\nidentities = { telegram = \"@ann\" }\n\
         [[approvers]]\nname = \"ben\"\nidentities = { telegram = \"1\" }\n\
         [[approvers]]\nname = \"cem\"\nidentities = { telegram = \"1\", slack = \"U1\" }\n",
    );
    no_one_decides_what_they_asked: errors_with(
        "[[api_keys]]\nname = \"k\"\nkey_sha256 = \"2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae\"\n\
         scopes = [\"requests:write\", \"decisions:write\"]\napprover = \"ann\"\n",
    );
    a_key_that_decides_names_a_person: errors_with(
        "[[api_keys]]\nname = \"k\"\nkey_sha256 = \"2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae\"\n\
         scopes = [\"decisions:write\"]\n",
    );
    a_key_that_reads_has_no_person: errors_with(
        "[[api_keys]]\nname = \"k\"\nkey_sha256 = \"2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae\"\n\
         scopes = [\"requests:read\"]\napprover = \"anna\"\n",
    );
    keys_are_hashes_and_distinct: errors_with(
        "[[api_keys]]\nname = \"a\"\nkey_sha256 = \"sgn_leaked\"\nscopes = [\"admin\"]\n\
         [[api_keys]]\nname = \"b\"\nkey_sha256 = \"zz\"\nscopes = [\"reqests:read\"]\nproject = \"x\"\n\
         [[api_keys]]\nname = \"c\"\nkey_sha256 = \"2C26B46B68FFC68FF99B453C1D30413413422D706483BFA0F98A5E886266E7AE\"\nscopes = [\"admin\"]\n\
         [[api_keys]]\nname = \"d\"\nkey_sha256 = \"2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae\"\nscopes = []\n",
    );
}

#[test]
fn wrong_variables_are_named_like_wrong_keys() {
    let mut world = World::with(MINIMAL);
    world.set("SIGNOFF_TELEGRAM__TOKE", "a-secret");
    world.set("SIGNOFF_ROUTES__NAME", "default");
    world.set("SIGNOFF_SERVER__SHUTDOWN_TIMEOUT_SECONDS", "soon");
    let run = world.run(&["config", "check"]);
    assert_eq!(run.code, Some(1));
    insta::assert_snapshot!(run.stderr);
}

#[test]
fn a_named_file_must_be_there() {
    let world = World::with(MINIMAL);
    let run = world.run(&["config", "check", "--config", "elsewhere.toml"]);
    assert_eq!(run.code, Some(1));
    insta::assert_snapshot!(run.stderr);
}
