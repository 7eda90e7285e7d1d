#!/bin/bash
#
# Runs a fuzz target of server/ within a private server, whose extension was built with the target and libFuzzer in it:
#
#	test/private_server.sh test/fuzz/server.sh TARGET FOUND LOG OPTION...		(test/fuzz/run.sh does this)
#
# What reaches something new is put into the folder FOUND, what ends the server into test/log. LOG gets what libFuzzer
# says. OPTIONs are libFuzzer's.
#
set -eu

here=$(cd "$(dirname "$0")" && pwd)
target=$1
found=$2
log=$3
shift 3

# The server reads and writes in its own folder.
mkdir "$PRIVATE_FOLDER"/fuzz "$PRIVATE_FOLDER"/fuzz/{found,crashes}
cp -r "$here/corpus/$target" "$PRIVATE_FOLDER/fuzz/corpus"
cp "$here/server/$target.dict" "$PRIVATE_FOLDER/fuzz/words"
if [ "$(id -u)" -eq 0 ]; then
	chown -R "$PRIVATE_USER" "$PRIVATE_FOLDER/fuzz"
fi
psql -qX -v ON_ERROR_STOP=1 -f "$here/server/$target.sql" >/dev/null

# Signals, memory and time are left to the server. libFuzzer ends the session, so that psql fails whatever is found.
cd "$PRIVATE_FOLDER/fuzz"
options="$* -only_ascii=1 -dict=$PWD/words -artifact_prefix=$PWD/crashes/ -handle_int=0 -handle_term=0 -handle_usr1=0"
options+=" -handle_usr2=0 -rss_limit_mb=0 -timeout=0 $PWD/found $PWD/corpus"
psql -qX -c "SELECT fuzz_$target('$options')" >/dev/null 2>&1 || true
cp "$PRIVATE_FOLDER/server.log" "$log"
cp -r found/. "$found"
cd "$OLDPWD"
find "$PRIVATE_FOLDER/fuzz/crashes" -type f -exec cp {} test/log/ \;
grep -q '^Done [0-9]* runs' "$log"
