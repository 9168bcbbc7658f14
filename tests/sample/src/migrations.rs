//! The database's history: which scripts each line brings. Append only, as Prisma's.

use crate::line::Line;

/// One script; `{s}` stands for the schema (see `Schema::fill`).
#[derive(Debug)]
pub(crate) struct Migration {
    pub(crate) name: &'static str,
    pub(crate) script: &'static str,
}

/// Prisma's own table, column for column.
pub(crate) const LEDGER: &str = r#"
create table if not exists {s}"_prisma_migrations" (
    id varchar(36) primary key,
    checksum varchar(64) not null,
    finished_at timestamptz,
    migration_name varchar(255) not null,
    logs text,
    rolled_back_at timestamptz,
    started_at timestamptz not null default now(),
    applied_steps_count integer not null default 0
)"#;

const THREE: [Migration; 2] = [
    Migration {
        name: "20240101000000_init",
        script: r#"
create table {s}"AppSettings" ("key" text primary key, "value" text not null);
create table {s}"Entry" (
    "id" bigint generated always as identity primary key,
    "text" text not null,
    "createdAt" timestamptz not null default now()
);"#,
    },
    Migration {
        name: "20250301000000_accounts",
        script: r#"
create table {s}"User" (
    "id" text primary key,
    "username" text not null unique,
    "salt" text not null,
    "passwordHash" text not null
);
create table {s}"Session" (
    "id" text primary key,
    "userId" text not null references {s}"User" ("id") on delete cascade
);"#,
    },
];

/// Line 3 still serves a database that has this one too.
const FOUR: [Migration; 1] = [Migration {
    name: "20260301000000_entry_source",
    script: r#"alter table {s}"Entry" add column "source" text not null default 'web';"#,
}];

/// Every migration of a line, oldest first.
pub(crate) fn of(line: Line) -> impl Iterator<Item = &'static Migration> {
    let newer: &[Migration] = match line {
        Line::Three => &[],
        Line::Four => &FOUR,
    };
    THREE.iter().chain(newer)
}
