//! One function per thing said. The first line of each comment is its English.

use fluent_bundle::FluentValue;

use super::Language;
use super::bundles::format;

macro_rules! texts {
    ($( $(#[$doc:meta])* fn $name:ident($($variable:ident: $type:ty),*) = $id:literal; )*) => {
        $(
            $(#[$doc])*
            pub(crate) fn $name(language: Language $(, $variable: $type)*) -> String {
                format(language, $id, &[$((stringify!($variable), FluentValue::from($variable))),*])
            }
        )*

        /// Every message with its variables, for the test that all languages have them all.
        #[cfg(test)]
        pub(super) const ALL: &[(&str, &[&str])] =
            &[$(($id, &[$(stringify!($variable)),*])),*];
    };
}

texts! {
    // The card
    /// Approval
    fn kind_approval() = "kind-approval";
    /// Question
    fn kind_question() = "kind-question";
    /// low risk
    fn risk_low() = "risk-low";
    /// medium risk
    fn risk_medium() = "risk-medium";
    /// high risk
    fn risk_high() = "risk-high";
    /// critical risk
    fn risk_critical() = "risk-critical";
    /// run { $run }
    fn run(run: &str) = "run";
    /// project { $name }
    fn project(name: &str) = "project";
    /// Context
    fn label_context() = "label-context";
    /// Why
    fn label_why() = "label-why";
    /// Risk
    fn label_risk() = "label-risk";
    /// Reason
    fn label_reason() = "label-reason";
    /// Answer
    fn label_answer() = "label-answer";
    /// Options
    fn label_options() = "label-options";
    /// Links
    fn label_links() = "label-links";
    /// { $count } hidden value
    fn hidden_values(count: u64) = "hidden-values";
    /// What exactly will run is in the file above.
    fn arguments_attached() = "arguments-attached";
    /// Texts are shortened here. The file above has them in full.
    fn texts_attached() = "texts-attached";
    /// The file with the full text could not be posted here, so this can only be refused here.
    fn attachment_missing() = "attachment-missing";
    /// answer by { $time } ({ $left })
    fn deadline(time: &str, left: &str) = "deadline";
    /// in less than a minute
    fn left_soon() = "left-soon";
    /// in { $count } min
    fn left_minutes(count: u64) = "left-minutes";
    /// in { $count } h
    fn left_hours(count: u64) = "left-hours";
    /// in { $count } day
    fn left_days(count: u64) = "left-days";
    /// now
    fn left_over() = "left-over";
    /// { $have } of { $need }: { $names }
    fn approvals_so_far(have: u64, need: u64, names: &str) = "approvals-so-far";
    /// { $need } approvals needed
    fn approvals_none(need: u64) = "approvals-none";
    /// and { $count } more
    fn more_people(count: u64) = "more-people";
    /// ⚠️ The requester could not be told.
    fn requester_unreachable() = "requester-unreachable";
    /// ⚠️ The requester no longer waits for this: what was decided here has no effect there.
    fn requester_gone() = "requester-gone";
    /// What will run · { $id }
    fn arguments_caption(id: &str) = "arguments-caption";
    /// The full texts · { $id }
    fn texts_caption(id: &str) = "texts-caption";

    // Buttons
    /// ✅ Approve
    fn button_approve() = "button-approve";
    /// ❌ Deny
    fn button_deny() = "button-deny";
    /// ✍️ Deny with a reason
    fn button_deny_with_reason() = "button-deny-with-reason";
    /// ✍️ Custom answer
    fn button_custom_answer() = "button-custom-answer";
    /// 🚫 Decline to answer
    fn button_decline() = "button-decline";

    // Outcomes
    /// ✅ Approved by { $names } · { $time }
    fn outcome_approved(names: &str, time: &str) = "outcome-approved";
    /// ✅ Answered by { $names } · { $time }
    fn outcome_answered(names: &str, time: &str) = "outcome-answered";
    /// ❌ Denied by { $names } · { $time }
    fn outcome_denied(names: &str, time: &str) = "outcome-denied";
    /// 🚫 { $names } declined to answer · { $time }
    fn outcome_declined(names: &str, time: &str) = "outcome-declined";
    /// ⏳ Expired · { $time } · nobody decided in time
    fn outcome_expired(time: &str) = "outcome-expired";
    /// ↩️ Withdrawn by the requester · { $time }
    fn outcome_cancelled(time: &str) = "outcome-cancelled";
    /// ⚠️ Could not be decided · { $time }
    fn outcome_failed(time: &str) = "outcome-failed";
    /// ⚙️ Carried out · { $time }
    fn execution_applied(time: &str) = "execution-applied";
    /// ⚠️ Carrying it out failed · { $time }
    fn execution_failed(time: &str) = "execution-failed";

    // Answers to a press
    /// Approved
    fn said_approved() = "said-approved";
    /// Answer taken
    fn said_answered() = "said-answered";
    /// Denied
    fn said_denied() = "said-denied";
    /// Declined
    fn said_declined() = "said-declined";
    /// Counted: { $have } of { $need } approvals
    fn said_recorded(have: u64, need: u64) = "said-recorded";
    /// You approved already: { $have } of { $need } approvals
    fn said_duplicate(have: u64, need: u64) = "said-duplicate";
    /// This request has ended
    fn said_ended() = "said-ended";
    /// High risk: press Approve again to confirm, after a second and within a minute
    fn confirm_risk() = "confirm-risk";
    /// Something is hidden here: press Approve again to confirm, after a second and within a minute
    fn confirm_hidden() = "confirm-hidden";
    /// Already decided. { $outcome }
    fn refused_stale(outcome: &str) = "refused-stale";
    /// This request has expired
    fn refused_expired() = "refused-expired";
    /// Only { $names } may decide this
    fn refused_not_authorised(names: &str) = "refused-not-authorised";
    /// You may not decide this
    fn refused_nobody() = "refused-nobody";
    /// You asked for this yourself, so someone else must decide
    fn refused_own() = "refused-own";
    /// That does not fit this request. The card shows what does
    fn refused_invalid() = "refused-invalid";
    /// This button is not mine, or no longer
    fn refused_foreign() = "refused-foreign";
    /// This request was made by the previous bot; ask for it again
    fn refused_previous_bot() = "refused-previous-bot";
    /// This button belongs to another chat
    fn refused_other_chat() = "refused-other-chat";
    /// I tried to handle this several times and could not. The card shows what counts; while it has buttons, please try again.
    fn given_up() = "given-up";
    /// This could not be saved yet and will be tried again: the card shows what counts
    fn not_saved_yet() = "not-saved-yet";

    // Conversations
    /// Why do you deny “{ $title }”? ({ $id })
    fn ask_reason(title: &str, id: &str) = "ask-reason";
    /// What is your answer to “{ $title }”? ({ $id })
    fn ask_answer(title: &str, id: &str) = "ask-answer";
    /// Reason for denying
    fn placeholder_reason() = "placeholder-reason";
    /// Your answer
    fn placeholder_answer() = "placeholder-answer";
    /// The question could not be posted here, so nothing was done. /deny { $id } with a reason, sent to me in private, denies it.
    fn not_asked(id: &str) = "not-asked";
    /// Write below
    fn asked() = "asked";
    /// Please type it as text, in a reply to that message.
    fn text_wanted() = "text-wanted";
    /// Voice is not set up here, please type.
    fn voice_not_set_up() = "voice-not-set-up";
    /// 🎙 I am listening…
    fn voice_transcribing() = "voice-transcribing";
    /// 🎙 Busy, one moment. Your voice note waits its turn; you can also type.
    fn voice_busy() = "voice-busy";
    /// 🎙 I heard:
    fn voice_heard() = "voice-heard";
    /// I am not sure that I heard it right.
    fn voice_unsure() = "voice-unsure";
    /// Is that your answer?
    fn voice_ask_answer() = "voice-ask-answer";
    /// Deny with this reason?
    fn voice_ask_reason() = "voice-ask-reason";
    /// Use this
    fn button_use_this() = "button-use-this";
    /// Say it again
    fn button_say_again() = "button-say-again";
    /// Cancel
    fn button_cancel() = "button-cancel";
    /// Say it again, or type it, in a reply to this message.
    fn voice_again() = "voice-again";
    /// 🎙 This voice note is not used.
    fn voice_not_used() = "voice-not-used";
    /// This is no longer open. The card shows what counts.
    fn voice_over() = "voice-over";
    /// I heard no speech.
    fn voice_no_speech() = "voice-no-speech";
    /// That voice note is too long: { $max } s at most.
    fn voice_too_long(max: u64) = "voice-too-long";
    /// That file is too large: { $max } MB at most.
    fn voice_too_large(max: u64) = "voice-too-large";
    /// You said { $count } characters, and { $max } fit.
    fn voice_too_much(count: u64, max: u64) = "voice-too-much";
    /// That recording is empty.
    fn voice_empty() = "voice-empty";
    /// That file is no recording.
    fn voice_not_audio() = "voice-not-audio";
    /// That recording is cut off.
    fn voice_truncated() = "voice-truncated";
    /// That recording is damaged.
    fn voice_damaged() = "voice-damaged";
    /// I do not understand recordings of that kind.
    fn voice_unsupported() = "voice-unsupported";
    /// Listening took too long.
    fn voice_timed_out() = "voice-timed-out";
    /// I cannot listen at the moment.
    fn voice_unavailable() = "voice-unavailable";
    /// I could not listen to that.
    fn voice_failed() = "voice-failed";
    /// Voice is not built in here.
    fn voice_not_built_in() = "voice-not-built-in";
    /// Telegram does not give me that recording.
    fn voice_gone() = "voice-gone";
    /// { $count } characters are too many, { $max } fit. Please send it again, shorter.
    fn text_too_long(count: u64, max: u64) = "text-too-long";
    /// Several answers are awaited from you. Reply to the message that you mean.
    fn text_ambiguous() = "text-ambiguous";
    /// No text is awaited from you. /pending shows what waits.
    fn text_not_awaited() = "text-not-awaited";
    /// That took too long, and nothing was sent. Press the button on the card again.
    fn conversation_lapsed() = "conversation-lapsed";
    /// That question is for { $name }. Press the button on the card yourself.
    fn conversation_of_another(name: &str) = "conversation-of-another";
    /// Cancelled, nothing was sent.
    fn conversation_cancelled() = "conversation-cancelled";
    /// There is nothing to cancel.
    fn conversation_none() = "conversation-none";
    /// Edited messages do not count. Please send a new one.
    fn source_edited() = "source-edited";
    /// Forwarded messages do not count. Please type it yourself.
    fn source_forwarded() = "source-forwarded";
    /// Messages made by another bot do not count. Please type it yourself.
    fn source_via_bot() = "source-via-bot";
    /// I cannot see who wrote that. Turn off “Remain anonymous” and send it again.
    fn source_anonymous() = "source-anonymous";
    /// Bots may not decide.
    fn source_bot() = "source-bot";

    // Commands
    /// what waits for me
    fn command_pending() = "command-pending";
    /// show one request: /show a1b2c3
    fn command_show() = "command-show";
    /// deny one request: /deny a1b2c3 reason
    fn command_deny() = "command-deny";
    /// stop writing an answer
    fn command_cancel() = "command-cancel";
    /// who I am here
    fn command_whoami() = "command-whoami";
    /// how this works
    fn command_help() = "command-help";
    /// Hello { $name }. Requests that wait for you appear here. /pending lists them, /help explains.
    fn hello(name: &str) = "hello";
    /// I do not know you. Your Telegram id is { $id }. Ask the operator of Signoff to add it, or for an invitation link (signoff approvers invite).
    fn stranger(id: &str) = "stranger";
    /// You are { $name } from now on. Requests that wait for you will appear here.
    fn paired(name: &str) = "paired";
    /// This invitation is used up, too old or wrong. Ask for a new one.
    fn pairing_invalid() = "pairing-invalid";
    /// You are { $name } already.
    fn pairing_taken(name: &str) = "pairing-taken";
    /// Open the invitation in a private chat with me.
    fn pairing_private() = "pairing-private";
    /// You are { $name } ({ $roles }). Your Telegram id is { $id }.
    fn who_am_i(name: &str, roles: &str, id: &str) = "who-am-i";
    /// Nothing waits for you.
    fn pending_none() = "pending-none";
    /// { $count } request waits for you:
    fn pending_some(count: u64) = "pending-some";
    /// The first { $shown } are shown.
    fn pending_more(shown: u64) = "pending-more";
    /// Nothing with the id { $id } waits for you. /pending shows what does.
    fn show_unknown(id: &str) = "show-unknown";
    /// Write /show and the id on the card: /show a1b2c3
    fn show_usage() = "show-usage";
    /// Write /deny, the id on the card and the reason: /deny a1b2c3 not today
    fn deny_usage() = "deny-usage";
    /// Several requests have the id { $id }. Use the buttons on the cards.
    fn id_ambiguous(id: &str) = "id-ambiguous";
    /// I do not know that command. /help lists those that I know.
    fn unknown_command() = "unknown-command";
    /// I show you what automated systems ask of you. Press a button on a card to decide; every copy of the card then shows the outcome.
    fn help() = "help";

    // Reminders and outages
    /// ⏰ Still waiting: { $title } · { $deadline }
    fn reminder(title: &str, deadline: &str) = "reminder";
    /// I was offline from { $from } to { $to }. Taps in that time did not arrive; please tap again.
    fn outage(from: &str, to: &str) = "outage";
    /// { $count } request still waits:
    fn outage_pending(count: u64) = "outage-pending";
}
