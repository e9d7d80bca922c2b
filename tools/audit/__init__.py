"""The audit: books, log, processors' state and the records of gateway and rail, held against each other.

It reads what the services left behind and shares no code with them: it must never import a service, and never write.
"""
