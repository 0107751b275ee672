-- A ledger: rows are only ever added, the keys of the sent ones stand in a second table.
-- postgresql
CREATE TABLE ledger (
    seq bigint PRIMARY KEY,
    at timestamptz NOT NULL,
    who text,
    what text NOT NULL
);
CREATE TABLE ledger_sent (
    seq bigint PRIMARY KEY,
    sent_at timestamptz NOT NULL
);
-- sqlite
CREATE TABLE ledger (
    seq bigint PRIMARY KEY,
    at timestamptz NOT NULL,
    who text,
    what text NOT NULL
);
CREATE TABLE ledger_sent (
    seq bigint PRIMARY KEY,
    sent_at timestamptz NOT NULL
);
-- mysql
CREATE TABLE ledger (
    seq bigint PRIMARY KEY,
    at datetime(6) NOT NULL,
    who text,
    what text NOT NULL
);
CREATE TABLE ledger_sent (
    seq bigint PRIMARY KEY,
    sent_at datetime(6) NOT NULL
);
