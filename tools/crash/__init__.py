"""The crash run: processes are killed while scenarios run; at the end every story holds and the audit passes."""
