-- Times are milliseconds since 1970-01-01 UTC. Text is well-formed UTF-8 without NUL; octets of mail are blobs.
-- Words of enumerations stand as text, without CHECK: a new word then needs no rebuilt table, and readers refuse one
-- they don't know.

-- One row for every mail taken in.
CREATE TABLE ledger (
    seq              INTEGER PRIMARY KEY,
    id               TEXT NOT NULL UNIQUE,
    received         INTEGER NOT NULL,          -- its first octet came
    committed        INTEGER NOT NULL,          -- the row got its present disposition
    source           TEXT NOT NULL,
    mailbox          TEXT NOT NULL,
    reverse_path     TEXT NOT NULL,
    client           TEXT NOT NULL,
    sender           TEXT NOT NULL,
    message_id       TEXT NOT NULL,
    threads          INTEGER NOT NULL,          -- 1: mail that names message_id belongs to this one's ticket
    subject          TEXT NOT NULL,
    size             INTEGER NOT NULL,
    sha256           TEXT NOT NULL,
    disposition      TEXT NOT NULL,
    rule             TEXT NOT NULL,
    reason           TEXT NOT NULL,
    ticket           INTEGER REFERENCES ticket (id),
    story            TEXT NOT NULL,             -- JSON: [[rule, saw, result, config], …]
    receipt_why      TEXT NOT NULL,
    imap_folder      TEXT,
    imap_uid_validity INTEGER,
    imap_uid         INTEGER
) STRICT;
CREATE INDEX ledger_received ON ledger (received);
CREATE INDEX ledger_message_id ON ledger (message_id) WHERE message_id <> '';
CREATE INDEX ledger_held ON ledger (received) WHERE disposition = 'held';
CREATE INDEX ledger_imap ON ledger (imap_folder, imap_uid_validity, imap_uid) WHERE imap_folder IS NOT NULL;

-- The octets of a mail, once. Its digest is the ledger's: of the octets as they came, whatever the encoding here.
CREATE TABLE raw (
    mail             INTEGER PRIMARY KEY REFERENCES ledger (seq),
    encoding         TEXT NOT NULL,             -- 'identity'
    expires          INTEGER,                   -- of refused mail; the ledger row stays
    octets           BLOB NOT NULL
) STRICT;
CREATE INDEX raw_expires ON raw (expires) WHERE expires IS NOT NULL;

CREATE TABLE arrival_key (
    key              TEXT NOT NULL PRIMARY KEY,
    mail             INTEGER NOT NULL REFERENCES ledger (seq),
    expires          INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX arrival_key_mail ON arrival_key (mail);
CREATE INDEX arrival_key_expires ON arrival_key (expires) WHERE expires IS NOT NULL;

CREATE TABLE ticket_sequence (
    tag              TEXT NOT NULL PRIMARY KEY,
    last             INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE ticket (
    id               INTEGER PRIMARY KEY,
    tag              TEXT NOT NULL,
    number           INTEGER NOT NULL,
    mailbox          TEXT NOT NULL,
    subject          TEXT NOT NULL,
    status           TEXT NOT NULL,
    severity         TEXT NOT NULL,
    organization_id  TEXT NOT NULL,
    organization     TEXT NOT NULL,
    contact          TEXT NOT NULL,
    assignee         TEXT,
    created          INTEGER NOT NULL,
    updated          INTEGER NOT NULL,
    articles         INTEGER NOT NULL,          -- how many; also the last one's number
    attachments      INTEGER NOT NULL,          -- the last one's number
    UNIQUE (tag, number)
) STRICT;
CREATE INDEX ticket_status ON ticket (status);

CREATE TABLE article (
    id               INTEGER PRIMARY KEY,
    ticket           INTEGER NOT NULL REFERENCES ticket (id),
    number           INTEGER NOT NULL,
    mail             INTEGER REFERENCES ledger (seq),  -- the mail taken in that it shows
    kind             TEXT NOT NULL,
    direction        TEXT NOT NULL,
    sender           TEXT NOT NULL,
    recipients       TEXT NOT NULL,             -- JSON: [[to, …], [cc, …]]
    subject          TEXT NOT NULL,
    date             INTEGER NOT NULL,
    message_id       TEXT NOT NULL,
    text             TEXT NOT NULL,
    full_text        TEXT,                      -- NULL: the same as text
    authentication   TEXT NOT NULL,
    UNIQUE (ticket, number)
) STRICT;

-- The octets lie in raw; locator says where.
CREATE TABLE attachment (
    ticket           INTEGER NOT NULL REFERENCES ticket (id),
    number           INTEGER NOT NULL,
    article          INTEGER NOT NULL,          -- its number
    mail             INTEGER NOT NULL REFERENCES ledger (seq),
    name             TEXT NOT NULL,
    media_type       TEXT NOT NULL,
    size             INTEGER NOT NULL,
    sha256           TEXT NOT NULL,
    inline           INTEGER NOT NULL,
    content_id       TEXT,
    locator          TEXT NOT NULL,
    PRIMARY KEY (ticket, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE event (
    id               INTEGER PRIMARY KEY,
    ticket           INTEGER NOT NULL REFERENCES ticket (id),
    at               INTEGER NOT NULL,
    what             TEXT NOT NULL,
    by               TEXT NOT NULL,
    detail           TEXT NOT NULL
) STRICT;
CREATE INDEX event_ticket ON event (ticket);

-- Message-IDs that lead to a ticket beside those of ledger (threads) and outbox.
CREATE TABLE thread_key (
    message_id       TEXT NOT NULL,
    ticket           INTEGER NOT NULL REFERENCES ticket (id),
    PRIMARY KEY (message_id, ticket)
) STRICT, WITHOUT ROWID;

CREATE TABLE outbox (
    id               INTEGER PRIMARY KEY,
    kind             TEXT NOT NULL,
    state            TEXT NOT NULL,
    ticket           INTEGER REFERENCES ticket (id),
    article          INTEGER,                   -- number of the ticket's article that shows it, and has its text
    caused_by        INTEGER REFERENCES ledger (seq),
    reverse_path     TEXT NOT NULL,
    recipient        TEXT NOT NULL,
    subject          TEXT NOT NULL,
    message_id       TEXT NOT NULL,
    text             TEXT,                      -- NULL: the article's
    attempts         INTEGER NOT NULL,
    created          INTEGER NOT NULL,
    next_attempt     INTEGER NOT NULL,
    due              INTEGER NOT NULL,          -- next_attempt; while it is claimed the end of the claim
    last_error       TEXT NOT NULL
) STRICT;
CREATE INDEX outbox_due ON outbox (due) WHERE state = 'queued';
CREATE INDEX outbox_failed ON outbox (state) WHERE state = 'failed';
CREATE INDEX outbox_order ON outbox (ticket, recipient) WHERE state = 'queued';
CREATE INDEX outbox_caused_by ON outbox (caused_by);
CREATE INDEX outbox_message_id ON outbox (message_id);

-- The octets of a mail not yet sent: apart, so that a claim rewrites a small row.
CREATE TABLE outbox_octets (
    outbox           INTEGER PRIMARY KEY REFERENCES outbox (id),
    octets           BLOB NOT NULL
) STRICT;

CREATE TABLE imap_folder (
    folder           TEXT NOT NULL PRIMARY KEY,
    mailbox          TEXT NOT NULL,
    name             TEXT NOT NULL,
    uid_validity     INTEGER NOT NULL,
    last_uid         INTEGER NOT NULL,
    last_success     INTEGER,
    error            TEXT,
    backlog          INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Attempts at mails of which no ledger row tells yet.
CREATE TABLE imap_attempt (
    folder           TEXT NOT NULL,
    uid_validity     INTEGER NOT NULL,
    uid              INTEGER NOT NULL,
    attempts         INTEGER NOT NULL,
    PRIMARY KEY (folder, uid_validity, uid)
) STRICT, WITHOUT ROWID;

-- Marks owed to committed mail.
CREATE TABLE imap_mark (
    folder           TEXT NOT NULL,
    uid_validity     INTEGER NOT NULL,
    uid              INTEGER NOT NULL,
    action           TEXT NOT NULL,
    move_to          TEXT NOT NULL,
    PRIMARY KEY (folder, uid_validity, uid)
) STRICT, WITHOUT ROWID;
