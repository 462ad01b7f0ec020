# Runs one PostgreSQL server for as long as standard input stays open, then removes every trace of it.
#
#   sh supervise.sh BINDIR DIR PORT LOCALE [postgres options]
#
# Standard input is a pipe that only the test process holds. The kernel closes it when that process ends, be it by
# exit, panic or SIGKILL, so the server never outlives the tests. DIR holds the data, the log and the password file; data
# that is there already, of a server that was killed, is used again.
#
# A shell that was stopped gets HUP when the test process ends, and must still clean up.
trap '' HUP
bin=$1 dir=$2 port=$3 locale=$4
shift 4

if [ -d "$dir/data" ] || "$bin/initdb" -D "$dir/data" -U postgres --no-sync --encoding=UTF8 --locale="$locale" \
	--auth=scram-sha-256 --pwfile="$dir/password" >"$dir/log" 2>&1 </dev/null; then
	"$bin/postgres" -D "$dir/data" -h 127.0.0.1 -p "$port" -k '' "$@" >>"$dir/log" 2>&1 </dev/null &
	server=$!
else
	echo "FATAL: initdb failed" >>"$dir/log"
fi

cat >/dev/null

if [ -n "$server" ]; then
	# QUIT is "immediate": no clean end for data that is thrown away. A background job starts with QUIT ignored, so a
	# server that is not up yet would miss it; TERM ends that one.
	kill -TERM "$server"
	kill -QUIT "$server"
	wait "$server"
fi 2>/dev/null
rm -rf "$dir"
