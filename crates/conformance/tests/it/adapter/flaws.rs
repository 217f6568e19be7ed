//! What can be wrong with an adapter, and where the kit must find it.

/// One thing that an adapter does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flaw {
    // These two are none.
    AnswersWithReceipts,
    RefusesWhatIsLong,

    KnowsNoPrompts,
    RefusesUnknownFields,
    BelievesAnyone,
    BelievesOldMessages,
    TakesAnyChannel,
    HasNoPatienceWithClocks,
    KnowsOneSignature,
    ShowsLowerRevisions,
    PostsInsteadOfEditing,
    KeepsButtons,
    IgnoresUpdatesAfterClosing,
    ForgetsClosedStrangers,
    HidesTexts,
    HidesNumbers,
    TurnsButtonsRound,
    TakesNoQuestions,
    LeavesOutControls,
    SendsNoWords,
    AnswersLate,
    QuotesWhatWasBefore,
    MixesPrompts,
    HidesTheRisk,
    HidesTheDigest,
    HidesTheNotice,
    HasRoomForFourButtons,
    CutsArguments,
    InterpretsMarkup,
    LeavesOutWhatIsHidden,
    SendsTheFirstHandle,
    SendsAnotherPrompt,
    NamesPeopleByTheirNames,
    TakesTheFirstReader,
    CutsWords,
    HasNoClock,
    DatesWhatItSends,
    HasOneEventForAPrompt,
    SendsTwice,
    SendsOtherMessageIds,
    TellsNobody,
    DrawsNewEventIds,
    SendsOnce,
    IgnoresRetryAfter,
    NeverGivesUp,
    SendsAgainForEver,
    HasNoPromptRef,
    ForgetsReceipts,
    PostsBadReceipts,
    SignsBadly,
    AddsFields,
    SendsForms,
}

/// Each flaw and the checks that find it, without the `adapter.` before them: these, and no others.
pub(crate) const FOUND_BY: &[(Flaw, &[&str])] = &[
    (Flaw::RefusesUnknownFields, &["answers.unknown_fields"]),
    (
        Flaw::BelievesAnyone,
        &[
            "signatures.missing",
            "signatures.forged",
            "signatures.tampered",
            "signatures.other_id",
            "signatures.old",
            "signatures.future",
            "signatures.nothing_shown",
        ],
    ),
    (
        Flaw::BelievesOldMessages,
        &[
            "signatures.old",
            "signatures.future",
            "signatures.nothing_shown",
        ],
    ),
    (
        Flaw::TakesAnyChannel,
        &["signatures.foreign_channel", "signatures.nothing_shown"],
    ),
    (
        Flaw::HasNoPatienceWithClocks,
        &["signatures.clocks_may_differ"],
    ),
    (Flaw::KnowsOneSignature, &["signatures.rotation"]),
    (
        Flaw::ShowsLowerRevisions,
        &[
            "signatures.replay",
            "revisions.lower",
            "closing.stays_closed",
            "closing.unknown",
        ],
    ),
    (
        Flaw::PostsInsteadOfEditing,
        &[
            "signatures.nothing_shown",
            "signatures.replay",
            "revisions.higher",
            "revisions.repeated",
            "revisions.at_once",
            "closing.closed",
            "closing.twice",
            "closing.stays_closed",
            "closing.updated",
            "closing.expired",
            "showing.apart",
            "results.recorded",
        ],
    ),
    (
        Flaw::KeepsButtons,
        &[
            "closing.closed",
            "closing.twice",
            "closing.stays_closed",
            "closing.updated",
            "closing.expired",
        ],
    ),
    (Flaw::IgnoresUpdatesAfterClosing, &["closing.updated"]),
    (Flaw::ForgetsClosedStrangers, &["closing.unknown"]),
    (Flaw::HidesTexts, &["showing.title", "showing.long_texts"]),
    (Flaw::HidesNumbers, &["showing.action"]),
    (
        Flaw::TurnsButtonsRound,
        &[
            "revisions.higher",
            "showing.buttons",
            "showing.two_options",
            "showing.five_options",
            "showing.notice",
            "results.confirm_required",
        ],
    ),
    (
        Flaw::TakesNoQuestions,
        &[
            "showing.two_options",
            "showing.five_options",
            "responses.answer",
        ],
    ),
    (Flaw::LeavesOutControls, &["showing.control_characters"]),
    (
        Flaw::SendsNoWords,
        &["responses.reason", "responses.answer"],
    ),
    (Flaw::AnswersLate, &["answers.in_time"]),
    (
        Flaw::QuotesWhatWasBefore,
        &["signatures.replay", "revisions.higher", "revisions.at_once"],
    ),
    (Flaw::MixesPrompts, &["showing.apart"]),
    (Flaw::HidesTheRisk, &["showing.risk"]),
    (Flaw::HidesTheDigest, &["showing.digest"]),
    (
        Flaw::HidesTheNotice,
        &[
            "closing.closed",
            "closing.twice",
            "closing.stays_closed",
            "closing.updated",
            "closing.expired",
            "showing.notice",
            "results.recorded",
        ],
    ),
    (Flaw::HasRoomForFourButtons, &["showing.five_options"]),
    (Flaw::CutsArguments, &["showing.long_arguments"]),
    (
        Flaw::InterpretsMarkup,
        &["showing.notice", "showing.markup"],
    ),
    (Flaw::LeavesOutWhatIsHidden, &["showing.right_to_left"]),
    (Flaw::SendsTheFirstHandle, &["responses.handle"]),
    (Flaw::SendsAnotherPrompt, &["responses.handle"]),
    (
        Flaw::NamesPeopleByTheirNames,
        &["responses.second_person", "responses.actor"],
    ),
    (
        Flaw::TakesTheFirstReader,
        &["responses.second_person", "responses.actor"],
    ),
    (Flaw::CutsWords, &["responses.words"]),
    (Flaw::HasNoClock, &["responses.occurred_at"]),
    (
        Flaw::DatesWhatItSends,
        &[
            "delivery.unavailable",
            "delivery.busy",
            "delivery.lost_answer",
            "delivery.down",
        ],
    ),
    (
        Flaw::HasOneEventForAPrompt,
        &["results.confirm_required", "delivery.answered"],
    ),
    (Flaw::SendsTwice, &["responses.one_event"]),
    (Flaw::SendsOtherMessageIds, &["calls.message_ids"]),
    (
        Flaw::TellsNobody,
        &[
            "responses.press",
            "results.confirm_required",
            "results.recorded",
            "results.expired",
            "results.refused",
            "delivery.slow",
        ],
    ),
    (
        Flaw::DrawsNewEventIds,
        &[
            "delivery.unavailable",
            "delivery.busy",
            "delivery.lost_answer",
            "responses.one_event",
        ],
    ),
    (
        Flaw::SendsOnce,
        &[
            "delivery.unavailable",
            "delivery.busy",
            "delivery.lost_answer",
            "delivery.down",
        ],
    ),
    (Flaw::IgnoresRetryAfter, &["delivery.busy"]),
    (Flaw::NeverGivesUp, &["delivery.refused"]),
    (
        Flaw::SendsAgainForEver,
        &["delivery.refused", "delivery.answered"],
    ),
    (Flaw::HasNoPromptRef, &["answers.prompt_ref"]),
    (Flaw::ForgetsReceipts, &["answers.receipts"]),
    (Flaw::PostsBadReceipts, &["calls.shaped"]),
    (Flaw::SignsBadly, &["calls.signed"]),
    (Flaw::AddsFields, &["calls.shaped"]),
    (Flaw::SendsForms, &["calls.shaped"]),
];

/// What finds a flaw or does not, as revisions that are sent at once happen to come.
pub(crate) const BY_CHANCE: (Flaw, &str) = (Flaw::ShowsLowerRevisions, "revisions.at_once");

/// Flaws for which the kit waits in vain.
pub(crate) const SILENT: [Flaw; 4] = [
    Flaw::SendsNoWords,
    Flaw::SendsOnce,
    Flaw::HasOneEventForAPrompt,
    Flaw::ForgetsReceipts,
];
