-- Which configuration decided, and when the mail arrived at the first server that tells.

ALTER TABLE ledger ADD COLUMN revision TEXT NOT NULL DEFAULT '';   -- digest of the files read; '': not known
ALTER TABLE ledger ADD COLUMN arrived INTEGER;                     -- ms; NULL: when it was received
