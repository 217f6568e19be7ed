# Texts of the Telegram channel, English. One message per thing said; the functions that say
# them are in src/texts/messages.rs. Every language has the same messages and variables.

## The card

kind-approval = Approval
kind-question = Question
risk-low = low risk
risk-medium = medium risk
risk-high = high risk
risk-critical = critical risk
run = run { $run }
project = project { $name }
label-context = Context
label-why = Why
label-risk = Risk
label-reason = Reason
label-answer = Answer
label-options = Options
label-links = Links
hidden-values = { $count ->
    [one] { $count } hidden value
   *[other] { $count } hidden values
}
arguments-attached = What exactly will run is in the file above.
texts-attached = Texts are shortened here. The file above has them in full.
attachment-missing = The file with the full text could not be posted here, so this can only be refused here.
deadline = answer by { $time } ({ $left })
left-soon = in less than a minute
left-minutes = in { $count } min
left-hours = in { $count } h
left-days = { $count ->
    [one] in { $count } day
   *[other] in { $count } days
}
left-over = now
approvals-so-far = { $have } of { $need }: { $names }
approvals-none = { $need } approvals needed
more-people = and { $count } more
requester-unreachable = ⚠️ The requester could not be told.
requester-gone = ⚠️ The requester no longer waits for this: what was decided here has no effect there.
arguments-caption = What will run · { $id }
texts-caption = The full texts · { $id }

## Buttons

button-approve = ✅ Approve
button-deny = ❌ Deny
button-deny-with-reason = ✍️ Deny with a reason
button-custom-answer = ✍️ Custom answer
button-decline = 🚫 Decline to answer

## Outcomes

outcome-approved = ✅ Approved by { $names } · { $time }
outcome-answered = ✅ Answered by { $names } · { $time }
outcome-denied = ❌ Denied by { $names } · { $time }
outcome-declined = 🚫 { $names } declined to answer · { $time }
outcome-expired = ⏳ Expired · { $time } · nobody decided in time
outcome-cancelled = ↩️ Withdrawn by the requester · { $time }
outcome-failed = ⚠️ Could not be decided · { $time }
execution-applied = ⚙️ Carried out · { $time }
execution-failed = ⚠️ Carrying it out failed · { $time }

## Answers to a press

said-approved = Approved
said-answered = Answer taken
said-denied = Denied
said-declined = Declined
said-recorded = Counted: { $have } of { $need } approvals
said-duplicate = You approved already: { $have } of { $need } approvals
said-ended = This request has ended
confirm-risk = High risk: press Approve again to confirm, after a second and within a minute
confirm-hidden = Something is hidden here: press Approve again to confirm, after a second and within a minute
refused-stale = Already decided. { $outcome }
refused-expired = This request has expired
refused-not-authorised = Only { $names } may decide this
refused-nobody = You may not decide this
refused-own = You asked for this yourself, so someone else must decide
refused-invalid = That does not fit this request. The card shows what does
refused-foreign = This button is not mine, or no longer
refused-previous-bot = This request was made by the previous bot; ask for it again
refused-other-chat = This button belongs to another chat
given-up = I tried to handle this several times and could not. The card shows what counts; while it has buttons, please try again.
not-saved-yet = This could not be saved yet and will be tried again: the card shows what counts

## Conversations

ask-reason = Why do you deny “{ $title }”? ({ $id })
    Reply to this message, or /cancel.
ask-answer = What is your answer to “{ $title }”? ({ $id })
    Reply to this message, or /cancel.
placeholder-reason = Reason for denying
placeholder-answer = Your answer
asked = Write below
not-asked = The question could not be posted here, so nothing was done. /deny { $id } with a reason, sent to me in private, denies it.
text-wanted = Please type it as text, in a reply to that message.
voice-not-set-up = Voice is not set up here, please type.
voice-transcribing = 🎙 I am listening…
voice-busy = 🎙 Busy, one moment. Your voice note waits its turn; you can also type.
voice-heard = 🎙 I heard:
voice-unsure = I am not sure that I heard it right.
voice-ask-answer = Is that your answer?
voice-ask-reason = Deny with this reason?
button-use-this = Use this
button-say-again = Say it again
button-cancel = Cancel
voice-again = Say it again, or type it, in a reply to this message.
voice-not-used = 🎙 This voice note is not used.
voice-over = This is no longer open. The card shows what counts.
voice-no-speech = I heard no speech.
voice-too-long = That voice note is too long: { $max } s at most.
voice-too-large = That file is too large: { $max } MB at most.
voice-too-much = You said { $count } characters, and { $max } fit.
voice-empty = That recording is empty.
voice-not-audio = That file is no recording.
voice-truncated = That recording is cut off.
voice-damaged = That recording is damaged.
voice-unsupported = I do not understand recordings of that kind.
voice-timed-out = Listening took too long.
voice-unavailable = I cannot listen at the moment.
voice-failed = I could not listen to that.
voice-not-built-in = Voice is not built in here.
voice-gone = Telegram does not give me that recording.
text-too-long = { $count } characters are too many, { $max } fit. Please send it again, shorter.
text-ambiguous = Several answers are awaited from you. Reply to the message that you mean.
text-not-awaited = No text is awaited from you. /pending shows what waits.
conversation-lapsed = That took too long, and nothing was sent. Press the button on the card again.
conversation-of-another = That question is for { $name }. Press the button on the card yourself.
conversation-cancelled = Cancelled, nothing was sent.
conversation-none = There is nothing to cancel.
source-edited = Edited messages do not count. Please send a new one.
source-forwarded = Forwarded messages do not count. Please type it yourself.
source-via-bot = Messages made by another bot do not count. Please type it yourself.
source-anonymous = I cannot see who wrote that. Turn off “Remain anonymous” and send it again.
source-bot = Bots may not decide.

## Commands

command-pending = what waits for me
command-show = show one request: /show a1b2c3
command-deny = deny one request: /deny a1b2c3 reason
command-cancel = stop writing an answer
command-whoami = who I am here
command-help = how this works
hello = Hello { $name }. Requests that wait for you appear here. /pending lists them, /help explains.
stranger = I do not know you. Your Telegram id is { $id }. Ask the operator of Signoff to add it, or for an invitation link (signoff approvers invite).
paired = You are { $name } from now on. Requests that wait for you will appear here.
pairing-invalid = This invitation is used up, too old or wrong. Ask for a new one.
pairing-taken = You are { $name } already.
pairing-private = Open the invitation in a private chat with me.
who-am-i = You are { $name } ({ $roles }). Your Telegram id is { $id }.
pending-none = Nothing waits for you.
pending-some = { $count ->
    [one] { $count } request waits for you:
   *[other] { $count } requests wait for you:
}
pending-more = The first { $shown } are shown.
show-unknown = Nothing with the id { $id } waits for you. /pending shows what does.
show-usage = Write /show and the id on the card: /show a1b2c3
deny-usage = Write /deny, the id on the card and the reason: /deny a1b2c3 not today
id-ambiguous = Several requests have the id { $id }. Use the buttons on the cards.
unknown-command = I do not know that command. /help lists those that I know.
help = I show you what automated systems ask of you. Press a button on a card to decide; every copy of the card then shows the outcome.
    /pending – what waits for you
    /show a1b2c3 – show one request again
    /deny a1b2c3 reason – deny one request
    /cancel – stop writing an answer
    /whoami – who you are here

## Reminders and outages

reminder = ⏰ Still waiting: { $title } · { $deadline }
outage = I was offline from { $from } to { $to }. Taps in that time did not arrive; please tap again.
outage-pending = { $count ->
    [one] { $count } request still waits:
   *[other] { $count } requests still wait:
}
