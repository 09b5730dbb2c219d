-- Who the sender really is: what SPF, DKIM and DMARC found of each mail, and who was referred to their point of contact.

ALTER TABLE ledger ADD COLUMN authentication TEXT NOT NULL DEFAULT 'none';      -- pass, fail or none
-- Our own Authentication-Results (RFC 8601), the field's body; empty: nothing was looked up.
ALTER TABLE ledger ADD COLUMN authentication_results TEXT NOT NULL DEFAULT '';

CREATE INDEX outbox_referral ON outbox (recipient COLLATE NOCASE, created) WHERE kind = 'referral';
