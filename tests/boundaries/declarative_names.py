"""FSL506: whether `sqlalchemy.orm` has what moved there from `sqlalchemy.ext.declarative`."""

# sqlalchemy 1.3.24: missing
# sqlalchemy 1.4.54: there
# newest: there

import sqlalchemy.orm

MOVED = ("declarative_base", "as_declarative", "has_inherited_table", "synonym_for", "DeclarativeMeta", "declared_attr")
found = [name for name in MOVED if hasattr(sqlalchemy.orm, name)]
print("there" if len(found) == len(MOVED) else "missing" if not found else f"only {found}")
