"""What may go wrong with the database, named by what the operator should do about it."""


class StorageTrouble(Exception):
    """The database could not do its part: nothing of this transaction is stored, everything earlier is."""


class AlreadyRunning(StorageTrouble):
    """Another process uses the same SQLite file: stop that one, or choose another file."""


class Uncertain(StorageTrouble):
    """The connection broke during a commit: look whether the work is stored before doing it again."""


class Again(StorageTrouble):
    """Two transactions met, or a connection broke before the commit: the same work may be tried again."""
