-- Letters that wait to be sent. Whoever has something to tell somebody writes it here in the transaction that made it true;
-- the web side sends it, at least once, and tries again until it gives up. Belongs to the platform, not to an organisation.

CREATE TABLE fresco.mail_outbox (
    id          uuid PRIMARY KEY,
    recipient   text        NOT NULL CHECK (length(recipient) BETWEEN 3 AND 254),
    kind        text        NOT NULL CHECK (length(kind) BETWEEN 1 AND 100),
    -- What it says, sealed by the web side's own keys, because links that let people in are part of it. Gone when it is sent.
    payload     bytea,
    created_at  timestamptz NOT NULL,
    -- After which nobody needs it any more.
    expires_at  timestamptz,
    -- Counted when it is taken, so that a letter that kills its sender counts too. With the owner it is the lease's epoch.
    attempts    integer     NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    next_at     timestamptz NOT NULL,
    lease_owner uuid,
    lease_until timestamptz,
    sent_at     timestamptz,
    failed_at   timestamptz,
    -- Why the last attempt did not send it, in words.
    error       text        CHECK (length(error) <= 1000),
    CHECK ((lease_owner IS NULL) = (lease_until IS NULL)),
    CHECK ((payload IS NULL) = (sent_at IS NOT NULL)),
    CHECK (sent_at IS NULL OR failed_at IS NULL)
) WITH (fillfactor = 70);

CREATE INDEX mail_outbox_due ON fresco.mail_outbox (next_at) WHERE sent_at IS NULL AND failed_at IS NULL;
CREATE INDEX mail_outbox_newest ON fresco.mail_outbox (created_at DESC, id DESC);

GRANT SELECT,
      INSERT (id, recipient, kind, payload, created_at, expires_at, next_at),
      UPDATE (payload, attempts, next_at, lease_owner, lease_until, sent_at, failed_at, error),
      DELETE
   ON fresco.mail_outbox TO fresco_api;
