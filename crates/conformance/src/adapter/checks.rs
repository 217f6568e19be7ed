//! What must be true of an adapter. The identifiers never change; a check that goes is not replaced under its name.

use crate::check::checks;

checks! {
    /// The checks of an adapter, in the order of looking.

    TAKEN = "adapter.answers.taken",
        "A prompt that is signed well is answered 200 or 202.", "contracts/ADAPTERS.md#showing-a-prompt";
    UNKNOWN_FIELDS = "adapter.answers.unknown_fields",
        "Fields that it does not know are ignored.", "contracts/ADAPTERS.md#errors-of-signoff";

    UNSIGNED = "adapter.signatures.missing",
        "A message without a signature is answered 401.", "contracts/ADAPTERS.md#signatures";
    FORGED = "adapter.signatures.forged",
        "A message that another secret signed is answered 401.", "contracts/ADAPTERS.md#signatures";
    TAMPERED = "adapter.signatures.tampered",
        "A message whose body was changed after signing is answered 401.", "contracts/ADAPTERS.md#signatures";
    RENAMED = "adapter.signatures.other_id",
        "A message whose id was changed after signing is answered 401.", "contracts/ADAPTERS.md#signatures";
    OLD = "adapter.signatures.old",
        "A message of more than five minutes ago is answered 401.", "contracts/ADAPTERS.md#signatures";
    FUTURE = "adapter.signatures.future",
        "A message from more than five minutes ahead is answered 401.", "contracts/ADAPTERS.md#signatures";
    FOREIGN = "adapter.signatures.foreign_channel",
        "A message that names another channel is answered 401.", "contracts/ADAPTERS.md#signatures";
    NOTHING_SHOWN = "adapter.signatures.nothing_shown",
        "Of the messages that are answered 401 nothing is shown, and the genuine one after them is.", "contracts/ADAPTERS.md#signatures";
    CLOCKS = "adapter.signatures.clocks_may_differ",
        "A message of four minutes ago, or ahead, is taken.", "contracts/ADAPTERS.md#signatures";
    ROTATION = "adapter.signatures.rotation",
        "Of several signatures, one that fits is enough, wherever it stands.", "contracts/ADAPTERS.md#signatures";
    REPLAY = "adapter.signatures.replay",
        "An old message that is sent again, byte for byte, changes nothing.", "contracts/ADAPTERS.md#showing-a-prompt";

    HIGHER = "adapter.revisions.higher",
        "A higher revision takes the place of the one before, in the same message.", "contracts/ADAPTERS.md#showing-a-prompt";
    LOWER = "adapter.revisions.lower",
        "A lower revision is answered 200 and changes nothing.", "contracts/ADAPTERS.md#showing-a-prompt";
    REPEATED = "adapter.revisions.repeated",
        "A revision that comes twice is shown once.", "contracts/ADAPTERS.md#showing-a-prompt";
    AT_ONCE = "adapter.revisions.at_once",
        "Of revisions that come at the same time the highest is shown.", "contracts/ADAPTERS.md#showing-a-prompt";

    CLOSED = "adapter.closing.closed",
        "A closed prompt stays there without buttons and input, and says the outcome.", "contracts/ADAPTERS.md#showing-a-prompt";
    CLOSED_TWICE = "adapter.closing.twice",
        "Closing twice does no harm.", "contracts/ADAPTERS.md#before-you-publish-it";
    STAYS_CLOSED = "adapter.closing.stays_closed",
        "An open revision from before does not open a closed prompt.", "contracts/ADAPTERS.md#showing-a-prompt";
    AFTER_CLOSING = "adapter.closing.updated",
        "What is said after closing is shown in the closed message.", "contracts/ADAPTERS.md#before-you-publish-it";
    UNKNOWN_CLOSED = "adapter.closing.unknown",
        "An unknown prompt may arrive closed; what comes late of it is not opened.", "contracts/ADAPTERS.md#showing-a-prompt";
    EXPIRED_CARD = "adapter.closing.expired",
        "A prompt that expired says so and takes nothing any more.", "contracts/ADAPTERS.md#showing-a-prompt";

    TITLE = "adapter.showing.title",
        "The title, and the texts around it, are shown.", "contracts/ADAPTERS.md#showing-a-prompt";
    ACTION = "adapter.showing.action",
        "The tool and all of its arguments are shown.", "contracts/ADAPTERS.md#showing-a-prompt";
    RISK = "adapter.showing.risk",
        "The risk is shown.", "contracts/ADAPTERS.md#showing-a-prompt";
    DIGEST = "adapter.showing.digest",
        "The digest of what is shown is shown, at least its first twelve digits.", "contracts/ADAPTERS.md#showing-a-prompt";
    BUTTONS = "adapter.showing.buttons",
        "The buttons are those of the prompt, in their order, and a reason can be written.", "contracts/ADAPTERS.md#showing-a-prompt";
    TWO_OPTIONS = "adapter.showing.two_options",
        "A question with two options and no action is shown, and the second option can be chosen.", "contracts/ADAPTERS.md#showing-a-prompt";
    FIVE_OPTIONS = "adapter.showing.five_options",
        "A question with five long options is shown, and the fifth option can be chosen.", "contracts/ADAPTERS.md#before-you-publish-it";
    NOTICE = "adapter.showing.notice",
        "Notice and labels are shown as they come, in whatever language.", "contracts/ADAPTERS.md#showing-a-prompt";
    LONG_TEXTS = "adapter.showing.long_texts",
        "The longest title and texts are shown whole, or answered 422.", "contracts/ADAPTERS.md#before-you-publish-it";
    LONG_ARGUMENTS = "adapter.showing.long_arguments",
        "Arguments of 60 KiB are shown whole, or answered 422.", "contracts/ADAPTERS.md#showing-a-prompt";
    MARKUP = "adapter.showing.markup",
        "HTML and markup are shown literally.", "contracts/ADAPTERS.md#before-you-publish-it";
    RIGHT_TO_LEFT = "adapter.showing.right_to_left",
        "Right-to-left text is shown, and marks of direction do not vanish.", "contracts/ADAPTERS.md#before-you-publish-it";
    CONTROLS = "adapter.showing.control_characters",
        "Control characters in arguments neither vanish nor hide what follows.", "contracts/ADAPTERS.md#showing-a-prompt";
    APART = "adapter.showing.apart",
        "Two prompts are two messages, and changes of one leave the other alone.", "contracts/ADAPTERS.md#showing-a-prompt";

    PRESS = "adapter.responses.press",
        "A press is sent, and the person is told what became of it.", "contracts/ADAPTERS.md#sending-what-people-do";
    REASON = "adapter.responses.reason",
        "A reason in one's own words is sent.", "contracts/ADAPTERS.md#sending-what-people-do";
    ANSWER = "adapter.responses.answer",
        "An answer in one's own words is sent.", "contracts/ADAPTERS.md#sending-what-people-do";
    SECOND_PERSON = "adapter.responses.second_person",
        "Somebody else's press is sent as somebody else's.", "contracts/ADAPTERS.md#sending-what-people-do";

    CONFIRM = "adapter.results.confirm_required",
        "Who must press again is told so, can, and the second press is an event of its own.", "contracts/ADAPTERS.md#sending-what-people-do";
    RECORDED = "adapter.results.recorded",
        "The first of two is told that others are needed, and the next revision says who approved.", "contracts/ADAPTERS.md#sending-what-people-do";
    EXPIRED = "adapter.results.expired",
        "Who was too late is told so.", "contracts/ADAPTERS.md#sending-what-people-do";
    OTHERS = "adapter.results.refused",
        "Whose press is stale, not authorised, a duplicate or invalid is told so.", "contracts/ADAPTERS.md#sending-what-people-do";

    SLOW = "adapter.delivery.slow",
        "An answer that takes seconds is waited for, or asked for again, and told.", "contracts/ADAPTERS.md#sending-what-people-do";
    UNAVAILABLE = "adapter.delivery.unavailable",
        "What is answered 503 is sent again: the same event, the same body.", "contracts/ADAPTERS.md#sending-what-people-do";
    BUSY = "adapter.delivery.busy",
        "What is answered 429 is sent again, and not before Retry-After has passed.", "contracts/ADAPTERS.md#sending-what-people-do";
    LOST = "adapter.delivery.lost_answer",
        "What got no answer is sent again, the same event with the same body; after half an answer all goes on.", "contracts/ADAPTERS.md#sending-what-people-do";
    DOWN = "adapter.delivery.down",
        "A press while Signoff is down arrives later, once.", "contracts/ADAPTERS.md#before-you-publish-it";
    REFUSED = "adapter.delivery.refused",
        "What is answered 400 is not sent again.", "contracts/ADAPTERS.md#sending-what-people-do";

    PROMPT_REF = "adapter.answers.prompt_ref",
        "Every 200 and 202 has a prompt_ref of 1 to 500 characters.", "contracts/ADAPTERS.md#showing-a-prompt";
    IN_TIME = "adapter.answers.in_time",
        "Every answer comes within ten seconds.", "contracts/ADAPTERS.md#showing-a-prompt";
    RECEIPTS = "adapter.answers.receipts",
        "After every 202 a receipt for that revision comes within a minute.", "contracts/ADAPTERS.md#showing-a-prompt";
    SIGNED = "adapter.calls.signed",
        "Every call is signed with the channel's secret, names the channel, and has the right time.", "contracts/ADAPTERS.md#signatures";
    SHAPED = "adapter.calls.shaped",
        "Every body is JSON, and says so if anything; it has the contract's shape, and no other fields.", "contracts/ADAPTERS.md#errors-of-signoff";
    MESSAGE_IDS = "adapter.calls.message_ids",
        "A message that is sent again has the same webhook-id, and no other message has it.", "contracts/ADAPTERS.md#signatures";
    HANDLES = "adapter.responses.handle",
        "Every response has the prompt and the handle of what was pressed or written under.", "contracts/ADAPTERS.md#sending-what-people-do";
    WORDS = "adapter.responses.words",
        "Words arrive as they were written, with via text, voice or web.", "contracts/ADAPTERS.md#sending-what-people-do";
    ACTORS = "adapter.responses.actor",
        "Every response has the user_id of the person who gave it.", "contracts/ADAPTERS.md#sending-what-people-do";
    TIMES = "adapter.responses.occurred_at",
        "occurred_at is when it happened, by the clock of webhook-timestamp.", "contracts/ADAPTERS.md#sending-what-people-do";
    ONE_EVENT = "adapter.responses.one_event",
        "What a person does once is one event, and what they do again is another.", "contracts/ADAPTERS.md#sending-what-people-do";
    ENOUGH = "adapter.delivery.answered",
        "What was answered 200 is not sent again.", "contracts/ADAPTERS.md#sending-what-people-do";
}
