"""What SQLModel tells about SQLAlchemy where a project names only SQLModel: the newest that it admits."""

# sqlmodel 0.0.11: before 2.0
# sqlmodel 0.0.12: before 2.1
# sqlmodel 0.0.47: before 2.1
# sqlmodel 0.0.48: 2.1 or later
# newest: 2.1 or later

import re
from importlib.metadata import requires

texts = [one.partition(";")[0] for one in requires("sqlmodel") or () if re.match(r"sqlalchemy\W", one, re.IGNORECASE)]
bounds = [tuple(map(int, found[1].split("."))) for one in texts if (found := re.search(r"<(\d+\.\d+)", one))]
print(next((f"before {major}.{minor}" for major, minor in bounds if (major, minor) <= (2, 1)), "2.1 or later"))
