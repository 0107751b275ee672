-- SPDX-License-Identifier: MIT
-- The table of README.md, its row, and 999 more.
CREATE TABLE audit_logs (id int, is_sent BOOLEAN, message JSONB, created_at TIMESTAMP WITH TIME ZONE);
INSERT INTO audit_logs(id, is_sent, message, created_at)
VALUES (1, false, '{"audit_event": {"date_time": "2022-10-13T12:34:56.000+0300"}}', now());
INSERT INTO audit_logs(id, is_sent, message, created_at)
SELECT n, false, '{"audit_event": {"date_time": "2022-10-13T12:34:56.000Z"}}', now()
FROM generate_series(2, 1000) AS n;
