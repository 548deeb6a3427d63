"""FSL501: whether a connection to an SQLite file may be used by a second thread without connect_args."""

# sqlalchemy 1.4.54: ProgrammingError
# sqlalchemy 2.0.0: works
# sqlalchemy 2.0.58: works
# newest: works

import os
import tempfile
import threading

from sqlalchemy import create_engine, text

with tempfile.TemporaryDirectory() as folder:
    engine = create_engine("sqlite:///" + os.path.join(folder, "shop.db"))  # noqa: PTH118
    answers = []

    def use(connection):
        try:
            connection.execute(text("select 1"))
            answers.append("works")
        except Exception as error:
            answers.append(type(error).__name__)

    with engine.connect() as opened_here:
        thread = threading.Thread(target=use, args=(opened_here,))
        thread.start()
        thread.join()
    engine.dispose()

print(*answers)
