-- A table whose flag is the time of sending: NULL means unsent.
-- postgresql
CREATE TABLE event_log (
    id bigserial PRIMARY KEY,
    occurred_at timestamptz NOT NULL,
    payload jsonb NOT NULL,
    sent_at timestamptz
);
-- sqlite
CREATE TABLE event_log (
    id integer PRIMARY KEY,
    occurred_at timestamptz NOT NULL,
    payload json NOT NULL,
    sent_at timestamptz
);
-- mysql
CREATE TABLE event_log (
    id bigint AUTO_INCREMENT PRIMARY KEY,
    occurred_at datetime(6) NOT NULL,
    payload json NOT NULL,
    sent_at datetime(6)
);
