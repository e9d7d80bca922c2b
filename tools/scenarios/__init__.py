"""The scenario runner: reads stories with dates and proves them to the cent over the suite's public HTTP APIs.

Must never import a service, open a database or read a topic: a story knows what any caller knows.
"""
