-- What was answered to a request that carried an idempotency key, so that the same request again is the same answer and nothing
-- is done twice. Kept for a day or so; belongs to whoever asked.

CREATE TABLE fresco.idempotency_keys (
    -- Who asked, as in `user:…`.
    principal   text        NOT NULL CHECK (length(principal) BETWEEN 1 AND 100),
    operation   text        NOT NULL CHECK (length(operation) BETWEEN 1 AND 200),
    key         text        NOT NULL CHECK (length(key) BETWEEN 1 AND 128),
    -- SHA-256 of what was asked.
    request     bytea       NOT NULL CHECK (octet_length(request) = 32),
    -- Whoever is at it, or was. A line of the audit log that names it says that the thing was done.
    attempt     uuid        NOT NULL UNIQUE,
    lease_until timestamptz NOT NULL,
    -- Sealed by the web side's own keys: a link that lets people in, or a key shown once, may be part of it.
    answer      bytea,
    created_at  timestamptz NOT NULL,
    PRIMARY KEY (principal, operation, key)
) WITH (fillfactor = 70);
CREATE INDEX idempotency_keys_oldest ON fresco.idempotency_keys (created_at);

GRANT SELECT,
      INSERT (principal, operation, key, request, attempt, lease_until, created_at),
      UPDATE (attempt, lease_until, answer),
      DELETE
   ON fresco.idempotency_keys TO fresco_api;

-- Whether an attempt has done what it was for. The API's role reads the audit log only for those who may.
CREATE FUNCTION fresco.was_done(tried uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
BEGIN ATOMIC
    SELECT EXISTS (SELECT FROM fresco.audit_log a WHERE a.attempt = tried AND a.result = 'done');
END;
GRANT EXECUTE ON FUNCTION fresco.was_done TO fresco_api;

-- One that was taken over does nothing any more: its transaction fails at the line that would say it had. So of an attempt that
-- slept through its lease and the one that came after it, one is done.
CREATE FUNCTION fresco.still_tried() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM FROM fresco.idempotency_keys k WHERE k.attempt = NEW.attempt FOR SHARE;
    IF NOT FOUND THEN
        RAISE serialization_failure USING MESSAGE = 'this attempt was taken over by another one';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER still_tried BEFORE INSERT ON fresco.audit_log
    FOR EACH ROW WHEN (NEW.attempt IS NOT NULL AND NEW.result = 'done') EXECUTE FUNCTION fresco.still_tried();
