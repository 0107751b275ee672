-- SPDX-License-Identifier: MIT
-- The better table of README.md, with 300 events of a shop.
CREATE TABLE audit_logs (id bigserial PRIMARY KEY, is_sent BOOLEAN, message JSONB, created_at TIMESTAMP WITH TIME ZONE);
CREATE INDEX audit_logs_unsent ON audit_logs (id) WHERE is_sent IS NOT TRUE;
INSERT INTO audit_logs(is_sent, message, created_at)
SELECT false, jsonb_build_object('audit_event', jsonb_build_object(
	'date_time', to_char(timestamp '2026-10-01 06:00:00' + n * interval '37 seconds',
		'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
	'actor', (ARRAY['Aino Mäkinen', 'José García', 'unknown'])[n % 3 + 1],
	'operation', (ARRAY['create', 'update', 'delete', 'access'])[n % 4 + 1],
	'target', 'order ' || n / 4 + 1)), now()
FROM generate_series(1, 300) AS n;
