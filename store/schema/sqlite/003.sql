-- Storms: who was answered lately, what comes too often, and what is told in one mail instead of many.

-- The receipts and notices that an address got lately.
CREATE INDEX outbox_lately ON outbox (recipient COLLATE NOCASE, created, kind)
    WHERE kind IN ('receipt', 'notification');

-- One mail instead of the receipts past the limit; it names the tickets of its mails.
CREATE TABLE summary (
    id               INTEGER PRIMARY KEY,
    mailbox          TEXT NOT NULL,             -- the support address that it comes from
    recipient        TEXT NOT NULL,
    due              INTEGER NOT NULL,
    outbox           INTEGER REFERENCES outbox (id)  -- NULL: still gathering
) STRICT;
CREATE UNIQUE INDEX summary_gathering ON summary (recipient COLLATE NOCASE, mailbox) WHERE outbox IS NULL;

CREATE TABLE summary_mail (
    mail             INTEGER PRIMARY KEY REFERENCES ledger (seq),
    summary          INTEGER NOT NULL REFERENCES summary (id)
) STRICT;
CREATE INDEX summary_mail_summary ON summary_mail (summary);

-- Mails of late that opened a ticket or were folded, by what makes a flood of them.
CREATE TABLE flood (
    key              TEXT NOT NULL,
    at               INTEGER NOT NULL,          -- the mail arrived
    mail             INTEGER NOT NULL REFERENCES ledger (seq),
    gathers          INTEGER NOT NULL,          -- 1: the next of the flood goes where this one is
    expires          INTEGER NOT NULL,
    PRIMARY KEY (key, at, mail)
) STRICT, WITHOUT ROWID;
CREATE INDEX flood_gathers ON flood (mail) WHERE gathers;

-- Mails that were put into the ticket of a flood, until it is taken apart.
CREATE TABLE folded (
    mail             INTEGER PRIMARY KEY REFERENCES ledger (seq),
    ticket           INTEGER NOT NULL REFERENCES ticket (id)
) STRICT;
CREATE INDEX folded_ticket ON folded (ticket);
