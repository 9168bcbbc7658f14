-- When all containers were last looked at in one call. A settled tenant the look did not ring for is as fresh as the look:
-- one row written a period, where writing it to each tenant would cost a row each.

CREATE TABLE fresco.looks (
    -- What was looked at.
    subject text PRIMARY KEY,
    at      timestamptz NOT NULL
);

GRANT SELECT ON fresco.looks TO fresco_api;
GRANT SELECT, INSERT, UPDATE ON fresco.looks TO fresco_worker;
