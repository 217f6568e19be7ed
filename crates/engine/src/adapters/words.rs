//! What people read who are reached through an adapter: labels, notices and answers, in English,
//! Russian and simplified Chinese. One table a language; the functions put them together.

use jiff::Timestamp;
use signoff_contract::{ExecutionResult, Kind, RequestResource, Status};

use crate::ports::{AnswerResult, Notice, PromptCard};

/// The words of one language. `{…}` is filled in.
pub(super) struct Words {
    pub(super) approve: &'static str,
    pub(super) deny: &'static str,
    pub(super) decline: &'static str,
    approved: &'static str,
    answered: &'static str,
    denied: &'static str,
    declined: &'static str,
    expired: &'static str,
    cancelled: &'static str,
    failed: &'static str,
    reason: &'static str,
    answer: &'static str,
    executed: &'static str,
    execution_failed: &'static str,
    approvals: &'static str,
    approvals_none: &'static str,
    asks_twice: &'static str,
    remind: &'static str,
    unreachable: &'static str,
    gone: &'static str,
    said_taken: &'static str,
    said_recorded: &'static str,
    said_confirm: &'static str,
    said_duplicate: &'static str,
    said_stale: &'static str,
    said_expired: &'static str,
    said_not_authorised: &'static str,
    said_own: &'static str,
    said_invalid: &'static str,
}

const ENGLISH: Words = Words {
    approve: "Approve",
    deny: "Deny",
    decline: "Decline to answer",
    approved: "Approved by {names}, {time}",
    answered: "Answered by {names}, {time}",
    denied: "Denied by {names}, {time}",
    declined: "{names} declined to answer, {time}",
    expired: "Expired, {time}: nobody decided in time",
    cancelled: "Withdrawn by the requester, {time}",
    failed: "Could not be decided, {time}",
    reason: "Reason: {text}",
    answer: "Answer: {text}",
    executed: "Carried out, {time}",
    execution_failed: "Carrying it out failed, {time}",
    approvals: "{have} of {need} approvals: {names}",
    approvals_none: "{need} approvals are needed",
    asks_twice: "Approving it takes two presses.",
    remind: "This still waits, until {time}.",
    unreachable: "The requester could not be told.",
    gone: "The requester no longer waits for this: what was decided here has no effect there.",
    said_taken: "Taken.",
    said_recorded: "Counted: {have} of {need} approvals.",
    said_confirm: "Approve again within a minute to confirm.",
    said_duplicate: "You approved already: {have} of {need} approvals.",
    said_stale: "This request has ended already.",
    said_expired: "This request has expired.",
    said_not_authorised: "You may not decide this.",
    said_own: "You asked for this yourself, so someone else must decide.",
    said_invalid: "That does not fit this request.",
};

const RUSSIAN: Words = Words {
    approve: "Разрешить",
    deny: "Отказать",
    decline: "Не отвечать",
    approved: "Разрешение: {names}, {time}",
    answered: "Ответ: {names}, {time}",
    denied: "Отказ: {names}, {time}",
    declined: "Отказ отвечать: {names}, {time}",
    expired: "Срок истёк, {time}: никто не успел решить",
    cancelled: "Отозвано автором запроса, {time}",
    failed: "Решить не удалось, {time}",
    reason: "Причина: {text}",
    answer: "Ответ: {text}",
    executed: "Выполнено, {time}",
    execution_failed: "Выполнить не удалось, {time}",
    approvals: "{have} из {need}: {names}",
    approvals_none: "Сколько нужно согласий: {need}",
    asks_twice: "Чтобы разрешить, нужно нажать дважды.",
    remind: "Запрос всё ещё ждёт, до {time}.",
    unreachable: "Не удалось сообщить решение автору запроса.",
    gone: "Автор запроса больше не ждёт ответа: решение там ни на что не повлияет.",
    said_taken: "Принято.",
    said_recorded: "Учтено: {have} из {need}.",
    said_confirm: "Чтобы подтвердить, разрешите ещё раз в течение минуты.",
    said_duplicate: "Вы уже согласились: {have} из {need}.",
    said_stale: "Этот запрос уже завершён.",
    said_expired: "Срок этого запроса истёк.",
    said_not_authorised: "Вы не можете это решать.",
    said_own: "Вы сами это запросили, решить должен кто-то другой.",
    said_invalid: "Это не подходит к запросу.",
};

const CHINESE: Words = Words {
    approve: "批准",
    deny: "拒绝",
    decline: "不予回答",
    approved: "{names} 已批准，{time}",
    answered: "{names} 已回答，{time}",
    denied: "{names} 已拒绝，{time}",
    declined: "{names} 不予回答，{time}",
    expired: "已过期，{time}：无人及时决定",
    cancelled: "请求方已撤回，{time}",
    failed: "无法做出决定，{time}",
    reason: "理由：{text}",
    answer: "回答：{text}",
    executed: "已执行，{time}",
    execution_failed: "执行失败，{time}",
    approvals: "{have}/{need}：{names}",
    approvals_none: "需要 {need} 人批准",
    asks_twice: "批准需要按两次。",
    remind: "该请求仍在等待，截止 {time}。",
    unreachable: "无法通知请求方。",
    gone: "请求方已不再等待：这里的决定在那边不会生效。",
    said_taken: "已收到。",
    said_recorded: "已计入：{have}/{need} 人批准。",
    said_confirm: "请在一分钟内再次批准以确认。",
    said_duplicate: "您已批准过：{have}/{need} 人批准。",
    said_stale: "该请求已结束。",
    said_expired: "该请求已过期。",
    said_not_authorised: "您无权决定此事。",
    said_own: "这是您自己提出的请求，须由他人决定。",
    said_invalid: "这与该请求不符。",
};

impl Words {
    /// The words of this language (BCP 47); English where there are none.
    pub(super) fn of(language: &str) -> &'static Self {
        let primary = language.split('-').next().unwrap_or_default();
        match primary.to_ascii_lowercase().as_str() {
            "ru" => &RUSSIAN,
            "zh" => &CHINESE,
            _ => &ENGLISH,
        }
    }

    /// What else a card says, line by line; `None` when that is nothing.
    pub(super) fn notice(&self, card: &PromptCard) -> Option<String> {
        let mut lines = Vec::new();
        let request = &card.request;
        if request.status == Status::Pending {
            if card.remind {
                lines.push(fill(self.remind, &[("time", &clock(request.expires_at))]));
            }
            if card.approvals_needed > 1 {
                lines.push(self.progress(card));
            }
            if card.asks_twice {
                lines.push(self.asks_twice.to_owned());
            }
        } else {
            lines.extend(self.outcome(request));
        }
        if let Some(execution) = &request.execution {
            let line = match execution.result {
                ExecutionResult::Applied => self.executed,
                ExecutionResult::Failed => self.execution_failed,
            };
            lines.push(fill(line, &[("time", &clock(execution.reported_at))]));
            lines.extend(execution.detail.clone());
        }
        lines.extend(card.notices.iter().map(|notice| match notice {
            Notice::RequesterUnreachable => self.unreachable.to_owned(),
            Notice::RequesterGone => self.gone.to_owned(),
            Notice::TimedOut(words) => words.clone(),
        }));
        (!lines.is_empty()).then(|| lines.join("\n"))
    }

    fn progress(&self, card: &PromptCard) -> String {
        let need = card.approvals_needed.to_string();
        if card.approvals.is_empty() {
            return fill(self.approvals_none, &[("need", &need)]);
        }
        let have = card.approvals.len().to_string();
        let names = card.approvals.join(", ");
        fill(
            self.approvals,
            &[("have", &have), ("need", &need), ("names", &names)],
        )
    }

    fn outcome(&self, request: &RequestResource) -> Vec<String> {
        let Some(outcome) = &request.outcome else {
            return Vec::new();
        };
        let question = request.kind == Kind::Question;
        let line = match outcome.status {
            Status::Approved if question => self.answered,
            Status::Approved => self.approved,
            Status::Denied if question => self.declined,
            Status::Denied => self.denied,
            Status::Expired => self.expired,
            Status::Cancelled => self.cancelled,
            Status::Failed => self.failed,
            Status::Pending => return Vec::new(),
        };
        let deciders = outcome.decided_by.iter().map(|by| by.name.as_str());
        let names = deciders.collect::<Vec<_>>().join(", ");
        let time = clock(outcome.decided_at);
        let mut lines = vec![fill(line, &[("names", &names), ("time", &time)])];
        if let Some(answer) = &outcome.answer {
            lines.push(fill(self.answer, &[("text", &answer.text)]));
        }
        if let Some(reason) = &outcome.reason {
            lines.push(fill(self.reason, &[("text", reason)]));
        }
        lines
    }
}

/// What a response did, in a sentence for the person.
pub(crate) fn answered(language: &str, result: &AnswerResult, card: Option<&PromptCard>) -> String {
    let words = Words::of(language);
    let counted = |line, have: u32, need: u32| {
        let (have, need) = (have.to_string(), need.to_string());
        fill(line, &[("have", &have), ("need", &need)])
    };
    match result {
        AnswerResult::Applied => words.said_taken.to_owned(),
        AnswerResult::Recorded { have, need } => counted(words.said_recorded, *have, *need),
        AnswerResult::ConfirmRequired => words.said_confirm.to_owned(),
        AnswerResult::Duplicate { have, need } => counted(words.said_duplicate, *have, *need),
        AnswerResult::Stale => {
            let outcome = card.map(|card| words.outcome(&card.request));
            let mut lines = vec![words.said_stale.to_owned()];
            lines.extend(outcome.unwrap_or_default());
            lines.join("\n")
        }
        AnswerResult::Expired => words.said_expired.to_owned(),
        AnswerResult::NotAuthorised { .. } => words.said_not_authorised.to_owned(),
        AnswerResult::OwnRequest => words.said_own.to_owned(),
        AnswerResult::Invalid { .. } | AnswerResult::NotOurs => words.said_invalid.to_owned(),
    }
}

/// A time as people read it; the zone is said, because the adapter knows the reader's and we do not.
fn clock(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// Fills a line in. What is put in is not looked at again, so no text can imitate a variable.
fn fill(line: &str, with: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(line.len() + 32);
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        filled.push_str(before);
        let value = with.iter().find(|(known, _)| *known == name);
        filled.push_str(value.map_or("", |(_, value)| value));
        rest = after;
    }
    filled.push_str(rest);
    filled
}
