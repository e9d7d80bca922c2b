#!/bin/sh
# Writes its own pid and becomes the program: the pid file is right after every restart, whoever restarts it.
# Usage: run_with_pid_file.sh PID_FILE PROGRAM [ARGUMENT ...]
set -eu
pid_file=$1
shift
echo "$$" > "$pid_file.tmp"
mv -f "$pid_file.tmp" "$pid_file"
exec "$@"
