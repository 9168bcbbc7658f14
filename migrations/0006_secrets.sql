-- Sealed values (XChaCha20-Poly1305, bound to table, row and column). A change is a new version: the old one stays for
-- what still runs with it. The web side puts in, and can't get out.

CREATE TABLE fresco.tenant_secrets (
    tenant_id uuid    NOT NULL REFERENCES fresco.tenants,
    name      text    NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    version   integer NOT NULL CHECK (version > 0),
    sealed    bytea   NOT NULL,
    PRIMARY KEY (tenant_id, name, version)
);

GRANT INSERT ON fresco.tenant_secrets TO fresco_api;
GRANT SELECT, INSERT, DELETE ON fresco.tenant_secrets TO fresco_worker;
