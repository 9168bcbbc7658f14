-- Which keys workers seal and open tenants' secrets with, each by its id and a print of its public half: so that a key file
-- that was exchanged for another valid one is told from the right one, and so is the half that the web side seals with.

CREATE TABLE fresco.sealing_keys (
    id       text        PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 32),
    -- Of the key that had this id first.
    print    text        NOT NULL,
    -- Whether the worker that started last had it.
    held     boolean     NOT NULL,
    noted_at timestamptz NOT NULL DEFAULT now()
);

GRANT SELECT ON fresco.sealing_keys TO fresco_api;
GRANT SELECT, INSERT, UPDATE (held) ON fresco.sealing_keys TO fresco_worker;
