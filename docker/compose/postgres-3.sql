-- SPDX-License-Identifier: MIT
-- The better table of README.md, with rows for four runs of BATCH_SIZE 5000.
CREATE TABLE audit_logs (id bigserial PRIMARY KEY, is_sent BOOLEAN, message JSONB, created_at TIMESTAMP WITH TIME ZONE);
CREATE INDEX audit_logs_unsent ON audit_logs (id) WHERE is_sent IS NOT TRUE;
INSERT INTO audit_logs(is_sent, message, created_at)
SELECT false, jsonb_build_object('audit_event', jsonb_build_object(
	'date_time', to_char(timestamp '2026-10-01 06:00:00' + n * interval '1 second',
		'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
	'n', n)), now()
FROM generate_series(1, 20000) AS n;
