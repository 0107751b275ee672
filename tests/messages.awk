# SPDX-License-Identifier: MIT
# Compares the messages of the program with those of its manual, slt-messages(7):
# awk -f messages.awk slt-messages.7 SOURCE.c...
#
# Each text that the source gives to one of the functions below has to be in an item of the manual,
# where <words> stand for what printf puts in, and ... at the end for the rest. And the longest
# piece of each item has to be in the source. Prints what is missing; tests/docs.sh runs it.
#
# Not asked for: bugs, and what authors of facades are told (sql, sql_parse, host, samples), which
# the manual has as a whole: "facade <name>, <statement>: at position <n>: ...".

BEGIN {
	calls = "(err_set|log_error|log_warning|findings_warn|commands_usage)[(]"
	first["err_set"] = 3
	first["log_error"] = first["log_warning"] = first["commands_usage"] = 1
	first["findings_warn"] = 4
}

function unescape(text)
{
	gsub(/\\"/, "\"", text)
	gsub(/\\\\/, "\\", text)
	return text
}

function letters(text)
{
	return gsub(/[A-Za-z]/, "", text)
}

# Does an item of the manual hold these pieces, in their order?
function holds(item, piece, m,    i, at, rest, k)
{
	rest = item
	for (i = 1; i <= m; i++) {
		at = piece[i] == "" ? 1 : index(rest, piece[i])
		if (at) {
			rest = substr(rest, at + length(piece[i]))
			continue
		}
		if (!(item in cut))
			return 0
		# it is cut off within this piece
		for (k = 1; k <= length(rest); k++)
			if (index(piece[i], substr(rest, k)) == 1 && length(rest) - k >= 5)
				return 1
		return i > 1 && rest ~ /^(<[^>]*>)?$/
	}
	return 1
}

function look_for(text,    piece, m, i)
{
	gsub(/%%/, "\001", text)
	m = split(text, piece, /%[-+ #0]*[0-9.*]*[hlzjt]*[a-zA-Z]/)
	for (i = 1; i <= m; i++)
		gsub(/\001/, "%", piece[i])
	for (i = 1; i <= n; i++)
		if (holds(item[i], piece, m))
			return
	print "slt-messages(7) lacks a message of " file ": " text
}

# What stands at the beginning of `text`, up to the end of the call; each string of the arguments
# that counts is looked for.
function read_call(name, text,    depth, argument, said, token)
{
	depth = argument = 1
	said = ""
	while (match(text, /^("(\\.|[^"\\])*"|'(\\.|[^'\\])*'|\/\*([^*]|\*[^\/])*\*\/|[^"'])/)) {
		token = substr(text, 1, RLENGTH)
		text = substr(text, RLENGTH + 1)
		if (token ~ /^"/) {
			said = said substr(token, 2, length(token) - 2)
			continue
		}
		if (token ~ /^[ \t\n]$/ || token ~ /^\/\*/)
			continue
		if (said != "" && (argument == first[name] ||
		    (argument > first[name] && name != "findings_warn")) &&
		    said ~ / / && letters(said) >= 8)
			look_for(unescape(said))
		said = ""
		if (token == "(")
			depth++
		else if (token == ")" && --depth == 0)
			return
		else if (token == "," && depth == 1)
			argument++
	}
}

function read_source(text,    base, name, call)
{
	base = file
	sub(/.*\//, "", base)
	strings = strings unescape(joined(text))
	if (file !~ /core\// || base ~ /^(sql|sql_parse|host|samples|err|findings)\.c$/)
		return
	while (match(text, calls)) {
		name = substr(text, RSTART, RLENGTH - 1)
		text = substr(text, RSTART + RLENGTH)
		call = substr(text, 1, 1500)
		if (call !~ /^[^"]*EXIT_BUG/ && call !~ /^const char/)
			read_call(name, call)
	}
}

# The text with strings that stand side by side put together.
function joined(text)
{
	gsub(/"[ \t\n]+"/, "", text)
	return text
}

FNR == 1 {
	if (NR == 1)
		manual = FILENAME
	else if (file != manual)
		read_source(text)
	file = FILENAME
	text = ""
}

FILENAME == manual && /^\.It Li "/ {
	line = $0
	sub(/^\.It Li "/, "", line)
	sub(/"$/, "", line)
	gsub(/\\\(dq/, "\"", line)
	gsub(/\\e/, "\\", line)
	gsub(/\\-/, "-", line)
	if (sub(/ ?\.\.\.$/, "", line))
		cut[line] = 1
	item[++n] = line
}

FILENAME != manual { text = text "\n" $0 }

END {
	read_source(text)
	if (n < 100)
		print "slt-messages(7) has only " n " items"
	for (i = 1; i <= n; i++) {
		m = split(item[i], piece, /<[^>]*>|: /)
		longest = ""
		for (k = 1; k <= m; k++) {
			gsub(/^[^A-Za-z0-9-]+|[^A-Za-z0-9]+$/, "", piece[k])
			if (length(piece[k]) > length(longest))
				longest = piece[k]
		}
		if (letters(longest) >= 4 && !index(strings, longest))
			print "no message of the program is like this one of slt-messages(7): " item[i]
	}
}
