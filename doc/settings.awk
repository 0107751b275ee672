# SPDX-License-Identifier: MIT
# Makes structured-log-transfer(5) of its template and the tables of settings in the source:
# awk -v pkglibdir=FOLDER -f settings.awk structured-log-transfer.5.in settings.c FACADE.c...
#
# Lines of the template that begin with @:
# @settings NAME...	the program's settings of these names, PREFIX_* for several, as a list;
#			"rest": those that no other list has
# @facade NAME		the settings of plugins/NAME.c
# @more NAME		what follows, up to the next such line or @end, stands behind what the
#			table says of NAME
# tests/docs.sh compares the result with what the program itself says.

function fail(text)
{
	print "settings.awk: " text >"/dev/stderr"
	failed = 1
	exit 1
}

# The next piece of C in `source`: a word, a string, which is joined with those that follow, or
# one character. Comments are left out of account: the tables have none. "" at the end.
function next_token(    text)
{
	sub(/^[ \t\n]+/, "", source)
	if (match(source, /^[A-Za-z0-9_]+/))
		text = substr(source, 1, RLENGTH)
	else if (match(source, /^("(\\.|[^"\\])*"[ \t\n]*)+/)) {
		text = substr(source, 1, RLENGTH)
		gsub(/"[ \t\n]+"/, "", text)
		sub(/[ \t\n]+$/, "", text)
	} else {
		RLENGTH = 1
		text = substr(source, 1, 1)
	}
	source = substr(source, RLENGTH + 1)
	return text
}

function plain(string)
{
	return substr(string, 2, length(string) - 2)
}

function expected(name, min, max)
{
	expect[name] = "a whole number from " min (max == "LONG_MAX" ? "" : " to " max)
}

# Remembers a setting of `owner`, "" being the program.
function add(name)
{
	order[++n] = name
	of[name] = owner
}

# MACRO(NAME, ...) of core/settings.c
function read_macro(macro,    arg, i, token)
{
	delete arg
	i = 1
	for (token = next_token(); token != ")" && token != ""; token = next_token()) {
		if (token == ",")
			i++
		else if (token != "(")
			arg[i] = token
	}
	add(arg[1])
	value[arg[1]] = plain(arg[i - 1])
	help[arg[1]] = plain(arg[i])
	if (macro == "SECRET")
		secret[arg[1]] = 1
	else if (macro == "BOOLEAN")
		expect[arg[1]] = "True or False"
	else if (macro == "NUMBER")
		expected(arg[1], arg[2], arg[3])
	else if (macro == "CHOICE")
		expect[arg[1]] = plain(arg[2])
	else if (macro != "TEXT")
		fail("unknown kind of setting: " macro)
}

# { .name = "NAME", ... }
function read_struct(    field, key, token, name)
{
	delete field
	for (token = next_token(); token != "}" && token != ""; token = next_token()) {
		if (token != ".")
			continue
		key = next_token()
		next_token() # =
		field[key] = next_token()
	}
	if (field["name"] == "NULL")
		return
	name = plain(field["name"])
	add(name)
	value[name] = field["default_value"] == "" ? "" : plain(field["default_value"])
	help[name] = plain(field["help"])
	if (field["alias"] != "")
		alias[name] = plain(field["alias"])
	if (field["secret"] == "true")
		secret[name] = 1
	if (field["type"] == "TYPE_NUMBER")
		expected(name, field["min"] == "" ? 0 : field["min"], field["max"])
}

# The entries of a table of settings, whose opening brace was read.
function read_table(    token)
{
	for (token = next_token(); token != "}" && token != ""; token = next_token()) {
		if (token == "[") { # [SET_NAME] = { ... }
			while (next_token() != "{")
				;
			read_struct()
		} else if (token == "{")
			read_struct()
		else if (token != "," && token != ";")
			read_macro(token)
	}
}

function read_source(text, file,    base)
{
	base = file
	sub(/.*\//, "", base)
	sub(/\.c$/, "", base)
	owner = base == "settings" ? "" : base
	if (!match(text, /\n(static )?const struct (slt_)?setting [a-z_]+\[[A-Z_]*\] = \{/)) {
		if (owner == "")
			fail(file " has no table of settings")
		return
	}
	source = substr(text, RSTART + RLENGTH)
	has[owner] = 1
	read_table()
}

# As text of mdoc, with a capital at its beginning unless that is a value.
function sentence(name,    text, first)
{
	text = help[name]
	first = text
	sub(/[^A-Za-z0-9_].*/, "", first)
	if (!index(", " expect[name] ",", ", " first ","))
		text = toupper(substr(text, 1, 1)) substr(text, 2)
	gsub(/\\"/, "\"", text)
	gsub(/\\/, "\\e", text)
	gsub(/ -/, " \\-", text)
	return text "."
}

function put(name)
{
	print ".It Ev " name (value[name] == "" ? "" : " Pq " value[name])
	print sentence(name)
	if (expect[name] != "")
		print "Expected: " expect[name] "."
	if (name in alias)
		print ".Ev " alias[name] "\nis another name of it."
	if (name in secret)
		print "A secret."
	printf "%s", more[name]
	listed[name] = 1
}

function matches(name, pattern)
{
	if (pattern == "rest")
		return !(name in grouped)
	if (sub(/\*$/, "", pattern))
		return substr(name, 1, length(pattern)) == pattern
	return name == pattern
}

# The settings of an owner that one of the patterns means, pattern by pattern.
function put_list(owner, patterns,    word, m, i, k, found)
{
	m = split(patterns, word, " ")
	print ".Bl -tag -width Ds"
	for (i = 1; i <= m; i++) {
		found = 0
		for (k = 1; k <= n; k++) {
			if (of[order[k]] == owner && matches(order[k], word[i])) {
				put(order[k])
				found = 1
			}
		}
		if (!found)
			fail("the template lists " word[i] ", which is no setting")
	}
	print ".El"
}

# Which settings have a list of their own, so that the others are the rest.
function note_groups(    i, k, m, word)
{
	for (i = 1; i <= lines; i++) {
		if (template[i] !~ /^@settings /)
			continue
		m = split(template[i], word, " ")
		for (; m > 1; m--)
			for (k = 1; word[m] != "rest" && k <= n; k++)
				if (matches(order[k], word[m]))
					grouped[order[k]] = 1
	}
}

FNR == 1 {
	if (NR > 1 && file != template_file)
		read_source(text, file)
	if (NR == 1)
		template_file = FILENAME
	file = FILENAME
	text = ""
}

FILENAME != template_file {
	text = text "\n" $0
	next
}

/^@more / {
	about = $2
	more[about] = ""
	next
}

/^@/ { about = "" }
/^@end/ { next }

about != "" {
	more[about] = more[about] $0 "\n"
	next
}

{ template[++lines] = $0 }

END {
	if (failed)
		exit 1
	read_source(text, file)
	note_groups()
	for (i = 1; i <= lines; i++) {
		line = template[i]
		if (line ~ /^@settings /) {
			sub(/^@settings /, "", line)
			put_list("", line)
		} else if (line ~ /^@facade /) {
			sub(/^@facade /, "", line)
			put_list(line, "*")
		} else {
			gsub(/@pkglibdir@/, pkglibdir, line)
			print line
		}
	}
	for (i = 1; i <= n; i++)
		if (!(order[i] in listed))
			fail("the template lists " order[i] " nowhere")
	for (name in more)
		if (!(name in of))
			fail("the template has more of " name ", which is no setting")
}
