-- SPDX-License-Identifier: MIT
-- The table of README.md, its row, and 999 more.
CREATE TABLE audit_logs (id int, is_sent BOOLEAN, message JSON, created_at TIMESTAMP);
INSERT INTO audit_logs(id, is_sent, message, created_at)
VALUES (1, 0, '{"audit_event": {"date_time": "2022-10-13T12:34:56.000Z"}}', now());
INSERT INTO audit_logs(id, is_sent, message, created_at)
WITH RECURSIVE series(n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM series WHERE n < 1000)
SELECT n, 0, '{"audit_event": {"date_time": "2022-10-13T12:34:56.000Z"}}', now() FROM series;
