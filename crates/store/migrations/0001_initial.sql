-- The first schema. Immutable once landed: what changes comes as the next file.
-- Times are whole milliseconds since the Unix epoch, identifiers the 16 bytes of their ULID,
-- digests 32 bytes, lists and structures JSON.

-- What the store keeps secret for itself; rotating adds a row, the highest number is current.
CREATE TABLE secrets (
    purpose TEXT NOT NULL,
    number INTEGER NOT NULL,
    secret BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (purpose, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE requests (
    n INTEGER PRIMARY KEY,
    id BLOB NOT NULL,
    project TEXT NOT NULL,
    correlation_id TEXT NOT NULL,
    route TEXT NOT NULL,
    kind TEXT NOT NULL,
    status TEXT NOT NULL,
    min_approvals INTEGER NOT NULL,
    submitted_by TEXT NOT NULL,
    submitted_for TEXT,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    remind_at INTEGER,
    claimed_at INTEGER,
    body_mac BLOB NOT NULL,
    intent_digest BLOB,
    view_digest BLOB,
    masked TEXT NOT NULL,
    state TEXT NOT NULL,
    execution TEXT,
    submission TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX requests_id ON requests (id);
CREATE UNIQUE INDEX requests_name ON requests (project, correlation_id);
-- Lists, newest first: the row number follows within each entry.
CREATE INDEX requests_list ON requests (project);
CREATE INDEX requests_status ON requests (project, status);
-- The deadline is an index, not a row.
CREATE INDEX requests_deadline ON requests (expires_at) WHERE status = 'pending';
CREATE INDEX requests_reminder ON requests (remind_at) WHERE remind_at IS NOT NULL;

-- Presentations, and the outbox of channels: due while `due_at` is set.
CREATE TABLE prompts (
    n INTEGER PRIMARY KEY,
    id BLOB NOT NULL,
    request INTEGER NOT NULL REFERENCES requests (n),
    number INTEGER NOT NULL,
    channel TEXT NOT NULL,
    place TEXT NOT NULL,
    approvers TEXT NOT NULL,
    -- waiting, shown or failed
    state TEXT NOT NULL,
    shown_at INTEGER,
    cause TEXT,
    -- The revision that should be seen, the one that is, and the one that shows the end.
    wanted INTEGER NOT NULL,
    shown INTEGER NOT NULL,
    closing INTEGER,
    -- 0 no, 1 wanted, 2 wanted and leased
    remind INTEGER NOT NULL DEFAULT 0,
    -- Places where it stands, and those that were learned of while it was leased.
    refs TEXT NOT NULL DEFAULT '[]',
    adopted TEXT NOT NULL DEFAULT '[]',
    attempts INTEGER NOT NULL DEFAULT 0,
    -- 0 new card, 1 closing, 2 notice or reminder
    priority INTEGER NOT NULL DEFAULT 0,
    due_at INTEGER,
    -- When leased: the `due_at` from before. `due_at` then is the lease's end.
    leased_from INTEGER,
    -- 1: it was shown once and can be updated no more.
    given_up INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX prompts_id ON prompts (id);
CREATE UNIQUE INDEX prompts_number ON prompts (request, number);
CREATE INDEX prompts_due ON prompts (channel, place, priority, due_at) WHERE due_at IS NOT NULL;

CREATE TABLE callbacks (
    n INTEGER PRIMARY KEY,
    id BLOB NOT NULL,
    request INTEGER NOT NULL REFERENCES requests (n),
    project TEXT NOT NULL,
    url TEXT NOT NULL,
    origin TEXT NOT NULL,
    -- due, delivered or dead
    state TEXT NOT NULL,
    -- Since the retry schedule began, and ever.
    attempts INTEGER NOT NULL DEFAULT 0,
    total_attempts INTEGER NOT NULL DEFAULT 0,
    first_attempt_at INTEGER,
    due_at INTEGER,
    leased_from INTEGER,
    delivered_at INTEGER,
    last_status INTEGER,
    last_detail TEXT
) STRICT;
CREATE UNIQUE INDEX callbacks_id ON callbacks (id);
CREATE UNIQUE INDEX callbacks_request ON callbacks (request);
CREATE INDEX callbacks_list ON callbacks (project);
CREATE INDEX callbacks_state ON callbacks (state);
CREATE INDEX callbacks_due ON callbacks (origin, due_at) WHERE due_at IS NOT NULL;

-- Apart, so that counting an attempt does not write the body again.
CREATE TABLE callback_bodies (
    callback INTEGER PRIMARY KEY REFERENCES callbacks (n),
    body BLOB NOT NULL
) STRICT;

CREATE TABLE attempts (
    callback INTEGER NOT NULL REFERENCES callbacks (n),
    number INTEGER NOT NULL,
    at INTEGER NOT NULL,
    took_ms INTEGER NOT NULL,
    status INTEGER,
    detail TEXT NOT NULL,
    PRIMARY KEY (callback, number)
) STRICT, WITHOUT ROWID;

-- The audit: one hash chain a request; chain 0 is the installation's own. No foreign key: the
-- check of the audit must be able to meet a row whose request is gone.
CREATE TABLE events (
    position INTEGER PRIMARY KEY,
    chain INTEGER NOT NULL,
    number INTEGER NOT NULL,
    event_type TEXT NOT NULL,
    actor_type TEXT NOT NULL,
    actor_id TEXT NOT NULL,
    approval_state TEXT,
    at INTEGER NOT NULL,
    payload TEXT NOT NULL,
    previous_hash BLOB,
    hash BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX events_chain ON events (chain, number);

-- The one order of all events. The project is kept for streams of one project.
CREATE TABLE seals (
    seq INTEGER PRIMARY KEY,
    event INTEGER NOT NULL,
    project TEXT,
    hash BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX seals_event ON seals (event);
CREATE INDEX seals_project ON seals (project);

-- What an event with an id of its channel's own got when it came first.
-- It answers one request for ever: said again of another, it is refused.
CREATE TABLE answers (
    event_id TEXT PRIMARY KEY,
    request INTEGER NOT NULL REFERENCES requests (n),
    answer TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE inbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    channel TEXT NOT NULL,
    key TEXT NOT NULL,
    payload TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    last_cause TEXT,
    done_at INTEGER
) STRICT;
CREATE UNIQUE INDEX inbox_key ON inbox (channel, key);
CREATE INDEX inbox_undone ON inbox (channel, id) WHERE done_at IS NULL;
CREATE INDEX inbox_done ON inbox (channel, received_at) WHERE done_at IS NOT NULL;

CREATE TABLE conversations (
    channel TEXT NOT NULL,
    key TEXT NOT NULL,
    payload TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (channel, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX conversations_expiry ON conversations (expires_at);

CREATE TABLE state (
    scope TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (scope, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE leases (
    name TEXT PRIMARY KEY,
    holder TEXT NOT NULL,
    until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE invites (
    token_sha256 BLOB PRIMARY KEY,
    approver TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE identities (
    channel TEXT NOT NULL,
    user_id TEXT NOT NULL,
    approver TEXT NOT NULL,
    paired_at INTEGER NOT NULL,
    PRIMARY KEY (channel, user_id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX identities_approver ON identities (channel, approver);

CREATE TABLE api_keys (
    name TEXT PRIMARY KEY,
    project TEXT NOT NULL,
    key_sha256 TEXT NOT NULL,
    scopes TEXT NOT NULL,
    approver TEXT,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX api_keys_hash ON api_keys (key_sha256);
