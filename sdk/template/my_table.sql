-- SPDX-License-Identifier: MIT-0
-- The table of my_table.c with rows to check the facade with. SQLite, PostgreSQL, MySQL and
-- MariaDB all take it as it is.
CREATE TABLE my_table (
    id integer PRIMARY KEY,
    created_at timestamp(6) NOT NULL,
    kind varchar(40) NOT NULL,
    detail json,
    is_sent boolean
);
INSERT INTO my_table (id, created_at, kind, detail, is_sent) VALUES
    (1, '2026-10-01 06:00:00.283402', 'door opened', '{"door": "north", "by": {"badge": 4711}}', false),
    (2, '2026-10-01 06:00:07', 'door closed', '{"door": "north"}', false),
    (3, '2026-10-01 06:02:10.5', 'Tür geöffnet', NULL, NULL), -- unsent, as false is
    (4, '2026-10-01 06:03:00', 'alarm', '[1, 2.50, "x"]', false),
    (5, '2026-09-01 18:30:00', 'door opened', '{"door": "south"}', true);
