-- Who did what to what, from where, with which result: written in the transaction that did it, never changed again, and sealed
-- a moment later, so that a change shows.

CREATE TABLE fresco.audit_log (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- Null: what belongs to none, such as a person's own account. No foreign key: it outlives what it tells of, and those who
    -- write it wait for nobody.
    organisation_id uuid,
    -- The database's own clock.
    at              timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor_kind      text        NOT NULL CHECK (actor_kind IN
        ('operator', 'user', 'api_key', 'visitor', 'anonymous', 'system')),
    actor_id        uuid,
    -- What they were called then.
    actor_label     text        NOT NULL DEFAULT '' CHECK (length(actor_label) <= 300),
    action          text        NOT NULL CHECK (action ~ '^[a-z_]+\.[a-z_]+$'),
    target_kind     text        NOT NULL CHECK (target_kind ~ '^[a-z_]+$'),
    target_id       uuid,
    target_label    text        NOT NULL DEFAULT '' CHECK (length(target_label) <= 300),
    result          text        NOT NULL CHECK (result IN ('done', 'refused', 'failed')),
    address         text        CHECK (length(address) <= 64),
    request_id      text        CHECK (length(request_id) <= 64),
    -- The attempt at a request with an idempotency key: what has a row here was done.
    attempt         uuid,
    data            jsonb       NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(data) = 'object')
);
CREATE INDEX audit_log_of_organisation ON fresco.audit_log (organisation_id, id DESC);
CREATE INDEX audit_log_of_actor ON fresco.audit_log (actor_id, id DESC);
CREATE INDEX audit_log_of_target ON fresco.audit_log (target_id, id DESC);
CREATE INDEX audit_log_of_attempt ON fresco.audit_log (attempt) WHERE attempt IS NOT NULL;

-- What is not sealed yet: who writes adds a row of their own, and waits for nobody. (Sealing what is older than the oldest
-- transaction by its number instead would end with the first restored dump: a new cluster counts from the start again.)
CREATE TABLE fresco.audit_unsealed (
    id              bigint PRIMARY KEY,
    organisation_id uuid
);
CREATE INDEX audit_unsealed_of_organisation ON fresco.audit_unsealed (organisation_id, id);

-- One chain an organisation (null has one too). A seal names its rows and the SHA-256 of each, and is itself the SHA-256 of that
-- and of the seal before: `storage::audit::chain` says how.
CREATE TABLE fresco.audit_seals (
    organisation_id uuid,
    number          bigint      NOT NULL CHECK (number > 0),
    at              timestamptz NOT NULL DEFAULT clock_timestamp(),
    rows            bigint[]    NOT NULL CHECK (cardinality(rows) > 0),
    -- 32 bytes a row, in the same order.
    hashes          bytea       NOT NULL CHECK (octet_length(hashes) = 32 * cardinality(rows)),
    seal            bytea       NOT NULL CHECK (octet_length(seal) = 32),
    UNIQUE NULLS NOT DISTINCT (organisation_id, number)
);

-- What somebody is called now, for whoever may see them: people change their names, and go.
CREATE FUNCTION fresco.actor_label(kind text, id uuid) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
    label text;
BEGIN
    -- One by one: not everybody who writes may read all of these.
    IF kind = 'user' THEN
        SELECT coalesce(u.email, u.name) INTO label FROM fresco.users u WHERE u.id = actor_label.id;
    ELSIF kind = 'api_key' THEN
        SELECT k.name INTO label FROM fresco.api_keys k WHERE k.id = actor_label.id;
    ELSIF kind = 'operator' THEN
        SELECT k.name INTO label FROM fresco.operator_keys k WHERE k.id = actor_label.id;
    END IF;
    RETURN coalesce(label, '');
END $$;
GRANT EXECUTE ON FUNCTION fresco.actor_label TO fresco_api, fresco_worker;

CREATE FUNCTION fresco.await_seal() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO fresco.audit_unsealed (id, organisation_id) SELECT id, organisation_id FROM written;
    RETURN NULL;
END $$;
CREATE TRIGGER await_seal AFTER INSERT ON fresco.audit_log REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION fresco.await_seal();

-- Beside the missing grants: nobody changes it by mistake, whatever they may do.
CREATE FUNCTION fresco.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE insufficient_privilege USING MESSAGE = format('what stands in %s stays', TG_TABLE_NAME);
END $$;
CREATE TRIGGER stays BEFORE UPDATE OR DELETE OR TRUNCATE ON fresco.audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION fresco.refuse_change();
CREATE TRIGGER stays BEFORE UPDATE OR DELETE OR TRUNCATE ON fresco.audit_seals
    FOR EACH STATEMENT EXECUTE FUNCTION fresco.refuse_change();

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['audit_log', 'audit_unsealed', 'audit_seals']
    LOOP
        EXECUTE format('ALTER TABLE fresco.%I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY owner ON fresco.%I TO CURRENT_USER USING (true)', name);
        EXECUTE format('CREATE POLICY worker ON fresco.%I TO fresco_worker USING (true)', name);
    END LOOP;
END $$;

-- Admins read their organisation's; everybody what is about their own account.
CREATE POLICY api_read ON fresco.audit_log FOR SELECT TO fresco_api USING (
    (SELECT fresco.is_operator())
    OR (organisation_id = (SELECT fresco.my_organisation()) AND (SELECT fresco.i_am('admin')))
    OR (organisation_id IS NULL AND actor_kind = 'user' AND actor_id = (SELECT fresco.my_user())
        AND (SELECT fresco.i_am_alone())));
-- Nobody writes into others' books: where one is, where one is a member, the tenant at whose gate one stands, or no
-- organisation's.
CREATE POLICY api_add ON fresco.audit_log FOR INSERT TO fresco_api WITH CHECK (
    organisation_id IS NULL OR (SELECT fresco.is_operator()) OR organisation_id = (SELECT fresco.my_organisation())
    OR EXISTS (SELECT FROM fresco.memberships m
                WHERE m.organisation_id = audit_log.organisation_id AND m.user_id = (SELECT fresco.my_user()))
    OR EXISTS (SELECT FROM fresco.tenants t
                WHERE t.id = (SELECT fresco.my_visit()) AND t.organisation_id = audit_log.organisation_id));

GRANT SELECT,
      INSERT (organisation_id, actor_kind, actor_id, actor_label, action, target_kind, target_id, target_label, result,
              address, request_id, attempt, data)
   ON fresco.audit_log TO fresco_api, fresco_worker;
GRANT SELECT, DELETE ON fresco.audit_unsealed TO fresco_worker;
GRANT SELECT, INSERT (organisation_id, number, rows, hashes, seal) ON fresco.audit_seals TO fresco_worker;
