-- An outbox: a uuid as key, plain columns instead of JSON.
-- postgresql
CREATE TABLE outbox (
    event_id uuid PRIMARY KEY,
    created timestamptz NOT NULL,
    kind text NOT NULL,
    subject text,
    amount numeric,
    delivered boolean
);
-- sqlite
CREATE TABLE outbox (
    event_id text PRIMARY KEY NOT NULL,
    created timestamptz NOT NULL,
    kind text NOT NULL,
    subject text,
    amount numeric,
    delivered boolean
);
-- mysql
CREATE TABLE outbox (
    event_id char(36) PRIMARY KEY,
    created datetime(6) NOT NULL,
    kind text NOT NULL,
    subject text,
    amount decimal(38, 9),
    delivered boolean
);
