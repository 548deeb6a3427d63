# database: postgresql+psycopg2
"""The transaction of the first call still holds the row when the second one comes."""

from app import SessionLocal, hold_price
from observing import failure, say
from sqlalchemy import event, text

event.listen(SessionLocal, "after_begin", lambda _s, _t, connection: connection.execute(text("set lock_timeout = 200")))
with SessionLocal.begin() as db:
    db.execute(text("create table books (price integer)"))
    db.execute(text("insert into books values (1)"))
hold_price()
say(failure(hold_price))
with SessionLocal() as db:
    idle = db.scalar(
        text(
            "select count(*) from pg_stat_activity"
            " where datname = current_database() and state like 'idle in transaction%'"
        )
    )
say(f"idle in transaction: {idle}" if idle else "")
