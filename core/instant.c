// SPDX-License-Identifier: MIT
// Instants: read as databases print them, written as a document has them.

#include "instant.h"

#include <stdio.h>
#include <string.h>

static bool take(struct slt_text *rest, char c)
{
	if (!rest->len || *rest->ptr != c)
		return false;
	rest->ptr++;
	rest->len--;
	return true;
}

/* Exactly n digits, their value at most max. */
static bool take_number(struct slt_text *rest, size_t n, int max, int *ret)
{
	int value = 0;

	if (rest->len < n)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (rest->ptr[i] < '0' || rest->ptr[i] > '9')
			return false;
		value = value * 10 + (rest->ptr[i] - '0');
	}
	if (value > max)
		return false;
	rest->ptr += n;
	rest->len -= n;
	*ret = value;
	return true;
}

/* .1 to .999999999; nothing is a fraction, too. */
static bool take_fraction(struct slt_text *rest, struct slt_text *ret)
{
	size_t n = 0;

	*ret = (struct slt_text){ rest->ptr, 0 };
	if (!take(rest, '.'))
		return true;
	while (n < rest->len && rest->ptr[n] >= '0' && rest->ptr[n] <= '9')
		n++;
	if (n < 1 || n > 9)
		return false;
	ret->len = n + 1;
	rest->ptr += n;
	rest->len -= n;
	return true;
}

/* Z, +HH, +HHMM, +HH:MM, the latter two with :SS as well (so PostgreSQL prints local mean
 * time), or - for +; nothing is UTC. */
static bool take_offset(struct slt_text *rest, int *ret)
{
	int hours, minutes = 0, seconds = 0;
	bool is_west;

	*ret = 0;
	if (!rest->len || take(rest, 'Z'))
		return true;
	is_west = take(rest, '-');
	if (!is_west && !take(rest, '+'))
		return false;
	if (!take_number(rest, 2, 23, &hours))
		return false;
	if (rest->len) {
		take(rest, ':');
		if (!take_number(rest, 2, 59, &minutes))
			return false;
	}
	if (take(rest, ':') && !take_number(rest, 2, 59, &seconds))
		return false;
	*ret = (hours * 60 + minutes) * 60 + seconds;
	if (is_west)
		*ret = -*ret;
	return true;
}

static int days_of(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && is_leap);
}

/* Date and time of day, in any of the forms that databases print. Second 60 is refused:
 * no database prints it, the search servers do not read it, and to write the second after
 * it instead would be another time than the one stored. */
static bool take_local(struct slt_text *rest, struct instant *ret)
{
	return take_number(rest, 4, 9999, &ret->year) && take(rest, '-') &&
	       take_number(rest, 2, 12, &ret->month) && ret->month && take(rest, '-') &&
	       take_number(rest, 2, 31, &ret->day) && ret->day &&
	       ret->day <= days_of(ret->year, ret->month) &&
	       (take(rest, ' ') || take(rest, 'T')) &&
	       take_number(rest, 2, 23, &ret->hour) && take(rest, ':') &&
	       take_number(rest, 2, 59, &ret->minute) && take(rest, ':') &&
	       take_number(rest, 2, 59, &ret->second) &&
	       take_fraction(rest, &ret->fraction);
}

static void next_day(struct instant *t)
{
	if (++t->day <= days_of(t->year, t->month))
		return;
	t->day = 1;
	if (++t->month <= 12)
		return;
	t->month = 1;
	t->year++;
}

static void day_before(struct instant *t)
{
	if (--t->day)
		return;
	if (!--t->month) {
		t->month = 12;
		t->year--;
	}
	t->day = days_of(t->year, t->month);
}

/* False when the year leaves the four digits. */
static bool to_utc(struct instant *t, int offset)
{
	enum { DAY = 24 * 60 * 60 };
	int second = (t->hour * 60 + t->minute) * 60 + t->second - offset;

	if (second < 0) {
		second += DAY;
		day_before(t);
	} else if (second >= DAY) {
		second -= DAY;
		next_day(t);
	}
	t->hour = second / 3600;
	t->minute = second / 60 % 60;
	t->second = second % 60;
	return t->year >= 0 && t->year <= 9999;
}

bool instant_read(struct slt_text text, struct instant *ret)
{
	struct instant t;
	int offset;

	if (!take_local(&text, &t) || !take_offset(&text, &offset) || text.len ||
	    !to_utc(&t, offset))
		return false;
	*ret = t;
	return true;
}

static char *put_digits(char *to, int n, int value, char behind)
{
	for (int i = n - 1; i >= 0; i--) {
		to[i] = (char)('0' + value % 10);
		value /= 10;
	}
	to[n] = behind;
	return to + n + 1;
}

size_t instant_write(const struct instant *t, char ret[INSTANT_SIZE])
{
	enum { MICROSECONDS = sizeof(".000000") - 1 };
	char *at = ret;
	size_t zeros = 1;

	at = put_digits(at, 4, t->year, '-');
	at = put_digits(at, 2, t->month, '-');
	at = put_digits(at, 2, t->day, 'T');
	at = put_digits(at, 2, t->hour, ':');
	at = put_digits(at, 2, t->minute, ':');
	at = put_digits(at, 2, t->second, '\0') - 1;
	while (zeros < t->fraction.len && t->fraction.ptr[zeros] == '0')
		zeros++;
	if (zeros < t->fraction.len) {
		memcpy(at, t->fraction.ptr, t->fraction.len);
		at += t->fraction.len;
		for (size_t n = t->fraction.len; n < MICROSECONDS; n++)
			*at++ = '0';
	}
	memcpy(at, "+00:00", 6);
	return (size_t)(at + 6 - ret);
}

void instant_span(long long seconds, char *ret, size_t size)
{
	static const struct {
		long long seconds;
		const char *unit;
	} units[] = { { 86400, "d" }, { 3600, "h" }, { 60, "min" }, { 1, "s" } };
	size_t i = 0;

	while (i < 3 && seconds < 2 * units[i].seconds)
		i++;
	snprintf(ret, size, "%lld %s", seconds / units[i].seconds, units[i].unit);
}
