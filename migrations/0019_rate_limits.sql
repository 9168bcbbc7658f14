-- Quotas that hold across processes and restarts: log-ins, mails, deploys. The others are each process's own.
CREATE TABLE fresco.rate_limits (
    -- SHA-256 of what is limited and whom: nobody's address stands here.
    key     bytea       PRIMARY KEY CHECK (octet_length(key) = 32),
    -- When all of the quota is there again; the row means nothing from then on.
    arrival timestamptz NOT NULL
);
CREATE INDEX rate_limits_by_arrival ON fresco.rate_limits (arrival);

GRANT SELECT, INSERT, UPDATE, DELETE ON fresco.rate_limits TO fresco_api;
