-- Admission: an organisation's point of contact is asked about held mail, and lets its sender in.

-- A mail that asks; it may ask about several.
CREATE TABLE question (
    id               INTEGER PRIMARY KEY,       -- random: it stands in the address that an answer goes to
    organization_id  TEXT NOT NULL,
    mailbox          TEXT NOT NULL,             -- the support address that it comes from
    asked            TEXT NOT NULL,             -- address key of the point of contact
    created          INTEGER NOT NULL,
    expires          INTEGER NOT NULL,          -- no answer counts any more
    outbox           INTEGER NOT NULL REFERENCES outbox (id)
) STRICT;
CREATE INDEX question_lately ON question (organization_id, created);
CREATE INDEX question_expires ON question (expires);

-- A held mail that is asked about.
CREATE TABLE petition (
    mail             INTEGER PRIMARY KEY REFERENCES ledger (seq),
    organization_id  TEXT NOT NULL,
    state            TEXT NOT NULL,             -- owed, asked, admitted, done, closed
    question         INTEGER REFERENCES question (id),  -- NULL: owed
    word             TEXT NOT NULL,             -- that an answer has to hold; '' while it is owed
    answer           INTEGER REFERENCES ledger (seq)    -- the mail that let it in
) STRICT;
CREATE INDEX petition_owed ON petition (mail) WHERE state = 'owed';
CREATE INDEX petition_admitted ON petition (mail) WHERE state = 'admitted';
CREATE INDEX petition_question ON petition (question);

-- Address key of the point of contact who let its contact in; '': nobody had to.
ALTER TABLE ticket ADD COLUMN admitted_by TEXT NOT NULL DEFAULT '';
