/* SPDX-License-Identifier: MIT */
/* The facade of an append-only ledger: a second table says what was sent.
 *
 * Shows: mark_as_sent is any one statement with {keys ...} that changes nothing the second
 * time, here an INSERT. Without a hook clear, rows are never deleted. */
#include <slt/facade.h>

/* CREATE TABLE ledger (seq bigint PRIMARY KEY, at timestamptz, who text, what text)
 * CREATE TABLE ledger_sent (seq bigint PRIMARY KEY, sent_at timestamptz NOT NULL) */

enum { SEQ, AT, WHO, WHAT }; /* the cells, as fetch selects them */

#define NOT_SENT "NOT EXISTS (SELECT 1 FROM ledger_sent s WHERE s.seq = l.seq)"

static const char *fetch(const void *facade)
{
	(void)facade;
	return "SELECT {key l.seq}, {time l.at}, l.who, l.what FROM ledger l"
	       " WHERE {unsent " NOT_SENT "}";
}

static const char *mark_as_sent(const void *facade)
{
	(void)facade;
	return "INSERT INTO ledger_sent (seq, sent_at)"
	       " SELECT l.seq, {now} FROM ledger l WHERE {keys l.seq} AND " NOT_SENT;
}

static const char *mark_as_unsent(const void *facade)
{
	(void)facade;
	return "DELETE FROM ledger_sent WHERE {keys seq}";
}

/* {"@timestamp": at, "ledger": {"who": "", "what": "", "seq": 1}} */
static int message(const void *facade, const struct slt_row *log, struct slt_doc *doc)
{
	(void)facade;
	slt_put_time(doc, "@timestamp", slt_cell(log, AT));
	slt_begin_object(doc, "ledger");
	slt_put_text(doc, "who", slt_cell(log, WHO));
	slt_put_text(doc, "what", slt_cell(log, WHAT));
	slt_put_number(doc, "seq", slt_cell(log, SEQ));
	slt_end(doc);
	return 0;
}

/* No clear: a ledger keeps its rows. */
SLT_FACADE(ledger) = {
	SLT_FACADE_HEAD,
	.name = "ledger",
	.version = "1.0",
	.summary = "an append-only ledger, with the sent rows in ledger_sent",
	.fetch = fetch,
	.message = message,
	.mark_as_sent = mark_as_sent,
	.mark_as_unsent = mark_as_unsent,
};
